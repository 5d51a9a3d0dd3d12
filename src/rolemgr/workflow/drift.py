"""Roles in the account against their files."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rolemgr.account.changes import FileSide, drift_changes
from rolemgr.account.connect import Access
from rolemgr.account.drift import RoleDrift, find_drift, missing_role
from rolemgr.account.read import read_policy, read_role
from rolemgr.change.fold import MOST_ASKED
from rolemgr.check.finding import Severity
from rolemgr.compare.budget import Budget
from rolemgr.files.source import SourceFile
from rolemgr.report.drift import ExaminedRole, severity_of
from rolemgr.workflow.limits_there import limits_there
from rolemgr.workflow.plan import OneRole
from rolemgr.workflow.remade import lines_of
from rolemgr.workflow.role import RenderedChoice
from rolemgr.workflow.role_options import ROLE_OPTIONS


def examine(way: Access, one: OneRole) -> ExaminedRole:
    """Return how *one* role in the account differs from its file, and the options that choose it, if any do."""
    drift = _drift(way, one.chosen)
    units = lines_of(one.source, one.chosen) if drift.drifts else ()
    limits = limits_there(one.chosen.catalog, one.chosen.role, drift.live) if drift.drifts else ()
    file = FileSide(one.chosen.role, units, one.source.at, Budget(MOST_ASKED), limits)
    words = None if one.flags is None else shlex.join(_words(one.flags, one.source, way))
    return ExaminedRole(drift, one.chosen.role, one.source.at, words, drift_changes(drift, file, "account"))


def _drift(way: Access, chosen: RenderedChoice) -> RoleDrift:
    """Return how the role in the account differs from the *chosen* one."""
    role = read_role(way.iam, chosen.documents.name)
    if role is None:
        return missing_role(chosen.role.spec.arn)
    there = {policy.arn for policy in role.attached}
    bounding = [chosen.documents.boundary] if chosen.documents.own_boundary and chosen.documents.boundary else []
    named = (*chosen.documents.attached, *bounding)
    lacking = {arn: read_policy(way.iam, arn) for arn in named if arn not in there}
    return find_drift(role, chosen.documents, {arn: one.document if one else None for arn, one in lacking.items()})


def _words(flags: Mapping[str, Any], source: SourceFile, way: Access) -> Iterator[str]:
    """Yield the options that choose the same role without the account."""
    for option in ROLE_OPTIONS:
        value = flags[option.key]
        if option.switch:
            yield from [option.flag] if value else []
        elif value:
            for text in [value] if isinstance(value, str) else value:
                yield from (option.flag, str(text))
    yield from () if _is_said(source, "account") else ("--account", way.account)
    yield from () if _is_said(source, "region") else ("--region", way.region)


def _is_said(source: SourceFile, key: str) -> bool:
    """Tell whether a file or an option says *key*: AWS's variables and credentials are other ones elsewhere."""
    return key in source.data and not str(source.at((key,))).startswith("AWS")


def is_bad(examined: Sequence[ExaminedRole], fail_on: str) -> bool:
    """Tell whether a difference is as bad as *fail_on* says."""
    worst = Severity(fail_on.upper())
    return any(severity_of(drift).at_least(worst) for one in examined for drift in one.drift.drifts)
