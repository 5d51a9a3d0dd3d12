"""Rules, and the user's own checks, over the roles of many files."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from rolemgr.check.finding import Finding
from rolemgr.workflow.check_role import found_in_role
from rolemgr.workflow.found import CheckFindings
from rolemgr.workflow.many import Progress, judge_each, matching_files, notes_of
from rolemgr.workflow.outside import Outside


def check_role_files(
    chosen: Mapping[str, Any], rules: tuple[Path, ...], outside: Outside, progress: Progress,
    *, verbose: bool, live: bool = False,
) -> CheckFindings:  # fmt: skip
    """Return what is found in the roles of many files, at each file, and what is wrong with some of them."""
    judge, files = partial(found_in_role, rules=rules, live=live), matching_files(chosen["role"], outside)
    cores = 1 if live else None  # what AWS is asked about goes to no other process
    made, wrong = judge_each(chosen, files, judge, outside, progress, verbose=verbose, cores=cores, versions=True)
    for text in notes_of([one._replace(notes=(*one.notes, *one.result.notes)) for one in made]):
        outside.say(text)
    return CheckFindings(
        [_in_file(finding, one.file) for one in made for finding in one.result.findings],
        [one.file for one in made for _ in one.result.names],
        [(_in_file(finding, one.file), reason) for one in made for finding, reason in one.result.accepted],
        wrong=tuple(wrong),
        not_judged=[one._replace(path=file.file) for file in made for one in file.result.not_judged],
        asked=[one.then(partial(_in_file, file=file.file)) for file in made for one in file.result.asked],
    )


def _in_file(finding: Finding, file: str) -> Finding:
    """Return *finding* of the role in *file* there: what flags chose for all of them is at no line of it."""
    return finding if finding.line else finding._replace(path=file)
