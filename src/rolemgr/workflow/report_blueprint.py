"""One page on a blueprint, for those who approve it and those who review it."""

from rolemgr.report.pages.of_report_blueprint import blueprint_report
from rolemgr.workflow.blueprint_given import GivenBlueprint
from rolemgr.workflow.blueprint_open import open_blueprint
from rolemgr.workflow.blueprint_preview import previewed
from rolemgr.workflow.outside import Outside
from rolemgr.workflow.report import Report, whole_command


def blueprint_reported(given: GivenBlueprint, outside: Outside) -> Report:
    """Return the report on the blueprint that was *given*, or on the accounts and roles of it that are meant."""
    found, pick = open_blueprint(given, outside)
    picks = [word for flag, names in (("--account", given.accounts), ("--role", given.roles)) for name in names
             for word in (flag, name)]  # fmt: skip
    return Report(blueprint_report(previewed(given.name, found, pick, outside), whole_command([given.name, *picks])))
