"""Slips in the program that composes and proves layers, each put into the loaded modules and taken out again."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

from tests.layers import test_boundary, test_golden_beside, test_pattern_mistakes, test_resource_policies, test_shares
from tests.layers.layers_support import BREAK_GLASS, CATALOG, composed_layer, documents_of, examples_for
from tests.layers.test_golden_layers import test_a_pattern_renders_as_reviewed as golden_pattern
from tests.layers.test_prove_layers import EXEMPT, layer, not_exempt, policy, proofs, rendered_documents, ways_in
from tests.mutation import replaced
from tests.support import forget

from rolemgr.catalog.load import Catalog
from rolemgr.compare.budget import Budget
from rolemgr.errors import InputError, Problems
from rolemgr.iam.documents import ResourcePolicy
from rolemgr.layers.boundary import ceiling_of
from rolemgr.layers.compose import LayerChoice, compose_layer
from rolemgr.layers.exemptions import exemptions
from rolemgr.model.layer import ComposedLayer
from rolemgr.model.layer_pattern import LayerKind
from rolemgr.prove.boundary import BoundedRole, prove_boundary
from rolemgr.prove.organization import LayerToProve, prove_organization
from rolemgr.prove.resource_policy import prove_resource_policy
from rolemgr.render.boundary import filled_boundary


class Slip(NamedTuple):
    """A part of a module of `rolemgr`, by `tests.mutation`, what becomes of it, and what that means."""

    module: str
    text: str
    other: str
    what: str


SLIPS = [
    Slip("layers.compose", "list(dict.fromkeys((*always, *choice.patterns)))", "list(dict.fromkeys(choice.patterns))", "nobody guards the exempt"),
    Slip("layers.compose", "raise_all(wrong)", "raise_all([])", "what can't be is rendered"),
    Slip("layers.compose", "_meaning(deny) not in there", "True", "Denies are said twice"),
    Slip("layers.compose", "deny.actions, deny.not_actions, deny.resources, deny.not_resources, deny.conditions", "deny.actions, deny.not_actions", "Denies on other resources are taken for the same"),
    Slip("layers.compose", "one not in patterns", "False", "what a pattern needs beside it is not said"),
    Slip("layers.exemptions", 're.match(r"[^A-Za-z0-9]*[*?]", found["name"])', "False", "every role is exempt"),
    Slip("layers.exemptions", "sorted({*given, *(role.pattern for role in roles)})", "sorted({*given})", "landing zones are not exempt"),
    Slip("layers.exemptions", 'kind is LayerKind.RCP and found["account"] == "*"', "False", "an RCP exempts anybody's role"),
    Slip("layers.guardrails", "with_exempt(one, exempt) for one in _denies(compiled)", "one for one in _denies(compiled)", "guardrails exempt nobody"),
    Slip("layers.guardrails", "frozenset(only) if only else None", "None", "all Denies of a guardrail"),
    Slip("layers.statements", "with_exempt(deny, exempt) if statement.exempt else deny", "with_exempt(deny, exempt)", "the exempt silence the alarm"),
    Slip("layers.statements", 'sorted({*block.get(there, ()), *exempt})', "sorted(exempt)", "a pattern's own callers are bound"),
    Slip("layers.statements", "all(values.get(need) for need in statement.needs)", "True", "Denies without their values"),
    Slip("layers.statements", "wanted and not any(values.get(one) for one in statement.unless)", "wanted", "Denies beside the values that replace them"),
    Slip("layers.statements", "() if one.not_resources else _ALL", "_ALL", "Resource and NotResource"),
    Slip("layers.statements", "(service := text.partition(\":\")[0]) not in rcp_services()", "False", "RCPs on SageMaker"),
    Slip("layers.statements", "lacking and not wild", "False", "a dead key is rendered"),
    Slip("layers.values", "len(texts) > 1 and not declared.many", "False", "two values for one"),
    Slip("layers.boundary", "self.granted - scoped", "self.granted", "what hands out rights is allowed on all"),
    Slip("layers.boundary", "_harmless(statement, role, roles)", "()", "no Deny"),
    Slip("layers.resource_policy", "all(set(values[name]) & set(wanted) for name, wanted in one.only_for.items())", "True", "statements of other services"),
    Slip("layers.resource_policy", "any(_same(one, other) for other in kept)", "False", "a merge doubles"),
    Slip("layers.resource_values", "arn is None or action is None or has_wildcard(resource) or not types_of(resource, action)", "arn is None", "a bucket for a key"),
    Slip("layers.share", "account_of(principal) in outside", "True", "every share goes outside"),
    Slip("layers.share", "account_of(principal) == own", "False", "shares with oneself"),
    Slip("prove.organization", "(few, subject.documents)", "(few,)", "a Deny under another Sid is not seen"),
    Slip("prove.organization", "tuple(one for one in layer.exempt if one in let_go)", "layer.exempt", "the exempt are left out of every question"),
    Slip("prove.organization", "one not in protected.leaves", "False", "nothing changes what is protected"),
    Slip("prove.boundary", "compare(alone, Policies(identity=one.policies, permissions_boundary=boundary), within=budget)", "compare(alone, alone, within=budget)", "the boundary is not asked"),
    Slip("prove.boundary", "sorted({*_forbidden(one.role), *_rights()} - granted - _NEEDS_NO_ALLOW)", "sorted(())", "nothing is forbidden"),
    Slip("prove.resource_policy", 'CounterExample(f"`{name}` makes no difference: without it the same is allowed", flags)', "None", "every statement counts"),
]  # fmt: skip
"""Each is caught by a golden, a refusal or a proof."""


@contextmanager
def put_in(slip: Slip) -> Iterator[None]:
    """Let every loaded module of the program have the functions of the spoilt one."""
    module = import_module(f"rolemgr.{slip.module}")
    text = replaced(Path(str(module.__file__)).read_text("utf-8"), slip.text, slip.other)
    before = dict(vars(module))
    exec(compile(text, str(module.__file__), "exec"), vars(module))  # noqa: S102 - our own text
    methods = list(_methods(module, before))
    for name, old in before.items():
        if isinstance(old, type) or not callable(old):
            setattr(module, name, old)
    news = {id(old): vars(module)[name] for name, old in before.items() if isinstance(old, FunctionType)}
    patched = [
        (other, name, value)
        for key, other in list(sys.modules.items())
        if key.startswith(("rolemgr.", "tests.layers.")) and other is not module
        for name, value in list(vars(other).items())
        if id(value) in news
    ]
    for other, name, value in patched:
        setattr(other, name, news[id(value)])
    for kind, name, _, new in methods:
        setattr(kind, name, new)
    forget()
    try:
        yield
    finally:
        forget()
        vars(module).update(before)
        for kind, name, old, _ in methods:
            setattr(kind, name, old)
        for other, name, value in patched:
            setattr(other, name, value)


def _methods(module: ModuleType, before: Mapping[str, Any]) -> Iterator[tuple[type, str, Any, Any]]:
    """Yield each method of the classes of *module* as it was, and as the spoilt text has it: classes stay the same."""
    for name, old in before.items():
        if isinstance(old, type) and old.__module__ == module.__name__:
            for key, value in list(vars(old).items()):
                if isinstance(value, FunctionType | property) and key in vars(vars(module)[name]):
                    yield old, key, value, vars(vars(module)[name])[key]


def found_by(slip: Slip) -> str | None:
    """Return what catches *slip*, None where it goes unseen."""
    with put_in(slip):
        return next((name for name, check in CHECKS.items() if fails(check)), None)


def fails(check: Callable[[], Any]) -> bool:
    """Tell whether *check* finds something wrong."""
    try:
        check()
    except (Exception, BaseException) as error:
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
        return True
    return False


def refusals() -> None:
    """What must not be taken is not."""
    role = "arn:aws:iam::111122223333:role/x"
    for kind, arn in (
        (LayerKind.SCP, "arn:aws:sts::111122223333:assumed-role/x/y"), (LayerKind.SCP, "arn:aws:iam::111122223333:root"),
        (LayerKind.RCP, "arn:aws:iam::*:role/x"), (LayerKind.SCP, "arn:aws:iam::*:role/*"),
    ):  # fmt: skip
        _refused(lambda kind=kind, arn=arn: exemptions(kind, [arn], []))  # type: ignore[misc]
    _refused(lambda: composed_layer(LayerKind.SCP, "mandatory-five-in-one-deny"))
    _refused(
        lambda: composed_layer(LayerKind.RCP, "organization-identities", organization=["o-a1b2c3d4e5", "o-a1b2c3d4e6"])
    )
    _refused(lambda: test_resource_policies.made("key", "arn:aws:s3:::acme", readers=[role]))
    _refused(lambda: test_resource_policies.made("bucket", "arn:aws:s3:::acme*", readers=[role]))
    _refused(lambda: test_shares.made(readers=["arn:aws:iam::444455556666:role/own"]))
    for text, _ in test_pattern_mistakes.test_a_mistake_is_told_with_its_line.pytestmark[0].args[1]:  # type: ignore[attr-defined]
        with TemporaryDirectory() as folder:
            test_pattern_mistakes.problem(Path(folder), text)
    with TemporaryDirectory() as folder:
        test_pattern_mistakes.problem(Path(folder), "statements: [{sid: A, actions: 'sagemaker:*'}]\n", LayerKind.RCP)


def _refused(made: Callable[[], Any]) -> None:
    try:
        made()
    except (InputError, Problems):
        return
    raise AssertionError("was taken")


def words() -> None:
    """What has to be said is."""
    zones = exemptions(LayerKind.SCP, [BREAK_GLASS], ["stacksets"])
    assert "arn:*:iam::*:role/stacksets-exec-*" in zones.arns
    with TemporaryDirectory() as folder:
        (Path(folder) / "scps").mkdir()
        text = "title: x\ndescription: x\nneeds_others: [no-root]\nstatements: [{sid: A, actions: 's3:*'}]\n"
        (Path(folder) / "scps" / "ours.yaml").write_text(text)
        made = compose_layer(Catalog([Path(folder)]), LayerChoice(LayerKind.SCP, ("ours",)))
        assert "ours: can be walked round without no-root" in made.notes


def goldens() -> None:
    """Rendered text is as reviewed."""
    for kind, name in (
        (LayerKind.SCP, "vpc-required"), (LayerKind.SCP, "iam-lockdown"), (LayerKind.SCP, "protect-break-glass"),
        (LayerKind.SCP, "approved-regions-all-services"), (LayerKind.SCP, "no-role-templates"), (LayerKind.RCP, "networks"),
    ):  # fmt: skip
        golden_pattern(kind, name, False)
    for resource in ("bucket", "key", "topic"):
        test_golden_beside.test_a_resource_policy_is_as_reviewed(resource, False)
    test_golden_beside.test_a_boundary_is_as_reviewed("data-scientist", False)
    test_resource_policies.test_a_merge_keeps_what_is_there()
    for service in ("s3", "kms"):
        test_resource_policies.test_an_endpoint_policy_always_allows(service, {"organization": ["o-a1b2c3d4e5"]})
    test_shares.test_each_share_is_for_its_own_and_stays_inside()


def twice() -> None:
    """What two patterns have in common is said once; what is on other resources is not in common."""
    layer_ = composed_layer(
        LayerKind.SCP, "vpc-required", "mandatory-five", **examples_for(LayerKind.SCP, "mandatory-five")
    )
    denies = [(one.actions, one.resources, one.conditions) for part in layer_.parts for one in part.denies]
    assert len(denies) == len(set(denies))
    exempt = ("arn:aws:iam::*:role/platform/break-glass",)
    guarded: dict[str, Any] = {"roles": ["arn:*:iam::*:role/ml/*"], "keepers": ["arn:*:iam::*:role/watch"]}
    sids = {
        one.sid
        for part in composed_layer(LayerKind.SCP, "protect-break-glass", exempt=exempt, **guarded).parts
        for one in part.denies
    }
    assert {"BreakGlassRole", "KeepersOfTheAlarm"} <= sids
    regions: dict[str, Any] = {
        "regions": ["eu-west-1"],
        "inference_profiles": ["arn:*:bedrock:*:*:inference-profile/eu.*"],
    }
    narrow = composed_layer(LayerKind.SCP, "approved-regions-all-services", **regions)
    plain = composed_layer(LayerKind.SCP, "approved-regions-all-services", regions=["eu-west-1"])
    assert sids_of(narrow) != sids_of(plain)
    assert sids_of(narrow) - sids_of(plain)
    assert sids_of(plain) - sids_of(narrow)
    with TemporaryDirectory() as folder:
        (Path(folder) / "scps").mkdir()
        (Path(folder) / "scps" / "ours.yaml").write_text(
            "title: x\ndescription: x\nstatements: [{sid: A, actions: 's3:*', not_resources: 'arn:aws:s3:::acme'}]\n"
        )
        ours = compose_layer(Catalog([Path(folder)]), LayerChoice(LayerKind.SCP, ("ours",)))
        assert [one.resources for part in ours.parts for one in part.denies if one.sid == "A"] == [()]
    assert documents_of(layer_).policies


def sids_of(composed: ComposedLayer) -> set[str]:
    """Return the Sids of all Denies."""
    return {one.sid for part in composed.parts for one in part.denies}


def proven() -> None:
    """Proofs hold where they must, and fail where they must."""
    composed = layer(LayerKind.SCP, "no-full-access")
    documents = rendered_documents(composed)
    assert all(one.holds for one in proofs(composed, documents))
    for gone in ("FullAccess", "LeaveOrganization"):
        less = [one for one in documents[0].to_json_value()["Statement"] if one["Sid"] != gone]
        assert any(one.counter_examples for one in proofs(composed, (policy(*less),))), gone
    freed = [
        {**one, "Condition": {**one.get("Condition", {}), **not_exempt(EXEMPT)}} if one["Sid"] == "LeaveOrganization" else one
        for one in documents[0].to_json_value()["Statement"]
    ]  # fmt: skip
    assert any(one.counter_examples for one in proofs(composed, (policy(*freed),)))
    renamed = [{**one, "Sid": f"Other{number}"} for number, one in enumerate(documents[0].to_json_value()["Statement"])]
    assert all(one.holds for one in proofs(composed, (policy(*renamed),)))
    guarding = layer(LayerKind.SCP, "protect-roles")
    assert ways_in(guarding, policy()).counter_examples
    assert not prove_organization(LayerToProve(CATALOG, guarding, rendered_documents(guarding), budget=Budget(10)))[
        0
    ].holds


def bounded() -> None:
    """The same of boundaries and resource policies."""
    role, documents = test_boundary.role_of("sagemaker-compute")
    one = BoundedRole(role, test_boundary.own(documents))
    whole = filled_boundary(ceiling_of([role])).document
    assert all(proof.holds and proof.checked for proof in prove_boundary([one], whole))
    assert not prove_boundary([one], policy())[0].holds
    document = test_resource_policies.example("topic").document
    assert all(proof.holds for proof in prove_resource_policy(document))
    twice_ = ResourcePolicy.model_validate(
        {"Version": "2012-10-17", "Statement": document.to_json_value()["Statement"] * 2}
    )
    assert not prove_resource_policy(twice_)[0].holds


CHECKS: dict[str, Callable[[], None]] = {
    "refusals": refusals, "words": words, "twice": twice, "goldens": goldens, "proofs": proven, "bounded": bounded,
}  # fmt: skip
"""What catches a slip, the quick ones first."""
