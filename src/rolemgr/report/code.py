"""What code needs, for people and for programs: a role each for who runs it and for what it starts, and a preflight."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from rolemgr.audit.migrate.judge import Verdict
from rolemgr.audit.migrate.of_code import CALLER, CodeMigration, CodeRole
from rolemgr.audit.migrate.preflight import PreflightAnswer, PreflightVerdict
from rolemgr.errors import printable
from rolemgr.files.write import to_json
from rolemgr.report.migrate import (
    counts_text,
    cover_text,
    lost_by_reason,
    lost_text,
    parameter_lines,
    part,
    role_text,
    titled,
)

_REASONS: Final = 10
_PERSONA_OF: Final = {
    CALLER: "who runs the code",
    "job": "what the code starts",
    "pipeline": "the pipeline that it starts",
}


def code_text(found: CodeMigration, answers: Sequence[PreflightAnswer] | None, role: str) -> str:
    """Return *found*, and the *answers* of a *role* to it where there is one, on one page."""
    return "".join(f"{printable(line).rstrip()}\n" for line in _lines(found, answers, role))


def _lines(found: CodeMigration, answers: Sequence[PreflightAnswer] | None, role: str) -> Iterator[str]:
    yield f"{len(found.files)} file{'s' if len(found.files) != 1 else ''}: {', '.join(found.files[:4])}" + (
        " ..." if len(found.files) > 4 else ""
    )
    for one in found.roles:
        yield ""
        yield from _role_lines(one)
    yield from _part_of_preflight(answers, role)
    yield from part("Not known", map(str, found.untold))


def _role_lines(one: CodeRole) -> Iterator[str]:
    passed = f", {one.key.role}" if one.key.role else ""
    yield f"Role of {_PERSONA_OF[one.key.by]}{passed}"
    if one.migration is None:
        yield from titled("PROBLEM", one.problem)
        return
    made = one.migration
    yield from titled("ROLE", role_text(made.plan.best))
    yield from titled("COVER", cover_text(made.plan.best))
    yield from titled("RESULT", counts_text(made))
    yield from titled("CALLS", _calls_text(one))
    yield from part("Lost", (lost_text(why, outcomes) for why, outcomes in lost_by_reason(made)[:_REASONS]))
    yield from part("Parameters", parameter_lines(made))


def _calls_text(one: CodeRole) -> str:
    actions = {each.action for each in one.requests}
    places = {(each.call.where, each.call.name) for each in one.requests}
    return f"{len(places)} calls, {len(actions)} actions"


def _part_of_preflight(answers: Sequence[PreflightAnswer] | None, role: str) -> Iterator[str]:
    if answers is None:
        return
    bad = [one for one in answers if one.verdict is not PreflightVerdict.ALLOWED]
    yield from part(f"Preflight with {role}: {len(answers) - len(bad)} of {len(answers)} requests allowed",
                    dict.fromkeys(map(answer_text, bad)) or ["all calls that are known would be allowed"])  # fmt: skip


def answer_text(one: PreflightAnswer) -> str:
    """Say where, what, and why not."""
    name = one.request.action.partition(":")[2]
    would = f"; group {' or '.join(one.groups)} would" if one.groups else ""
    if one.verdict is PreflightVerdict.UNKNOWN:
        return f"{one.request.call.where}: {name}: not known: {one.why}"
    return f"{one.request.call.where}: {name}: {one.why}{would}"


def code_data(found: CodeMigration, answers: Sequence[PreflightAnswer] | None, role: str) -> dict[str, Any]:
    """Return *found* for ``--format json``."""
    data: dict[str, Any] = {
        "files": list(found.files),
        "roles": [_role_data(one) for one in found.roles],
        "not_known": [{"where": str(one.where), "what": one.what, "why": one.why} for one in found.untold],
    }
    if answers is not None:
        data["preflight"] = {"role": role, "requests": [_answer_data(one) for one in answers]}
    return data


def _role_data(one: CodeRole) -> dict[str, Any]:
    made = one.migration
    data: dict[str, Any] = {"by": one.key.by, "passed_role": one.key.role, "problem": one.problem}
    if made:
        data |= {
            "new_role": dict(made.plan.best.data), "groups": list(made.plan.best.groups),
            "counts": {each.value.replace(" ", "_"): len(made.having(each)) for each in Verdict},
            "lost": [{"action": each.need.action, "resource": each.need.resource, "why": each.why}
                     for each in made.having(Verdict.LOST)],
        }  # fmt: skip
    requests = [
        {"where": str(each.call.where), "call": each.call.name, "action": each.action, "resource": each.resource,
         "by_name_alone": each.call.guessed,
         "keys": {key: values if values is None else list(values) for key, values in each.keys.items() if values != ()}}
        for each in one.requests
    ]  # fmt: skip
    return data | {"requests": requests}


def _answer_data(one: PreflightAnswer) -> dict[str, Any]:
    return {
        "where": str(one.request.call.where), "action": one.request.action, "resource": one.request.resource,
        "answer": one.verdict.value, "why": one.why, "groups": list(one.groups),
    }  # fmt: skip


def code_forms(found: CodeMigration, answers: Sequence[PreflightAnswer] | None, role: str, form: str) -> str:
    """Return *found* in the *form* that somebody chose."""
    if form == "json":
        return to_json(code_data(found, answers, role), short=False)
    return code_text(found, answers, role)


def code_fails(found: CodeMigration, answers: Sequence[PreflightAnswer] | None, fail_on: str) -> bool:
    """Tell whether the answer is no: something is lost or denied; with ``not-known`` also what can't be told."""
    lost = any(one.migration is None or one.migration.having(Verdict.LOST) for one in found.roles)
    denied = any(one.verdict is PreflightVerdict.DENIED for one in answers or ())
    unsure = bool(found.untold) or any(one.verdict is PreflightVerdict.UNKNOWN for one in answers or ())
    if answers is not None:
        lost = False
    return fail_on != "never" and (lost or denied or (fail_on == "not-known" and unsure))
