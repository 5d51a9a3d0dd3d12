"""An exemption that ends: until then as if exempt for good, from then on as if never exempt, for nobody else any change."""

import json
from typing import Any

import pytest
from tests.conftest import Run
from tests.layers.layers_support import CATALOG, decided, documents_of

from rolemgr.errors import InputError, SourceLocation
from rolemgr.iam.documents import IdentityPolicy
from rolemgr.layers.compose import LayerChoice, compose_layer
from rolemgr.layers.ends import with_ends
from rolemgr.layers.exemptions import Exemptions, exemptions
from rolemgr.layers.statements import frozen, with_exempt
from rolemgr.layers.values import GivenValue
from rolemgr.model.layer import LayerDeny, LayerPart
from rolemgr.model.layer_pattern import LayerKind
from rolemgr.model.role import Origin

END = "2026-12-24T18:00:00Z"
BEFORE, AFTER = "2026-12-24T17:59:59Z", "2026-12-24T18:00:01Z"
ELEVATED = "arn:aws:iam::111122223333:role/elevated"
BREAK_GLASS = "arn:aws:iam::111122223333:role/platform/break-glass"
ADMIN = "arn:aws:iam::111122223333:role/Admin"
WAYS = {
    "type": ("sagemaker:CreateTrainingJob", {"sagemaker:InstanceTypes": ["ml.p5.48xlarge"]}),
    "absent": ("sagemaker:CreateTrainingJob", {}),
    "key": ("kms:ScheduleKeyDeletion", {}),
}


def scps(ending: Exemptions) -> list[Any]:
    """Return ceilings of instance types and the protection of keys as SCPs."""
    values = {"types": GivenValue(("ml.m5.*",), SourceLocation("test"))}
    choice = LayerChoice(LayerKind.SCP, ("instance-ceilings", "kms-key-protection"), given=values, exemptions=ending)
    return [one.document for one in documents_of(compose_layer(CATALOG, choice)).policies]


ENDING = scps(exemptions(LayerKind.SCP, [BREAK_GLASS], [], {ELEVATED: END}))
FOR_GOOD = scps(exemptions(LayerKind.SCP, [BREAK_GLASS, ELEVATED], []))
NEVER = scps(exemptions(LayerKind.SCP, [BREAK_GLASS], []))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("principal", [ELEVATED, BREAK_GLASS, ADMIN])
@pytest.mark.parametrize("moment", [BEFORE, END, AFTER])
def test_a_role_is_let_go_until_the_moment_and_bound_from_it_on(way: str, principal: str, moment: str) -> None:
    """Second by second the decision is that of the SCPs with, or without, the exemption."""
    action, context = WAYS[way]
    resource = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab" if way == "key" else "*"
    asked: dict[str, Any] = {"principal": principal, "action": action, "resource": resource}
    asked["context"] = {**context, "aws:CurrentTime": moment}
    same = FOR_GOOD if moment == BEFORE else NEVER
    assert decided(asked, scps=ENDING) == decided(asked, scps=same)
    assert (decided(asked, scps=ENDING) == "Allowed") is (
        principal == BREAK_GLASS or (principal == ELEVATED and moment == BEFORE)
    )


@pytest.mark.parametrize("exempt", [BREAK_GLASS, ELEVATED])
def test_who_is_let_go_for_a_while_never_changes_an_exempt_role(exempt: str) -> None:
    """Not another one, and not itself: it would stay."""
    asked: dict[str, Any] = {"principal": ELEVATED, "action": "iam:UpdateAssumeRolePolicy", "resource": exempt}
    asked["context"] = {"aws:CurrentTime": BEFORE}
    assert decided(asked, scps=ENDING) == "ExplicitlyDenied"
    assert decided({**asked, "principal": BREAK_GLASS}, scps=ENDING) == "Allowed"


def test_each_second_deny_is_needed() -> None:
    """Without it a request of the elevated role is allowed after the end."""
    found = [one for policy in ENDING for one in policy.to_json_value()["Statement"]]
    again = [one for one in found if one["Sid"].endswith("Again")]
    assert len(again) == sum("ArnNotLike" in one.get("Condition", {}) for one in found) - len(again) - 2
    assert all(one["Condition"]["ArnLike"] == {"aws:PrincipalArn": ELEVATED} for one in again)
    kept = [one for one in found if not one["Sid"].endswith("Again")]
    mutant = [IdentityPolicy.model_validate({"Version": "2012-10-17", "Statement": kept})]
    asked = {"principal": ELEVATED, "action": "sagemaker:CreateTrainingJob", "context": {"aws:CurrentTime": AFTER}}
    assert (decided(asked, scps=ENDING), decided(asked, scps=mutant)) == ("ExplicitlyDenied", "Allowed")


def deny(**conditions: dict[str, tuple[str, ...]]) -> LayerDeny:
    """Return a Deny with *conditions* that a role is exempt from."""
    origin = Origin(SourceLocation("scps/own.yaml", 7), "own", "Own", ("s3:GetObject",), "pattern")
    one = LayerDeny("Own", ("s3:GetObject",), (), ("*",), (), frozen(conditions), origin)
    return with_exempt(one, (ELEVATED,))


def test_a_deny_of_some_callers_keeps_them() -> None:
    """Two lists under one operator would be alternatives, so the second goes under the operator that compares alike."""
    part = LayerPart("own", "Own", (deny(ArnLike={"aws:PrincipalArn": ("arn:*:iam::*:role/e*",)}),))
    [_, again] = with_ends(part, exemptions(LayerKind.SCP, [], [], {ELEVATED: END})).denies
    assert again.condition["ArnLike"] == {"aws:PrincipalArn": ("arn:*:iam::*:role/e*",)}
    assert again.condition["ArnEquals"] == {"aws:PrincipalArn": (ELEVATED,)}


def test_a_deny_of_other_callers_has_no_second() -> None:
    """No request comes from two roles: a Deny that asks for both would deny nothing, and take room."""
    part = LayerPart("own", "Own", (deny(ArnLike={"aws:PrincipalArn": ("arn:*:iam::*:role/ml-*",)}),))
    assert len(with_ends(part, exemptions(LayerKind.SCP, [], [], {ELEVATED: END})).denies) == 1


def test_a_deny_that_has_an_end_already_is_refused() -> None:
    """With its line: a second moment under one operator would be an alternative."""
    part = LayerPart("own", "Own", (deny(DateGreaterThanEquals={"aws:CurrentTime": ("2027-01-01T00:00:00Z",)}),))
    with pytest.raises(InputError, match=r"scps/own.yaml:7: `Own` has conditions on its caller or the time already"):
        with_ends(part, exemptions(LayerKind.SCP, [], [], {ELEVATED: END}))


ASKED = ("scp", "instance-ceilings", "--parameter", "types=ml.m5.*", "--exempt", "arn:aws:iam::*:role/platform/*")


def test_the_option_says_when_it_ends(run: Run) -> None:
    """In UTC, whatever time zone it was given in; what nobody may change any more is said too."""
    done = run(*ASKED, "--exempt-until", f"{ELEVATED}=2026-12-24T19:00+01:00")
    assert f"exempt {ELEVATED} until {END}: from then on the Denies whose Sid ends in Again bind it" in done.notes
    assert END in json.dumps(json.loads(done.stdout))
    assert "protect-exempt: nobody is exempt of it, by its meaning" not in done.notes
    alone = run(*ASKED[:4], "--exempt-until", f"{ELEVATED}={END}")
    assert any(note.startswith("nobody is exempt for good") for note in alone.notes)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (ELEVATED, "is not of the form ARN=TIME"),
        (f"{ELEVATED}=tomorrow", "`tomorrow` is not a point in time"),
        (f"{ELEVATED}=2026-12-24T18:00", "has no time zone"),
        (f"arn:aws:iam::*:role/platform/x={END}", "is exempt for good by `arn:aws:iam::*:role/platform/*`"),
        (f"arn:aws:iam::*:role/*={END}", "exempts nearly every role"),
        (f"role/x={END}", "is not a role's ARN"),
    ],
)
def test_a_wrong_end_is_one_line(text: str, said: str, run: Run) -> None:
    """And nothing is rendered."""
    done = run(*ASKED, "--exempt-until", text)
    assert (done.code, done.stdout, len(done.errors)) == (2, "", 1)
    assert done.errors[0].startswith("--exempt-until: ")
    assert said in done.errors[0]
