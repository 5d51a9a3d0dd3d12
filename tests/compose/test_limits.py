"""Which guardrails a role has, with which values, and what is said of them."""

from pathlib import Path
from typing import Any

import pytest
from botocore.loaders import Loader
from tests.support import composed

from rolemgr.catalog.load import Catalog
from rolemgr.errors import InputError, RolemgrError
from rolemgr.model.role import ComposedRole, GuardrailInForce

TIGHT = """
title: Tight
description: Shorter runs than the everyday ones.
guardrails: {max-runtime: 6h, instance-types: [ml.m5.large]}
"""
TIGHTER = """
title: Tighter
description: Shorter still.
guardrails: {max-runtime: 1h}
"""
NAMED = """
title: Named values
description: A guardrail with two parameters of one form.
scope: [endpoints]
parameters:
  concurrency: {type: integer, default: [], help: calls at once}
  memory: {type: integer, default: [], help: memory in MB}
deny:
  - sid: Concurrency
    needs: [concurrency]
    actions: supported
    conditions: {NumericGreaterThan: {sagemaker:ServerlessMaxConcurrency: "{{ concurrency }}"}}
  - sid: Memory
    needs: [memory]
    actions: supported
    conditions: {NumericGreaterThan: {sagemaker:ServerlessMemorySize: "{{ memory }}"}}
"""
ONLY_TRANSFORM = """
title: Only transform
description: One action, which no run time comes with.
statements:
  - sid: Transform
    actions: sagemaker:CreateTransformJob
    resources: "arn:{{ partition }}:sagemaker:{{ region }}:{{ account }}:transform-job/*"
"""


@pytest.fixture
def own(tmp_path: Path) -> Catalog:
    """Return a catalog with two profiles and a guardrail of the user's."""
    (tmp_path / "guardrails" / "profiles").mkdir(parents=True)
    (tmp_path / "guardrails" / "profiles" / "tight.yaml").write_text(TIGHT)
    (tmp_path / "guardrails" / "profiles" / "tighter.yaml").write_text(TIGHTER)
    (tmp_path / "guardrails" / "named.yaml").write_text(NAMED)
    return Catalog([tmp_path])


def guardrails(role: ComposedRole) -> dict[str, GuardrailInForce]:
    """Return the guardrails of *role* by name."""
    return {one.name: one for one in role.guardrails}


def seconds(role: ComposedRole) -> tuple[str, ...]:
    """Return the value of *role*'s guardrail on run times."""
    return guardrails(role)["max-runtime"].values["seconds"]


def refusal(catalog: Catalog | None = None, **choices: Any) -> str:
    """Return why the role that *choices* describe is refused."""
    with pytest.raises(RolemgrError) as raised:
        composed(catalog, **choices)
    return str(raised.value)


def test_a_persona_that_starts_compute_has_the_cost_profile() -> None:
    """Without a word from the user, jobs run on everyday types and for a day."""
    role = composed(persona="data-scientist")
    assert list(guardrails(role)) == ["instance-types", "max-runtime", "studio-instance-types"]
    assert seconds(role) == ("86400",)
    assert {one.by for one in role.guardrails} == {"profile cost"}


@pytest.mark.parametrize("persona", ["sagemaker-compute", "sagemaker-feature-store"])
def test_a_persona_that_starts_nothing_has_no_guardrail(persona: str) -> None:
    """Compute is started by whoever passes the role."""
    assert composed(persona=persona).guardrails == ()


def test_the_default_can_be_taken_away_and_that_is_said() -> None:
    """No role loses its limits in silence."""
    role = composed(persona="data-scientist", no_default_guardrails=True)
    assert role.guardrails == ()
    assert "no default guardrails: profile cost of persona data-scientist is left out" in role.notes


def test_later_choices_win_by_name(own: Catalog) -> None:
    """Default profile, chosen profile, guardrail by hand: in this order, one guardrail at a time."""
    chosen = {"persona": "data-scientist", "guardrail_profile": ["tight"]}
    assert seconds(composed(own, **chosen)) == ("21600",)
    role = composed(own, **chosen, guardrail={"max-runtime": "2h"})
    assert seconds(role) == ("7200",)
    assert guardrails(role)["instance-types"].values == {"types": ("ml.m5.large",)}
    assert "studio-instance-types" in guardrails(role)


def test_profiles_that_contradict_each_other_are_refused(own: Catalog) -> None:
    """Two values for one limit: nobody knows which was meant."""
    assert refusal(own, persona="data-scientist", guardrail_profile=["tight", "tighter"]) == (
        "test: profile tight and profile tighter give guardrail `max-runtime` different values; "
        "choose with --guardrail max-runtime=VALUE, and one profile"
    )


def test_values_are_assigned_by_parameter_name(own: Catalog) -> None:
    """`parameter:value` where the form of the value does not say it, and a mapping in a role file."""
    values = {"concurrency": ("20",), "memory": ("3072",)}
    for given in (["concurrency:20", "memory:3072"], {"concurrency": 20, "memory": 3072}):
        role = composed(own, persona="ml-engineer", guardrail={"named": given})
        assert guardrails(role)["named"].values == values
    only = composed(own, persona="ml-engineer", guardrail={"named": "memory:3072"})
    assert [one.sid for one in only.statements if "Memory" in one.sid or "Concurrency" in one.sid] == ["Memory"]


@pytest.mark.parametrize(
    ("guardrail", "says"),
    [
        ({"named": "20"}, "guardrail `named`: `20` does not say what it is a value of; write concurrency:VALUE or memory:VALUE"),
        ({"named": "memory:much"}, "guardrail `named`, memory: `much` is not a whole number"),
        ({"max-runtime": ["1h", "2h"]}, "guardrail `max-runtime` takes one value for seconds"),
        ({"max-runtime": "soon"}, "guardrail `max-runtime`: `soon` is not a duration such as 90m, 24h, 5d or seconds"),
        ({"max-runtime": None}, "guardrail `max-runtime` (--guardrail) needs seconds: the longest run, such as 24h; 28 days at most; give --guardrail max-runtime=VALUE"),
        ({"max-runtim": "1h"}, "unknown guardrail `max-runtim`; did you mean max-runtime?"),
        ({"max-runtime": False}, "`false` does not take a guardrail away: leave it out, or its profile"),
        ({"instance-types": []}, "guardrail `instance-types` (--guardrail) needs types: instance types, * and ? as wildcards; give --guardrail instance-types=VALUE"),
        ({"caller-network": None}, "guardrail `caller-network` (--guardrail) needs one of ip_ranges, networks, endpoints; give --guardrail caller-network=VALUE"),
        ({"office-hours": None}, "`office-hours` can't be a guardrail: IAM compares dates and times that are absolute (aws:CurrentTime), and has no time of day; --expires TIME ends a role; a schedule that attaches a Deny in the evening and takes it off in the morning, or sessions that end with the working day (--max-session), do the rest"),
        ({"cluster-scripts": None}, "`cluster-scripts` can't be a guardrail: IAM has no condition key for where a cluster's life-cycle scripts lie; --parameter cluster_scripts=BUCKET of hyperpod-admin and sagemaker-clusters: nodes read scripts of that bucket alone, and whoever else may write it is the bucket's policy to say"),
        ({"spot-only": None}, "`spot-only` can't be a guardrail: IAM has no condition key for managed spot training; `rolemgr detective on-demand-jobs` renders the control that finds on-demand jobs"),
    ],
)  # fmt: skip
def test_bad_values_are_told_in_one_line(own: Catalog, guardrail: dict[str, Any], says: str) -> None:
    """A guardrail that is not understood is refused: nobody believes in a limit that is not there."""
    assert refusal(own, persona="ml-engineer", guardrail=guardrail) == f"test: {says}"


RANGES = [
    ("serverless-limits", "concurrency", "ServerlessMaxConcurrency"),
    ("keep-alive", "seconds", "KeepAlivePeriodInSeconds"),
]


@pytest.mark.parametrize(("name", "parameter", "shape"), RANGES)
def test_ranges_are_those_of_the_api(name: str, parameter: str, shape: str) -> None:
    """A guardrail takes no limit that no request could reach."""
    declared = Catalog().guardrail(name).value.parameters[parameter]
    known = Loader().load_service_model("sagemaker", "service-2")["shapes"][shape]
    assert (declared.at_least or 0, declared.at_most) == (known["min"], known["max"])


def test_the_memory_of_serverless_endpoints_is_one_of_the_api_s() -> None:
    """It goes by whole GB, between the least and the most of the API."""
    declared = Catalog().guardrail("serverless-limits").value.parameters["memory"]
    known = Loader().load_service_model("sagemaker", "service-2")["shapes"]["ServerlessMemorySizeInMB"]
    assert list(map(int, declared.one_of)) == list(range(known["min"], known["max"] + 1, 1024))


@pytest.mark.parametrize(
    ("guardrail", "says"),
    [
        ({"serverless-limits": "concurrency:0"}, "guardrail `serverless-limits`, concurrency: `0` is less than 1, the least that AWS takes"),
        ({"serverless-limits": "concurrency:201"}, "guardrail `serverless-limits`, concurrency: `201` is more than 200, the most that AWS takes"),
        ({"serverless-limits": {"memory": 1000}}, "guardrail `serverless-limits`, memory: `1000` is none of 1024, 2048, 3072, 4096, 5120, 6144"),
        ({"keep-alive": "7h"}, "guardrail `keep-alive`: `7h` is more than 21,600 seconds, the most that AWS takes"),
        ({"max-runtime": "29d"}, "guardrail `max-runtime`: `29d` is more than 2,419,200 seconds, the most that AWS takes"),
    ],
)  # fmt: skip
def test_a_value_outside_of_what_aws_takes_is_refused(guardrail: dict[str, Any], says: str) -> None:
    """A ceiling above the API's own is none, and one of nothing is a mistake."""
    assert refusal(Catalog(), persona="ml-engineer", guardrail=guardrail) == f"test: {says}"
    assert composed(persona="ml-engineer", guardrail={"keep-alive": "2h", "max-runtime": "28d"})


def test_a_short_form_is_told_once_for_all_guardrails_that_take_it() -> None:
    """A wrong value where it stands, once; one that is missing by the guardrails that need it."""
    lines = refusal(Catalog(), persona="business-analyst", guardrail_profile=["isolated"], subnet=["x"]).splitlines()
    assert lines == ["test: `x` is not a subnet id such as subnet-0a1b2c3d"]
    missing = refusal(Catalog(), persona="ml-engineer", guardrail_profile=["regulated"]).splitlines()
    assert missing == [
        "test: guardrails `cluster-vpc`, `notebook-vpc`, `studio-vpc`, `vpc` (profile regulated) need a value; give --subnet, or --guardrail NAME=VALUE for each",
        "test: guardrails `domain-kms-key`, `volume-kms-key` (profile regulated) need a value; give --volume-key, or --guardrail NAME=VALUE for each",
        "test: guardrails `domain-sharing-key`, `feature-group-keys`, `output-kms-key` (profile regulated) need a value; give --data-key, or --guardrail NAME=VALUE for each",
    ]  # fmt: skip


def test_a_guardrail_without_effect_is_a_note() -> None:
    """A limit on jobs says nothing in a role that starts none."""
    role = composed(persona="sagemaker-compute", guardrail={"max-runtime": "1h"})
    assert "test: guardrail max-runtime finds nothing to act on in this role" in role.notes
    assert not [one for one in role.statements if one.sid.startswith("MaxRuntime")]


def test_what_gets_round_a_guardrail_is_said_and_denied_when_strict() -> None:
    """A transform job carries no run time: a note, or no transform jobs."""
    chosen: dict[str, Any] = {"persona": "ml-engineer", "guardrail": {"max-runtime": "12h"}}
    said = "guardrail max-runtime can't narrow sagemaker:CreateModelPackage, sagemaker:CreateTransformJob; --strict denies them"
    assert said in composed(**chosen).notes
    strict = composed(**chosen, strict=True, no_default_guardrails=True)
    (deny,) = [one for one in strict.statements if one.sid == "SageMakerByPassesDeny"]
    denied = ("sagemaker:CreateModelPackage", "sagemaker:CreateTransformJob")
    assert (deny.effect, deny.actions, deny.conditions) == ("Deny", denied, ())
    assert [origin.kind for origin in deny.origins] == ["guardrail"]


def test_strict_refuses_to_empty_a_group(tmp_path: Path) -> None:
    """An activity group of which nothing would be left is for the user to leave out."""
    (tmp_path / "activity_groups").mkdir()
    (tmp_path / "activity_groups" / "only-transform.yaml").write_text(ONLY_TRANSFORM)
    chosen: dict[str, Any] = {"persona": "ml-engineer", "add": ["only-transform"], "guardrail": {"max-runtime": "12h"}}
    assert refusal(Catalog([tmp_path]), **chosen, strict=True) == (
        "test: --strict would deny all of `only-transform`: guardrail max-runtime can't narrow it; "
        "leave the group out with --remove only-transform, or --strict"
    )


def test_order_of_choices_does_not_matter(own: Catalog) -> None:
    """The same choices in another order give the same role."""
    one = composed(
        own, persona="ml-engineer", guardrail={"max-runtime": "2h", "named": ["memory:1024", "concurrency:5"]}
    )
    two = composed(
        own, persona="ml-engineer", guardrail={"named": ["concurrency:5", "memory:1024"], "max-runtime": "2h"}
    )
    assert one.statements == two.statements


def test_an_attached_policy_widens_what_guardrails_judge() -> None:
    """What an attached policy may allow is judged too: a Deny of the role holds for it."""
    chosen: dict[str, Any] = {"persona": "business-analyst", "guardrail": {"max-runtime": "1h"}}
    assert guardrails(composed(**chosen))["max-runtime"].actions == ()
    attached = composed(**chosen, managed_policy=["arn:aws:iam::111122223333:policy/more"])
    assert "sagemaker:CreateTrainingJob" in guardrails(attached)["max-runtime"].actions


def test_a_wrong_guardrail_of_the_user_is_told_with_its_line(tmp_path: Path) -> None:
    """A Deny that would block for ever is refused where it is written."""
    (tmp_path / "guardrails").mkdir()
    text = NAMED.replace(
        "conditions: {NumericGreaterThan: {sagemaker:ServerlessMemorySize",
        'conditions: {"Null": {sagemaker:ServerlessMemorySize',
    )
    (tmp_path / "guardrails" / "named.yaml").write_text(text.replace("{{ memory }}", "true"))
    with pytest.raises(
        InputError, match=r"named\.yaml:1[0-9]: it also matches where `sagemaker:ServerlessMemorySize` is absent"
    ):
        composed(Catalog([tmp_path]), persona="ml-engineer", guardrail={"named": "memory:1"})


def test_a_replaced_limit_is_said(tmp_path: Path) -> None:
    """A catalog may put its own profile in place of ours, and not in silence."""
    (tmp_path / "guardrails" / "profiles").mkdir(parents=True)
    own = tmp_path / "guardrails" / "profiles" / "cost.yaml"
    own.write_text(TIGHTER)
    role = composed(Catalog([tmp_path]), persona="data-scientist")
    assert f"{own} is used in place of guardrails/profiles/cost.yaml" in role.notes


def test_a_key_that_is_demanded_and_not_granted_is_said() -> None:
    """The guardrail alone makes jobs name a key that their role may not use."""
    key = "arn:aws:kms:eu-west-1:111122223333:key/1"
    notes = composed(persona="data-scientist", guardrail={"volume-kms-key": key}).notes
    assert (
        f"guardrail volume-kms-key demands {key} (keys), which the role may not use itself;"
        " --volume-key and --data-key grant that"
    ) in notes
    assert f"guardrail volume-kms-key: {key} is a key of another region than us-east-1" in notes
    granted = composed(persona="data-scientist", volume_key=[key], region="eu-west-1").notes
    assert not [note for note in granted if "may not use" in note or "another region" in note]


def test_a_known_attached_policy_widens_what_is_judged_by_its_own_actions() -> None:
    """A policy that only reads adds nothing to judge."""
    chosen: dict[str, Any] = {"persona": "business-analyst", "guardrail": {"max-runtime": "1h"}}
    reading = composed(**chosen, managed_policy=["arn:aws:iam::aws:policy/AmazonSageMakerReadOnly"])
    assert guardrails(reading)["max-runtime"].actions == ()
    whole = composed(**chosen, managed_policy=["arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"])
    assert "sagemaker:CreateTrainingJob" in guardrails(whole)["max-runtime"].actions
