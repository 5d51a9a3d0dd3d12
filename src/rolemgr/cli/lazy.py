"""
The modules that a command loads when it runs, listed once: neither help nor another command pays for them.

A command has its imports at its top. What only its run needs it takes from the rooms here,
``workflow.prove.proofs_of(...)``: a module of theirs is loaded where it is first named. For mypy, and for the
map of the house, they are the packages themselves with the modules that are imported below.
"""

# ruff: noqa: F401 - what is imported is named through its package
from importlib import import_module
from typing import TYPE_CHECKING, Any

__all__ = ["account", "audit", "catalog", "cli", "report", "workflow"]

if TYPE_CHECKING:
    import rolemgr.account.ownership
    import rolemgr.audit.can
    import rolemgr.audit.inputs
    import rolemgr.audit.migrate.migration
    import rolemgr.audit.personas
    import rolemgr.audit.read
    import rolemgr.audit.run
    import rolemgr.audit.who_can
    import rolemgr.catalog.load
    import rolemgr.cli.common
    import rolemgr.cli.completing
    import rolemgr.cli.drawing
    import rolemgr.cli.many
    import rolemgr.cli.mcp_server
    import rolemgr.cli.neighbours
    import rolemgr.cli.shells
    import rolemgr.cli.wizard
    import rolemgr.report.audit
    import rolemgr.report.audit_forms
    import rolemgr.report.blueprint_drift_forms
    import rolemgr.report.blueprint_plan
    import rolemgr.report.can
    import rolemgr.report.check
    import rolemgr.workflow.compare
