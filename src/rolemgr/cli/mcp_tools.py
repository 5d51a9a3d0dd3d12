"""
The tools of `rolemgr mcp`: what an agent may ask, each answered with data and never with a sentence to follow.

What a file or an argument says comes back inside of JSON values alone.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rolemgr.audit.run import not_in_the_input
from rolemgr.audit.who_can import who_can as who_can_do
from rolemgr.cli.confined import require_inside
from rolemgr.cli.files import read_input
from rolemgr.errors import InputError, SourceLocation
from rolemgr.files.source import FileError, Limits
from rolemgr.model.inventory import Inventory
from rolemgr.report.findings import findings_data
from rolemgr.report.who_can import who_can_data
from rolemgr.workflow.check import CheckRequest, found_in
from rolemgr.workflow.diagnose import DeniedRequestOptions, DiagnoseQuery, diagnosed
from rolemgr.workflow.found import excused, read_checks
from rolemgr.workflow.inventory_questions import actions_named
from rolemgr.workflow.layer_options import LAYER_OPTIONS
from rolemgr.workflow.outside import Outside
from rolemgr.workflow.preview import preview as preview_of
from rolemgr.workflow.query import KINDS, answer_to
from rolemgr.workflow.role_options import ROLE_OPTIONS
from rolemgr.workflow.simulate import RequestOptions, SimulateQuery
from rolemgr.workflow.simulate import simulate as decision_on

MOST_CHARACTERS = 200_000
"""An answer that is longer is refused: nobody reads it, and it would fill an agent's memory."""

Json = dict[str, Any]
InventoryOf = Callable[[Sequence[str]], tuple[Inventory, list[InputError], int]]


class _Given:
    """What a call brings: the text that stands for ``-``, files below the folder, and where its notes go."""

    def __init__(self, text: object = None, name: str = "argument") -> None:
        self.notes: list[str] = []
        self._text = text if text is None or isinstance(text, str) else json.dumps(text)
        self._name = name

    @property
    def outside(self) -> Outside:
        """The outside of a use case: no environment, and files of the folder alone."""
        return Outside({}, self._read, self.notes.append)

    def _read(self, name: str, limits: Limits) -> tuple[str, str]:
        if name != "-":
            return read_input(require_inside(name), limits)
        if self._text is None:
            raise InputError(SourceLocation("-"), "stands for an argument that is not given")
        if len(self._text) > limits.bytes:
            raise FileError(SourceLocation(self._name), f"is larger than {limits.bytes:,} bytes")
        return self._text, self._name

    def answer(self, result: Any) -> Json:
        """Return *result* with the notes; raise InputError where it is too long."""
        made = {"result": result, "notes": self.notes}
        size = len(json.dumps(made, ensure_ascii=False))
        if size > MOST_CHARACTERS:
            raise InputError(None, f"the answer has {size:,} characters, over {MOST_CHARACTERS:,}", "ask about less")
        return made


def _chosen(role: Mapping[str, Any] | None, role_file: str | None) -> dict[str, Any]:
    """Return the options of a role that *role*, an object, or *role_file* stands for."""
    if (role is None) is (role_file is None):
        raise InputError(SourceLocation("role"), "give one of `role`, an object, and `role_file`, a path")
    return {**_no_role(), "role": "-" if role_file is None else require_inside(role_file)}


def _no_role() -> dict[str, Any]:
    return {one.key: () if one.many or one.pairs else False if one.switch else None for one in ROLE_OPTIONS}


def _layers(files: Mapping[str, str | Sequence[str]] | None) -> dict[str, Any]:
    """Return the layers of a request; *files* names their policies by layer."""
    known = {one.key: one for one in LAYER_OPTIONS}
    given = dict(files or {})
    for key in given:
        if key not in known:
            raise InputError(SourceLocation("layers"), f"unknown layer `{key}`", f"known are {', '.join(known)}")
    found: dict[str, Any] = {}
    for key, one in known.items():
        value = given.get(key, ())
        names = tuple(require_inside(name) for name in ([value] if isinstance(value, str) else value))
        found[key] = names if one.many else (names[0] if names else None)
    return found


def _context(context: Mapping[str, str | Sequence[str]] | None) -> tuple[str, ...]:
    pairs = ((key, [value] if isinstance(value, str) else value) for key, value in (context or {}).items())
    return tuple(f"{key}={one}" for key, values in pairs for one in values)


def preview(role: Json | None = None, role_file: str | None = None) -> Json:
    """
    A SageMaker role for review: who may assume it, what it can and can never do, writes, limits, sizes, findings.

    `role` is an object with the keys of a role file, such as {"persona": "data-scientist", "bucket": ["acme-churn"]};
    `role_file` is a path of such a file below the server's folder. Nothing is created.
    """
    given = _Given(role, "role")
    return given.answer(preview_of(_chosen(role, role_file), given.outside, full=True, verbose=False).data())


def check(
    policy: Json | list[Json] | str | None = None, paths: list[str] | None = None, type: str | None = None,  # noqa: A002
    role: Json | None = None, role_file: str | None = None,
) -> Json:  # fmt: skip
    """
    Findings on IAM policies or on a role: grammar, names, reach, what they give away, with severity and line.

    Give `policy` (a document, a role, a template, as an object or text), or `paths` of files and folders (role files
    too) below the server's folder, or a `role` or `role_file` as in preview. `type` is the policies' type where they
    don't tell it: identity, trust, resource, scp, rcp, boundary or endpoint. What could not be judged is listed apart.
    """
    given = _Given(role if role is not None else policy, "role" if role is not None else "policy")
    files = ["-"] if policy is not None else [require_inside(one) for one in paths or ()]
    is_role = role is not None or role_file is not None
    if bool(files) is is_role or (policy is not None and paths):
        raise InputError(SourceLocation("check"), "give one of `policy`, `paths`, `role` and `role_file`")
    checks = read_checks(None, ())
    chosen = _chosen(role, role_file) if is_role else _no_role()
    request = CheckRequest(files, {**chosen, "role": (chosen["role"],) if is_role else ()}, type)
    found = excused(
        found_in(request, checks.config(), checks.files, given.outside, _NoProgress, verbose=False), checks.config()
    )
    refused = found.report(()).refused
    return given.answer(findings_data(found.findings, len(found.names), found.not_judged, found.types, refused))


class _NoProgress:
    """Shows nobody how far many roles are."""

    def __init__(self, _count: int) -> None: ...

    def __enter__(self) -> Any:
        return lambda: None

    def __exit__(self, *_: object) -> None: ...


def simulate(
    action: str, resource: str = "*", context: dict[str, str | list[str]] | None = None, principal: str | None = None,
    role: Json | None = None, role_file: str | None = None, policy: Json | list[Json] | str | None = None,
    policy_files: list[str] | None = None, layers: dict[str, str | list[str]] | None = None,
    resource_account: str | None = None,
) -> Json:  # fmt: skip
    """
    AWS's decision on one request, and why: Allowed, ExplicitlyDenied or ImplicitlyDenied, with the statements.

    NotKnown where an attached policy whose text is not at hand may turn it; a note says which.
    Whose: `role` or `role_file` as in preview, or `policy` (an identity policy) or `policy_files`. `context` has
    condition keys with a value or a list. `layers` names files of boundary_policy, session_policy, scp, rcp,
    resource_policy, vpc_endpoint_policy. Nothing is called; no account is looked at.
    """
    given = _Given(role if role is not None else policy, "role" if role is not None else "policy")
    is_role = role is not None or role_file is not None
    policies = ["-"] if policy is not None else [require_inside(one) for one in policy_files or ()]
    if is_role and policies:
        raise InputError(SourceLocation("simulate"), "give a role or policies, not both")
    options = RequestOptions(action, resource, resource_account, principal, _context(context), (), certain=False)
    chosen = _chosen(role, role_file) if is_role else _no_role()
    asked = SimulateQuery(policies, chosen, _layers(layers), options)
    return given.answer(decision_on(asked, given.outside, verbose=False).views.data())


def diagnose(
    message: str | None = None, action: str | None = None, resource: str | None = None,
    context: dict[str, str | list[str]] | None = None, principal: str | None = None, role: Json | None = None,
    role_file: str | None = None, policy_files: list[str] | None = None,
    layers: dict[str, str | list[str]] | None = None,
) -> Json:  # fmt: skip
    """
    Which layer denied a request, and the least change that would allow it.

    `message` is the text of AWS's AccessDenied message or a CloudTrail event as text; or give `action` and
    `resource`. The role or the policies, and the layers, are as in simulate.
    """
    given = _Given(role, "role")
    asked = DeniedRequestOptions(action, resource, principal, _context(context), None)
    chosen = _chosen(role, role_file) if role is not None or role_file is not None else _no_role()
    policies = tuple(require_inside(one) for one in policy_files or ())
    text = None if message is None else f"\n{message}"  # a text with a line end is never the name of a file
    query = DiagnoseQuery(text, policies, chosen, _layers(layers), asked)
    return given.answer(diagnosed(query, given.outside, verbose=False).views.data())


def query(kind: str, name: str) -> Json:
    """
    AWS's reference and the catalog, asked about one name: `kind` is action, key, resource, guardrail or who.

    Of an action: access level, resources, condition keys, dependents, guardrails that judge it, groups and personas
    that have it. `who` takes an action or a pattern and says which personas may.
    """
    if kind not in KINDS:
        raise InputError(SourceLocation("kind"), f"unknown kind `{kind}`", f"known are {', '.join(KINDS)}")
    return _Given().answer(answer_to(kind, name, ()).data())


def who_can_tool(inventory_of: InventoryOf) -> Callable[..., Json]:
    """Return the tool that asks an inventory, which *inventory_of* reads."""

    def who_can(action: str, files: list[str], resource: str | None = None) -> Json:
        """
        Who in a saved inventory may do an action (or a pattern of them), by which statements, and through whom.

        `files` are paths of authorization details, policies and so on below the server's folder, as `rolemgr audit`
        reads them. No account is asked.
        """
        given = _Given()
        inventory, wrong, _ = inventory_of([require_inside(one) for one in files])
        given.notes += [f"not read: {error}" for error in wrong]
        found = [who_can_do(inventory, one, resource) for one in actions_named(action, resource)]
        absent = not_in_the_input(inventory)
        return given.answer(who_can_data(found, inventory.files, inventory.not_judged, absent))

    return who_can


def tools(inventory_of: InventoryOf) -> tuple[Callable[..., Json], ...]:
    """Return all tools; *inventory_of* reads the files of an inventory."""
    return (preview, check, simulate, diagnose, query, who_can_tool(inventory_of))
