"""
Ways round a `never` entry that one example request would not find.

Each case is a composition that gives what the persona must never have, hidden behind a key, a value or a
Deny that only an example would trip over; the careful question finds it. The safe cases show that it does
not cry wolf where the promise is kept for certain.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.support import rendered

from rolemgr.catalog.load import Catalog
from rolemgr.errors import InputError, Problems
from rolemgr.iam.documents import Effect
from rolemgr.iam.wildcards import contains
from rolemgr.separation.closure import closure_of
from rolemgr.separation.violations import violations

ARN = "arn:{{ partition }}:sagemaker:{{ region }}:{{ account }}:"
CONFIG = f"actions: [sagemaker:CreateEndpointConfig], resources: ['{ARN}endpoint-config/*']"
ALLOW = f"{{sid: A, {CONFIG}}}"

HIDDEN = {
    "behind a Deny on an absent tag": [ALLOW, f"{{sid: D, effect: Deny, {CONFIG}, conditions: {{Null: {{'aws:RequestTag/Project': true}}}}}}"],
    "behind a Deny on another tag": [ALLOW, f"{{sid: D, effect: Deny, {CONFIG}, conditions: {{StringNotEquals: {{'aws:RequestTag/Project': x}}}}}}"],
    "behind a Deny on short names": [ALLOW, f"{{sid: D, effect: Deny, actions: [sagemaker:CreateEndpointConfig], resources: ['{ARN}endpoint-config/?']}}"],
    "by a date": [f"{{sid: A, {CONFIG}, conditions: {{DateLessThan: {{'aws:CurrentTime': '2020-01-01T00:00:00Z'}}}}}}"],
    "by an address": [f"{{sid: A, {CONFIG}, conditions: {{IpAddress: {{'aws:SourceIp': 10.0.0.0/8}}}}}}"],
    "by two operators on one key": [f"{{sid: A, {CONFIG}, conditions: {{StringLike: {{'aws:PrincipalTag/t': 'a*'}}, StringEquals: {{'aws:PrincipalTag/t': ab}}}}}}"],
    "by what an example would not be called": [f"{{sid: A, {CONFIG}, conditions: {{'Null': {{'aws:PrincipalTag/t': false}}, StringNotLike: {{'aws:PrincipalTag/t': 'wit*'}}}}}}"],
    "by a number with a fraction": [f"{{sid: A, {CONFIG}, conditions: {{NumericLessThan: {{'aws:MultiFactorAuthAge': '2.5'}}}}}}"],
    "on a variable": [f"{{sid: A, actions: [sagemaker:CreateEndpointConfig], resources: ['{ARN}endpoint-config/${{aws:PrincipalTag/Project}}-*'], conditions: {{StringEquals: {{'aws:PrincipalTag/Project': churn}}}}}}"],
    "on a variable with a default": [f"{{sid: A, actions: [sagemaker:CreateEndpointConfig], resources: [\"{ARN}endpoint-config/${{aws:PrincipalTag/Project, 'team'}}-*\"]}}"],
}  # fmt: skip

SAFE = {
    "an unconditional Deny of all of it": [ALLOW, f"{{sid: D, effect: Deny, {CONFIG}}}"],
    "an unconditional Deny around it": [
        f"{{sid: A, actions: [sagemaker:CreateEndpointConfig], resources: ['{ARN}endpoint-config/a-*']}}",
        f"{{sid: D, effect: Deny, {CONFIG}}}",
    ],
    "another action": [
        f"{{sid: A, actions: [sagemaker:DescribeEndpointConfig], resources: ['{ARN}endpoint-config/*']}}"
    ],
}


def catalog(folder: Path, never: str, statements: list[str], **more: str) -> Catalog:
    """Write a persona with one `never` entry and a group of these statements; return the catalog."""
    files = {
        "personas/guarded.yaml": f"title: T\ndescription: D\nactivity_groups: [mine]\nnever:\n  - {never}\n",
        "activity_groups/mine.yaml": "title: T\ndescription: D\nstatements:\n"
        + "".join(f"  - {one}\n" for one in statements),
        **more,
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    return Catalog([folder])


def found(folder: Path, never: str, statements: list[str]) -> set[str]:
    """Return the actions by which the persona's promise is broken."""
    made = catalog(folder, never, statements)
    role = rendered(made, persona="guarded")
    return {violation.action for violation in violations(role.role, closure_of(made, role.role).known)}


@pytest.mark.parametrize("case", HIDDEN)
def test_what_an_example_would_miss_is_found(case: str, tmp_path: Path) -> None:
    """Keys that the entry does not name are free, so no value of theirs hides the grant."""
    assert found(tmp_path, "sagemaker:CreateEndpointConfig", HIDDEN[case]) == {"sagemaker:CreateEndpointConfig"}


@pytest.mark.parametrize("case", SAFE)
def test_what_is_certain_counts(case: str, tmp_path: Path) -> None:
    """A Deny that holds whatever the request says keeps the promise."""
    assert found(tmp_path, "sagemaker:CreateEndpointConfig", SAFE[case]) == set()


OWN = "user-profile/${sagemaker:DomainId}/${sagemaker:UserProfileName}"
URL = f"{{action: sagemaker:CreatePresignedDomainUrl, except_on: ['{ARN}{OWN}']}}"


@pytest.mark.parametrize(
    ("resource", "broken"),
    [
        (OWN, False),
        ("user-profile/${sagemaker:DomainId}/*", True),
        ("user-profile/*/bob", True),
        ("user-profile/d-1/bob", True),
    ],
)
def test_except_on_lets_the_own_resource_and_no_other(resource: str, broken: bool, tmp_path: Path) -> None:
    """Whoever is named, it is not the own profile."""
    statement = f"{{sid: A, actions: [sagemaker:CreatePresignedDomainUrl], resources: ['{ARN}{resource}']}}"
    assert bool(found(tmp_path, URL, [statement])) is broken


ALARM = "{action: cloudwatch:PutMetricAlarm, except_with: {'cloudwatch:AlarmActions': ['arn:{{ partition }}:sns:*']}}"
PUT = "actions: [cloudwatch:PutMetricAlarm], resources: ['arn:{{ partition }}:cloudwatch:{{ region }}:{{ account }}:alarm:a-*']"
TOPIC = "arn:{{ partition }}:sns:{{ region }}:{{ account }}:x"


@pytest.mark.parametrize(
    ("statements", "broken"),
    [
        ([f"{{sid: A, {PUT}}}"], True),
        ([f"{{sid: A, {PUT}}}", f"{{sid: D, effect: Deny, {PUT}, conditions: {{'ForAnyValue:StringNotLike': {{'cloudwatch:AlarmActions': '{TOPIC}'}}}}}}"], False),
        ([f"{{sid: A, {PUT}}}", f"{{sid: D, effect: Deny, {PUT}, conditions: {{'ForAnyValue:StringNotLike': {{'cloudwatch:AlarmActions': ['{TOPIC}', 'arn:aws:lambda:*']}}}}}}"], True),
        ([f"{{sid: A, {PUT}}}", f"{{sid: D, effect: Deny, {PUT.replace('a-*', 'a-b')}, conditions: {{'ForAnyValue:StringNotLike': {{'cloudwatch:AlarmActions': '{TOPIC}'}}}}}}"], True),
        ([f"{{sid: A, {PUT}, conditions: {{'ForAllValues:StringLike': {{'cloudwatch:AlarmActions': '{TOPIC}'}}, 'Null': {{'cloudwatch:AlarmActions': false}}}}}}"], False),
        ([f"{{sid: A, {PUT}, conditions: {{'ForAnyValue:StringLike': {{'cloudwatch:AlarmActions': '{TOPIC}'}}}}}}"], True),
        ([f"{{sid: A, {PUT}, conditions: {{'Null': {{'cloudwatch:AlarmActions': true}}}}}}"], False),
        ([f"{{sid: A, {PUT}, conditions: {{'Null': {{'cloudwatch:AlarmActions': [true, false]}}}}}}"], True),
        ([f"{{sid: A, {PUT}, conditions: {{StringLike: {{'cloudwatch:AlarmActions': '{TOPIC}'}}}}}}"], True),
        ([f"{{sid: A, {PUT}}}", f"{{sid: D, effect: Deny, {PUT}, conditions: {{StringNotLike: {{'cloudwatch:AlarmActions': '{TOPIC}'}}}}}}"], True),
        ([f"{{sid: A, {PUT}}}", f"{{sid: D, effect: Deny, {PUT}, conditions: {{'ForAllValues:StringNotLike': {{'cloudwatch:AlarmActions': '{TOPIC}'}}}}}}"], True),
    ],
    ids=["free", "denied outside", "denied outside a wider set", "denied on less", "held", "any of them", "none", "any or none",
         "one of several", "denied where none is right", "denied where all are wrong"],
)  # fmt: skip
def test_except_with_wants_the_key_held_to_the_values(statements: list[str], broken: bool, tmp_path: Path) -> None:
    """By the Allow, present and nothing else; or by a Deny of everything else on all of it."""
    assert bool(found(tmp_path, ALARM, statements)) is broken


TOLD = (
    "{action: cloudwatch:PutMetricAlarm, context: {'cloudwatch:AlarmActions': 'arn:aws:sns:us-east-1:111122223333:x'}}"
)


@pytest.mark.parametrize(
    ("operator", "effect", "value", "broken"),
    [
        ("ForAnyValue:StringEquals", "Allow", "other", True),   # {x, other} has one that it wants
        ("ForAllValues:StringEquals", "Allow", "other", False),  # x is wrong whatever stands beside it
        ("ForAllValues:StringEquals", "Allow", "x", True),
        ("ForAllValues:StringEquals", "Deny", "x", True),        # {x, other} escapes it
        ("ForAnyValue:StringEquals", "Deny", "x", False),
        ("ForAnyValue:StringEquals", "Deny", "other", True),
    ],
)  # fmt: skip
def test_a_known_value_of_several_may_have_others_beside_it(
    operator: str, effect: str, value: str, broken: bool, tmp_path: Path
) -> None:
    """An Allow is out of question, and a Deny sure, only where no further value of the key changes that."""
    value = TOPIC if value == "x" else "arn:aws:lambda:us-east-1:111122223333:function:other"
    present = ", 'Null': {'cloudwatch:AlarmActions': false}" if effect == "Allow" else ""
    said = f"conditions: {{'{operator}': {{'cloudwatch:AlarmActions': '{value}'}}{present}}}"
    statements = [f"{{sid: A, {PUT}, {said}}}"] if effect == "Allow" else [
        f"{{sid: A, {PUT}}}", f"{{sid: D, effect: Deny, {PUT}, {said}}}"]  # fmt: skip
    assert bool(found(tmp_path, TOLD, statements)) is broken


def test_an_absent_owner_is_nobody_s_own(tmp_path: Path) -> None:
    """That a key of one value is absent, as an owner is, holds nothing within the values that are no harm."""
    own = "{action: sagemaker:CreateSpace, except_with: {'sagemaker:OwnerUserProfileArn': 'arn:*:sagemaker:*:*:user-profile/own'}}"
    space = f"actions: [sagemaker:CreateSpace], resources: ['{ARN}space/*']"
    held = f"{{sid: A, {space}, conditions: {{ArnLike: {{'sagemaker:OwnerUserProfileArn': 'arn:*:sagemaker:*:*:user-profile/own'}}}}}}"
    absent = f"{{sid: A, {space}, conditions: {{'Null': {{'sagemaker:OwnerUserProfileArn': true}}}}}}"
    assert not found(tmp_path, own, [held])
    assert found(tmp_path, own, [absent])


@pytest.mark.parametrize(
    ("operator", "null", "broken"),
    [
        ("ArnNotLike", None, False),
        ("'ForAnyValue:ArnNotLike'", None, True),
        ("'ForAllValues:ArnNotLike'", None, True),
        ("ArnNotLikeIfExists", None, True),
        ("ArnNotLike", "false", True),
        ("ArnNotLike", "true", True),
    ],
)
def test_a_deny_of_other_owners_holds_where_it_denies_that_there_is_none(
    operator: str, null: str | None, broken: bool, tmp_path: Path
) -> None:
    """A key of one value may be absent: only an operator that is true then denies the space without an owner."""
    key, owner = "sagemaker:OwnerUserProfileArn", "arn:*:sagemaker:*:*:user-profile/own"
    own = f"{{action: sagemaker:CreateSpace, except_with: {{'{key}': '{owner}'}}}}"
    space = f"actions: [sagemaker:CreateSpace], resources: ['{ARN}space/*']"
    asks = f"{operator}: {{'{key}': '{owner}'}}" + (f", 'Null': {{'{key}': {null}}}" if null else "")
    deny = f"{{sid: D, effect: Deny, {space}, conditions: {{{asks}}}}}"
    assert bool(found(tmp_path, own, [f"{{sid: A, {space}}}", deny])) is broken


@pytest.mark.parametrize(
    ("outer", "inner", "expected"),
    [("a*", "abc", True), ("a*", "a*", True), ("a*", "*", False), ("a?", "ab", True), ("a?", "a*", False), ("a?", "a?", True), ("a*", "a?", True), ("?", "*", False),
     ("*", "anything/${x}", True), ("x/${aws:a}", "x/${aws:a}", True), ("x/${aws:a}", "x/*", False), ("a*c", "a*bc", True)],
)  # fmt: skip
def test_containment_is_certain_where_it_says_yes(outer: str, inner: str, expected: bool) -> None:
    """A wildcard inside is only covered by a star outside, or by the same variable."""
    assert contains(outer, inner) is expected


def _reaches(folder: Path, statements: list[str], **choices: Any) -> tuple[set[str], tuple[str, ...]]:
    made = catalog(folder, "sagemaker:DeleteEndpoint", statements)
    closure = closure_of(made, rendered(made, persona="guarded", **choices).role)
    return {role.spec.role_name for role in closure.known}, closure.unknown


ROLE = "arn:{{ partition }}:iam::{{ account }}:role/"


@pytest.mark.parametrize("action", ["iam:PassRole", "sts:AssumeRole"])
@pytest.mark.parametrize("pattern", ["sagemaker-mlops-enginee?", "sagemaker-mlops-*", "s*-mlops-engineer"])
def test_a_pattern_reaches_every_known_role_that_it_matches(action: str, pattern: str, tmp_path: Path) -> None:
    """Wildcards in a role's name hide nobody, and remain unknown as well."""
    known, unknown = _reaches(tmp_path, [f"{{sid: A, actions: [{action}], resources: ['{ROLE}{pattern}']}}"])
    assert "sagemaker-mlops-engineer" in known
    assert f"arn:aws:iam::111122223333:role/{pattern}" in unknown


def test_acting_as_a_role_without_saying_which_is_named(tmp_path: Path) -> None:
    """A group that starts pipelines runs something as somebody."""
    statement = f"{{sid: A, actions: [sagemaker:StartPipelineExecution], resources: ['{ARN}pipeline/*']}}"
    _, unknown = _reaches(tmp_path, [statement])
    assert len(unknown) == 1
    assert unknown[0].startswith("the role behind sagemaker:StartPipelineExecution")


def test_groups_that_must_not_meet(tmp_path: Path) -> None:
    """`never_with` holds whatever the persona, unless the separation is broken with a reason."""
    with pytest.raises((InputError, Problems), match="must not be in one role"):
        rendered(persona="mlops-engineer", add=["register-models"])
    broken = rendered(persona="mlops-engineer", add=["register-models"], break_separation="a test")
    assert broken.documents.tags == {"rolemgr:break-separation": "a test"}
    assert broken.documents.description.startswith("Separation broken: a test.")


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"persona": "data-scientist", "parameter": {"models": []}}, "parameter `models` has no value"),
        ({"persona": "data-scientist", "parameter": {"models": ["b-ucket//models"]}}, "is not BUCKET/PREFIX"),
        (
            {"persona": "sagemaker-pipeline", "name": "sagemaker-compute"},
            "is the name of persona `sagemaker-compute`'s role",
        ),
    ],
)
def test_values_that_would_take_a_promise_away_are_refused(choices: dict[str, Any], message: str) -> None:
    """An empty list of what is protected, another spelling of it, another role's name."""
    with pytest.raises(InputError, match=message):
        rendered(**choices)


def test_a_persona_whose_role_would_take_another_s_name_is_refused(tmp_path: Path) -> None:
    """`compute` would be called `sagemaker-compute`, which everybody passes."""
    text = "title: T\ndescription: D\nactivity_groups: [read-logs]\n"
    (tmp_path / "personas").mkdir()
    (tmp_path / "personas/compute.yaml").write_text(text)
    with pytest.raises(InputError, match="is the name of persona `sagemaker-compute`'s role; give another --name"):
        rendered(Catalog([tmp_path]), persona="compute")


def test_replacing_an_entry_is_said(tmp_path: Path) -> None:
    """A user's entry of a built-in name wins, and the role says so."""
    (tmp_path / "activity_groups").mkdir()
    (tmp_path / "activity_groups/read-logs.yaml").write_text(
        "title: T\ndescription: D\nstatements:\n  - {sid: L, actions: [logs:DescribeLogGroups]}\n"
    )
    role = rendered(Catalog([tmp_path]), persona="data-scientist").role
    assert any("read-logs.yaml is used in place of activity_groups/read-logs.yaml" in note for note in role.notes)


MODELS = "arn:{{ partition }}:sagemaker:{{ region }}:{{ account }}:model/ok-*"
OF_MODELS = f"{{action: sagemaker:CreateEndpointConfig, except_with: {{'sagemaker:ModelArn': ['{MODELS}']}}}}"


@pytest.mark.parametrize(
    ("conditions", "broken"),
    [
        (f"{{ArnLike: {{'sagemaker:ModelArn': '{MODELS}'}}}}", True),
        (f"{{'ForAnyValue:ArnLike': {{'sagemaker:ModelArn': '{MODELS}'}}}}", True),
        (f"{{'ForAllValues:ArnLike': {{'sagemaker:ModelArn': '{MODELS}'}}, 'Null': {{'sagemaker:ModelArn': false}}}}", False),
    ],
    ids=["one right value is enough", "any", "all"],
)  # fmt: skip
def test_a_key_in_several_fields_is_held_by_all_of_its_values(conditions: str, broken: bool, tmp_path: Path) -> None:
    """An endpoint configuration has a model in each variant: a right one beside a wrong one must not pass."""
    statement = f"{{sid: A, {CONFIG}, conditions: {conditions}}}"
    assert bool(found(tmp_path, OF_MODELS, [statement])) is broken


BY_TAG = "arn:{{ partition }}:s3:::acme-${aws:PrincipalTag/Project}"
OR_ELSE = BY_TAG.replace("Project}", "Project, ''x/models''}")
SHARED = "arn:{{ partition }}:s3:::acme-shared"
ALL, MODELS = f"Allow {BY_TAG}/*", f"Deny {BY_TAG}/models/*"
SLASH: dict[str, Any] = {
    "another pattern": {"conditions": (("StringLike", (("aws:PrincipalTag/Project", ("*/",)),)),)},
    "another tag": {"conditions": (("StringLike", (("aws:PrincipalTag/Team", ("*/*",)),)),)},
    "another operator": {"conditions": (("StringLikeIfExists", (("aws:PrincipalTag/Project", ("*/*",)),)),)},
    "some buckets": {"resources": ("arn:aws:s3:::acme-a*",)},
    "a second condition": {"conditions": (("Null", (("aws:SourceIp", ("false",)),)),
                                          ("StringLike", (("aws:PrincipalTag/Project", ("*/*",)),)))},
    "another action": {"actions": ("s3:GetObject",)},
    "an Allow": {"effect": Effect.ALLOW},
}  # fmt: skip
"""What a Deny of values with a slash may not be."""


def broken_by_tag(folder: Path, statements: list[str], slash: dict[str, Any] | None) -> bool:
    """Tell whether s3:PutObject on `models/` is found, the Deny of slashes changed by *slash*, or left out for None."""
    texts = []
    for number, text in enumerate(statements):
        effect, resource = text.split(maxsplit=1)
        texts.append(f"{{sid: S{number}, effect: {effect}, actions: [s3:PutObject], resources: ['{resource}']}}")
    made = catalog(folder, f"{{action: s3:PutObject, resource: '{BY_TAG}/models/*'}}", texts)
    role = rendered(made, persona="guarded").role
    others = [one for one in role.statements if not one.sid.startswith("TagHoldsASlash")]
    deny = [replace(one, **slash) for one in role.statements if one not in others and slash is not None]
    assert len(deny) == (slash is not None and any("${" in text for text in statements if text.startswith("Allow")))
    return bool(violations(replace(role, statements=(*others, *deny)), ()))


@pytest.mark.parametrize(
    ("statements", "broken"),
    [
        ([ALL, MODELS], False),
        ([ALL], True),
        ([ALL, f"Deny {BY_TAG.replace('Project', 'Team')}/models/*"], True),
        ([ALL, f"Deny {BY_TAG}/models/a*"], True),
        ([f"Allow {BY_TAG}-x/*", MODELS], True),
        ([f"Allow {OR_ELSE}/*", MODELS, f"Deny {OR_ELSE}/models/*"], True),
        ([f"Allow {BY_TAG}/mod*", MODELS], False),
        ([f"Allow {BY_TAG}/models/a*", MODELS], False),
        ([f"Allow {BY_TAG}/work/*"], False),
        ([f"Allow {SHARED}/work/*"], False),
        ([f"Allow {SHARED}/*"], True),
        ([f"Allow {SHARED}/*", f"Deny {SHARED}/models/*"], False),
        ([f"Allow {SHARED}/*", MODELS], True),
        ([f"Allow {SHARED.replace('acme-', '')}/*"], False),
    ],
    ids=["one value", "not denied", "denied by another tag", "denied in part", "another name", "a default with a slash", "a wider prefix", "a narrower prefix",
         "elsewhere in the bucket", "elsewhere in a bucket of the form", "a bucket of the form", "a bucket of the form, denied",
         "a bucket of the form, denied by the own tag", "another bucket"],
)  # fmt: skip
def test_a_variable_has_one_value_in_a_request(statements: list[str], broken: bool, tmp_path: Path) -> None:
    """Allow and Deny speak of one bucket; what is forbidden is forbidden in any bucket of that form."""
    assert broken_by_tag(tmp_path, statements, {}) is broken


@pytest.mark.parametrize("slash", SLASH)
def test_a_slash_in_the_value_is_refused_for_certain_or_it_counts(slash: str, tmp_path: Path) -> None:
    """With `x/models` as its value the variable is past the Deny, and in the models of `acme-x`."""
    assert broken_by_tag(tmp_path, [ALL, MODELS], SLASH[slash])


def test_without_the_deny_of_slashes_nothing_is_certain(tmp_path: Path) -> None:
    """Neither what is denied behind the same variable nor what lies elsewhere in the bucket."""
    assert broken_by_tag(tmp_path, [ALL, MODELS], None)
    assert broken_by_tag(tmp_path, [f"Allow {BY_TAG}/work/*"], None)
