"""A migration in each of its forms, and whether it fails."""

from typing import Final

from rolemgr.audit.migrate.cluster import Clusters
from rolemgr.audit.migrate.denies import DenyVerdict
from rolemgr.audit.migrate.judge import Verdict
from rolemgr.audit.migrate.migration import Migrated, Migration
from rolemgr.audit.migrate.needs import UseEvidence
from rolemgr.audit.migrate.trial import TrialVerdict
from rolemgr.audit.migrate.trusting import trust_denies
from rolemgr.files.write import to_json
from rolemgr.report.migrate import migration_data, migration_text, untold
from rolemgr.report.migrate_account import account_data, account_page, account_text
from rolemgr.report.pages.forms import page_text
from rolemgr.report.pages.of_migration import migration_page

_BROKEN: Final = (TrialVerdict.DENIED, TrialVerdict.UNKNOWN)


def fails(found: Migrated | Clusters, fail_on: str = "denied", *, has_draft: bool = False) -> bool:
    """
    Tell whether something is lost that was or may have been used, something is gained, or something can't be told.

    What is gained counts where calls were recorded: a policy of needed access may ask for more than the old role had.
    A Deny of the old role to which the new one does not keep counts always. *has_draft* says that what no group grants
    is drafted. With ``not-known`` it counts too what no trail shows.
    """
    if fail_on == "never":
        return False
    if isinstance(found, Clusters):
        made_ones = [one.migration for one in found.roles if one.migration]
        trials = (one.trial for one in made_ones)
        is_broken = any(one.having(verdict) for one in trials if one for verdict in _BROKEN)
        return bool(found.not_judged) or is_broken or any(map(_is_open, made_ones))
    made = found.migration
    counted = [one for one in made.outcomes if _counts(one.need.evidence, fail_on, made)]
    is_lost = any(one.verdict in (Verdict.LOST, Verdict.UNKNOWN) for one in counted)
    is_untold = bool(made.having(Verdict.UNKNOWN)) if made.trial is None else False
    is_gained = made.trial is not None and not made.beyond.proven
    return (
        is_lost or is_untold or is_gained or _is_open(made) or any(untold(found)) or _breaks(made, has_draft=has_draft)
    )


def _is_open(made: Migration) -> bool:
    """Tell whether the new role does not keep to a Deny of the old one, or may not."""
    return any(one.verdict is not DenyVerdict.KEPT for one in made.denies) or bool(trust_denies(made.plan.old))


def _counts(evidence: UseEvidence, fail_on: str, made: Migration) -> bool:
    """Tell whether a need of that *evidence* must not be lost: each recorded request is asked by itself."""
    if evidence is UseEvidence.UNTRACED:
        return fail_on == "not-known"
    return evidence is UseEvidence.PERHAPS or (evidence is UseEvidence.USED and made.trial is None)


def _breaks(made: Migration, *, has_draft: bool) -> bool:
    """Tell whether a recorded request would not stay allowed, with what is drafted."""
    if made.trial is None:
        return False
    if not has_draft or made.draft is None:
        return any(one.verdict is not TrialVerdict.ALLOWED for one in made.trial.tried)
    return any(one.verdict is not TrialVerdict.ALLOWED for one in made.drafted)


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
