"""An audit against what was said before: suppressions of `rolemgr-check.yaml`, and a baseline."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from rolemgr.audit.finding import OF_AUDIT
from rolemgr.audit.run import Audit
from rolemgr.workflow.found import config_source


def excused(found: Audit, config: str | None) -> Audit:
    """
    Return *found* with what the file *config*, or the nearest ``rolemgr-check.yaml``, excuses set apart.

    Raises InputError, or Problems, for what is wrong with the file.
    """
    source = config_source(config)
    if source is None:
        return found
    from rolemgr.audit.suppressions import read_suppressions, without_suppressed  # most accounts have none

    return without_suppressed(found, read_suppressions(source))


def as_baseline(found: Audit) -> dict[str, Any]:
    """Return the baseline that has all findings of *found*."""
    from rolemgr.check.baseline import baseline_data  # only a baseline pays for it

    return baseline_data(found.findings, OF_AUDIT)


def beyond_baseline(found: Audit, path: str) -> Audit:
    """Return *found* with what the baseline at *path* has set apart; raise InputError for a file that is none."""
    from rolemgr.check.baseline import new_ones, read_baseline  # only a baseline pays for it
    from rolemgr.files.json import read_json

    new = new_ones(found.findings, read_baseline(read_json(Path(path)), OF_AUDIT))
    kept = {one.id for one in new}
    known = tuple(one for one in found.findings if one.id not in kept)
    return replace(found, findings=tuple(new), in_baseline=known)
