"""A migration in each of its forms, and whether it fails."""

from rolemgr.audit.migrate.cluster import Clusters
from rolemgr.audit.migrate.judge import Verdict
from rolemgr.audit.migrate.migration import Migrated
from rolemgr.audit.migrate.needs import UseEvidence
from rolemgr.files.write import to_json
from rolemgr.report.migrate import migration_data, migration_text, untold
from rolemgr.report.migrate_account import account_data, account_page, account_text
from rolemgr.report.pages.forms import page_text
from rolemgr.report.pages.of_migration import migration_page


def fails(found: Migrated | Clusters) -> bool:
    """Tell whether something is lost that was or may have been used, or something can't be told."""
    if isinstance(found, Clusters):
        return bool(found.not_judged)
    used = [one for one in found.migration.outcomes if one.need.evidence is not UseEvidence.ALLOWED]
    is_lost = any(one.verdict is Verdict.LOST for one in used)
    return is_lost or bool(found.migration.having(Verdict.UNKNOWN)) or any(untold(found))


def migration_forms(found: Migrated | Clusters, form: str, source: str, output: str | None) -> str:
    """
    Return *found*, of the files *source* as one types them, in a form that somebody chose.

    *output* is where the role file goes.
    """
    if isinstance(found, Clusters):
        if form == "json":
            return _json(account_data(found))
        return page_text(account_page(found), form) if form == "markdown" else account_text(found, source)
    file = output if output and output != "-" else f"roles/{found.migration.plan.old.name}.yaml"
    if form == "json":
        return _json(migration_data(found, file))
    return page_text(migration_page(found, file), form) if form == "markdown" else migration_text(found, file, output)


def _json(data: object) -> str:
    return to_json(data, short=False)
