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
    import rolemgr.account.connect
    import rolemgr.account.ownership
    import rolemgr.account.trail_objects
    import rolemgr.audit.can
    import rolemgr.audit.inputs
    import rolemgr.audit.migrate.cluster
    import rolemgr.audit.migrate.migration
    import rolemgr.audit.personas
    import rolemgr.audit.read
    import rolemgr.audit.run
    import rolemgr.audit.shares
    import rolemgr.audit.who_can
    import rolemgr.catalog.folders
    import rolemgr.catalog.load
    import rolemgr.cli.common
    import rolemgr.cli.completing
    import rolemgr.cli.drawing
    import rolemgr.cli.many
    import rolemgr.cli.mcp_server
    import rolemgr.cli.neighbours
    import rolemgr.cli.shells
    import rolemgr.cli.wizard
    import rolemgr.report.asff_findings
    import rolemgr.report.audit
    import rolemgr.report.audit_forms
    import rolemgr.report.blueprint_drift_forms
    import rolemgr.report.blueprint_plan
    import rolemgr.report.can
    import rolemgr.report.check
    import rolemgr.report.code
    import rolemgr.report.compare_forms
    import rolemgr.report.compliance_forms
    import rolemgr.report.diff_forms
    import rolemgr.report.drift_forms
    import rolemgr.report.findings_text
    import rolemgr.report.migrate_file
    import rolemgr.report.migrate_forms
    import rolemgr.report.pages.forms
    import rolemgr.report.pages.html
    import rolemgr.report.pages.of_blueprint
    import rolemgr.report.pages.of_plan
    import rolemgr.report.pages.of_report_audit
    import rolemgr.report.plan
    import rolemgr.report.replay
    import rolemgr.report.smoke
    import rolemgr.report.test_results
    import rolemgr.report.tighten
    import rolemgr.report.who_can
    import rolemgr.workflow.apply
    import rolemgr.workflow.asked_files
    import rolemgr.workflow.audit
    import rolemgr.workflow.batch
    import rolemgr.workflow.batch_live
    import rolemgr.workflow.blueprint
    import rolemgr.workflow.blueprint_apply
    import rolemgr.workflow.blueprint_check
    import rolemgr.workflow.blueprint_drift
    import rolemgr.workflow.blueprint_given
    import rolemgr.workflow.blueprint_inventory
    import rolemgr.workflow.blueprint_open
    import rolemgr.workflow.blueprint_plan
    import rolemgr.workflow.blueprint_preview
    import rolemgr.workflow.boundary
    import rolemgr.workflow.break_glass
    import rolemgr.workflow.break_glass_files
    import rolemgr.workflow.browse
    import rolemgr.workflow.built
    import rolemgr.workflow.check
    import rolemgr.workflow.check_live
    import rolemgr.workflow.choices
    import rolemgr.workflow.cluster
    import rolemgr.workflow.code
    import rolemgr.workflow.compare
    import rolemgr.workflow.compliance
    import rolemgr.workflow.create
    import rolemgr.workflow.declarative
    import rolemgr.workflow.detective
    import rolemgr.workflow.diagnose
    import rolemgr.workflow.diagnose_words
    import rolemgr.workflow.diff
    import rolemgr.workflow.drift
    import rolemgr.workflow.elevated
    import rolemgr.workflow.elevated_files
    import rolemgr.workflow.file_kind
    import rolemgr.workflow.fix
    import rolemgr.workflow.found
    import rolemgr.workflow.given_files
    import rolemgr.workflow.inventory_questions
    import rolemgr.workflow.layer_policies
    import rolemgr.workflow.live
    import rolemgr.workflow.lock
    import rolemgr.workflow.many
    import rolemgr.workflow.migrate
    import rolemgr.workflow.migrate_trail
    import rolemgr.workflow.plan
    import rolemgr.workflow.policy_test
    import rolemgr.workflow.preview
    import rolemgr.workflow.preview_each
    import rolemgr.workflow.prove
    import rolemgr.workflow.prove_layers
    import rolemgr.workflow.query
    import rolemgr.workflow.replay
    import rolemgr.workflow.replay_shares
    import rolemgr.workflow.report
    import rolemgr.workflow.report_blueprint
    import rolemgr.workflow.report_given
    import rolemgr.workflow.resource_policies
    import rolemgr.workflow.role_options
    import rolemgr.workflow.schemas
    import rolemgr.workflow.simulate
    import rolemgr.workflow.simulate_each
    import rolemgr.workflow.simulate_live
    import rolemgr.workflow.smoke
    import rolemgr.workflow.starter
    import rolemgr.workflow.tighten
    import rolemgr.workflow.trails
    import rolemgr.workflow.unused_access
    import rolemgr.workflow.use_shares
    import rolemgr.workflow.workers
    from rolemgr import account, audit, catalog, cli, report, workflow
else:

    class _Package:
        """A package whose modules are loaded when they are first named."""

        def __init__(self, name: str) -> None:
            self._name = name

        def __getattr__(self, name: str) -> Any:
            if name.startswith("_"):  # what Python asks of any object
                raise AttributeError(name)
            module = import_module(f"{self._name}.{name}")
            found = _Package(module.__name__) if hasattr(module, "__path__") else module
            setattr(self, name, found)
            return found

    account = _Package("rolemgr.account")
    audit = _Package("rolemgr.audit")
    catalog = _Package("rolemgr.catalog")
    cli = _Package("rolemgr.cli")
    report = _Package("rolemgr.report")
    workflow = _Package("rolemgr.workflow")
