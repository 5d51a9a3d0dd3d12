"""Slips in `rolemgr.blueprint`: each makes some fault go unseen, or the example without a fault fail."""

import importlib
import importlib.abc
import importlib.machinery
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from tests.mutation import replaced

import rolemgr.blueprint

_FOLDER = Path(rolemgr.blueprint.__file__).parent
_COMPOSING = {"compose", "draft", "expand", "flows", "inherit", "levels", "placed", "projects", "targets"}
"""The modules that make the documents; no slip is in them."""
_PACKAGES = ("rolemgr.blueprint.", "tests.blueprint.faulty")


class Slip(NamedTuple):
    """A part of a module of `rolemgr.blueprint`, what becomes of it, and the faults (or ``example``) that show it."""

    module: str
    text: str
    other: str
    shown_by: tuple[str, ...]


def _slip(module: str, text: str, other: str, *shown_by: str) -> Slip:
    return Slip(module, text, other, shown_by)


SLIPS = (
    _slip("let_in", 'if name == "*":', "if False:", "the whole organization reads"),
    _slip("let_in", "yield _ANONYMOUS", "pass", "a public bucket"),
    _slip("let_in", "if key.lower() in _WHO:", "if False:", "roles of one pattern read"),
    _slip("let_in", "_stranger(account, partition) if account else name", "name", "a whole account reads"),
    _slip("beyond", "let_in(blueprint.source.value, statement, partition) if statement.effect is Effect.ALLOW else ()", "let_in(blueprint.source.value, statement, partition) if statement.effect is Effect.DENY else ()", "a whole account pulls"),
    _slip("beyond", "if any(one.covers(asked.action, resource) for one in asked.intended):", "if asked.intended:", "a reader may do all", "all of the bucket is read"),
    _slip("beyond", "by_role.get(roles.get(who.principal, \"\"), ())", "placed.flows", "another role of the blueprint reads too"),
    _slip("beyond", "if found and _is_allowed(asked, found):", "if found and not _is_allowed(asked, found):", "a reader may do all"),
    _slip("beyond", 'own if text == "*" else (text,)', "(text,)", "example-beyond"),
    _slip("beyond", "() if at_home or caller.account is None else (FULL_ACCESS,)", "(FULL_ACCESS,)", "example-beyond"),
    _slip("beyond", "expand(whole) if wild else (pattern,)", "(pattern,)", "a reader may do all"),
    _slip("beyond", "not any(matches(one.lower()) for matches in stays)", "any(matches(one.lower()) for matches in stays)", "a reader may do all but one thing"),
    _slip("intended", "flow.reach((one.resource,))", "flow.filled((one.resource,))", "example-beyond"),
    _slip("intended", "action.lower() == self.action and any(contains(pattern, resource) for pattern in self.resources)", "action.lower() == self.action", "all of the bucket is read", "another group's versions are let see"),
    _slip("effective", 'if passed is not None and passed.decision == "Allowed":', 'if passed is None or passed.decision == "Allowed":', "an SCP catches the pipeline"),
    _slip("effective", "None if lost else CounterExample(problem, (), None, (own[0].flow.where,))", "None if not lost else CounterExample(problem, (), None, (own[0].flow.where,))", "example-flows"),
    _slip("effective", "if one.optional:", "if not one.optional:", "the bucket does not let list"),
    _slip("role_layers", "self._scps(role.account)", "()", "an SCP catches the pipeline"),
    _slip("role_layers", "self._rcps(target_account)", "()", "an RCP stops decryption"),
    _slip("role_layers", "documents.own_boundary.document if documents.own_boundary else None", "None", "a boundary without the action"),
    _slip("grants", "if any(asked.allowed(resource, fixed, by=allow) for resource in resources):", "if True:", "an SCP stops training"),
    _slip("effective", "replace(policies, vpc_endpoints=around.endpoints(one.role, one.request.action))", "policies", "a VPC endpoint without the organization"),
    _slip("role_layers", 'one.account == role.account and one.service.partition(".")[0] == service', "False", "a VPC endpoint without the organization"),
    _slip("witness", "around.named_above(placed.account, LayerKind.SCP)", "()", "an SCP stops training"),
    _slip("witness", "around.named_above(target, LayerKind.RCP) if target else ()", "()", "example-flows"),
    _slip("witness", "one.effect is Effect.DENY", "one.effect is Effect.ALLOW", "an SCP stops training"),
    _slip("chains", "if placed.account_id != other.account_id:", "if placed.account_id == other.account_id:", "a user passes the pipeline's role"),
    _slip("chains", "todo.append(step)", "pass", "a chain to approval in two steps"),
    _slip("chains", "if self._passing(placed, other) or self._assuming(placed, other):", "if self._passing(placed, other):", "a chain to approval across accounts"),
    _slip("chains", "self._passing(placed, other) or self._assuming(placed, other)", "self._assuming(placed, other)", "a user passes the pipeline's role"),
    _slip("apart", "return replace(placed.role, statements=tuple(found))", "return placed.role", "who approves also registers"),
    _slip("apart", "asked, beside = as_rendered(placed), [as_rendered(one) for one in closure.reached]", "asked, beside = as_rendered(placed), []", "a chain to approval across accounts"),
    _slip("trusted", "if account in blueprint.source.value.account_ids and who.principal in set(_names(statement)):", "if False:", "the file trusts a role that does not exist"),
    _slip("trusted", 'name in declared and name != "*"', "True", "everybody assumes the deployer", "an account outside assumes the deployer"),
    _slip("unaltered", "if pair.there == pair.made:", "if True:", "the Deny without TLS is gone", "a trust without its source account"),
    _slip("unaltered", "if not pair.there or not pair.made:", "if False:", "the key's policy is not there"),
    _slip("unaltered", 'DocumentPair(f"the boundary of {placed.place}", _boundary(there), _boundary(made))', 'DocumentPair("", (), ())', "a boundary without a Deny"),
    _slip("compromise", "found = asked.allowed(question.resource, question.keys, limits=limits)", "found = None", "a role writes anywhere"),
    _slip("compromise", 'if decided.decision == "Allowed":', 'if decided.decision != "Allowed":', "a role writes anywhere"),
    _slip("compromise", "_OPEN_ROLE if assuming else _OPEN", "None", "a role pushes images outside", "a role assumes any role"),
    _slip("compromise", "return replace(found, resource_control=())", "return found", "example-no-rcp"),
    _slip("stolen", 'if sink.target == "role":', "if False:", "a role assumes any role"),
    _slip("stolen", "if sink.resource:", "if False:", "a role pushes images outside"),
    _slip("stolen", "network()", "{}", "example-stolen"),
    _slip("stolen", "self._buckets.get(arn.resource.partition(\"/\")[0])", "self._placed.account", "a role writes to a bucket that nobody declared"),
    _slip("stolen", 'pattern not in self._roles and ":role/" in pattern', 'pattern in self._roles and ":role/" in pattern', "example-stolen"),
    _slip("survives", "if not left or not (one.untold or one.open):", "if True:", "the file asks for no VPC"),
    _slip("survives", "accepted.until is not None and accepted.until < today", "False", "an acceptance that is over"),
    _slip("survives", "is_open = (name, place) in opened if place else any(one == name for one, _ in opened)", "is_open = True", "an acceptance of what is closed"),
    _slip("sinks", "not any(ip_address(one) in network for network in known)", "True", "example-address"),
)  # fmt: skip


def _is_anew(module: str) -> bool:
    """Tell whether a module is loaded anew for each slip: those of the proofs are."""
    return module.startswith(_PACKAGES) and module.rpartition(".")[2] not in _COMPOSING


@contextmanager
def slipped(slip: Slip) -> Iterator[ModuleType]:
    """Give `tests.blueprint.faulty` with its proofs as they are with *slip*; the modules are put back at the end."""
    name = f"rolemgr.blueprint.{slip.module}"
    text = replaced((_FOLDER / f"{slip.module}.py").read_text("utf-8"), slip.text, slip.other)
    kept = {key: module for key, module in sys.modules.items() if _is_anew(key)}
    finder = _Finder(name, text)
    try:
        for key in kept:
            del sys.modules[key]
        sys.meta_path.insert(0, finder)
        yield importlib.import_module("tests.blueprint.faulty")
    finally:
        sys.meta_path.remove(finder)
        for key in [key for key in sys.modules if _is_anew(key)]:
            del sys.modules[key]
        sys.modules.update(kept)
        for key, module in kept.items():
            package, _, child = key.rpartition(".")
            setattr(sys.modules[package], child, module)


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds one module, whose text is another one."""

    def __init__(self, name: str, text: str) -> None:
        self._name, self._text = name, text

    def find_spec(self, name: str, _path: object, _target: object = None) -> importlib.machinery.ModuleSpec | None:
        """Return the module where it is the one."""
        return importlib.machinery.ModuleSpec(name, self) if name == self._name else None

    def exec_module(self, module: ModuleType) -> None:
        """Run the other text as the module."""
        module.__file__ = str(_FOLDER / f"{self._name.rpartition('.')[2]}.py")
        exec(compile(self._text, self._name, "exec"), module.__dict__)  # noqa: S102 - a part of the module itself
