"""`rolemgr query`: what it says agrees with the reference, with the evaluator's days, and with the catalog's files."""

import json
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from tests.test_days import DAYS, day_of

from rolemgr.catalog.load import Catalog
from rolemgr.model.query import PersonaMay
from rolemgr.workflow.query_personas import Personas

if TYPE_CHECKING:
    from tests.conftest import Run, UserCatalog


def asked(run: "Run", *args: str) -> Any:
    """Return the JSON answer to a question."""
    ran = run("query", *args, "--format", "json")
    assert ran.code == 0, ran.stderr
    return json.loads(ran.stdout)


def test_an_action_with_all_that_there_is_to_say_of_it(run: "Run") -> None:
    """Access level, types, keys, guardrails, dependents, groups with their lines, personas."""
    found = asked(run, "action", "sagemaker:createtrainingjob")
    assert (found["name"], found["access_levels"]) == ("sagemaker:CreateTrainingJob", ["Write"])
    assert {"name": "training-job", "required": True} in [
        {"name": one["name"], "required": one["required"]} for one in found["types"]
    ]
    keys = {one["name"]: one for one in found["keys"]}
    assert keys["sagemaker:InstanceTypes"]["multivalued"] is True
    assert "instance-types" in keys["sagemaker:InstanceTypes"]["guardrails"]
    assert ["iam:PassRole", "always", "sagemaker.amazonaws.com"] in [list(one.values()) for one in found["dependents"]]
    assert ("run-training-jobs", "TrainingJobs") in [(one["group"], one["sid"]) for one in found["groups"]]
    line = next(one["where"] for one in found["groups"] if one["sid"] == "PlannedTraining")
    assert line == "activity_groups/run-training-jobs.yaml:16"
    may = {one["persona"]: one["may"] for one in found["personas"]}
    assert (may["data-scientist"], may["business-analyst"]) == ("yes", "no")


def test_what_bypasses_a_guardrail_is_said_of_the_action(run: "Run") -> None:
    """A limit that is not there must not be believed in."""
    found = asked(run, "action", "sagemaker:CreateAutoMLJobV2")
    assert ("instance-types", "AutoML chooses its instance types itself") in [
        (one["guardrail"], one["why"]) for one in found["bypasses"]
    ]


def test_the_judges_of_an_action_are_those_whose_denies_name_it(run: "Run") -> None:
    """`query action` and `query guardrail` say the same of each other."""
    judged = {deny["sid"]: deny["actions"] for deny in asked(run, "guardrail", "instance-types")["denies"]}
    for action in ("sagemaker:CreateTransformJob", "sagemaker:CreateEndpointConfig"):
        sids = {one["sid"] for one in asked(run, "action", action)["judged_by"] if one["guardrail"] == "instance-types"}
        assert sids == {sid for sid, actions in judged.items() if action in actions}
        assert "InstanceTypes" in sids


def test_a_key_with_its_names_its_carriers_and_who_asks_it(run: "Run") -> None:
    """A renamed key names its successor; a global one comes with any action; a tag key with those that take tags."""
    old = asked(run, "key", "sagemaker:VolumeKmsKey")
    assert (old["type"], old["successor"]) == ("ARN", "sagemaker:VolumeKmsKeyArn")
    new = asked(run, "key", "SAGEMAKER:volumekmskeyarn")
    assert (new["name"], new["old_name"]) == ("sagemaker:VolumeKmsKeyArn", "sagemaker:VolumeKmsKey")
    assert "volume-kms-key" in [judge["guardrail"] for _, judge in new["judged_by"]]
    assert asked(run, "key", "aws:SourceIp")["always"] is True
    tags = asked(run, "key", "aws:RequestTag/Project")
    assert not tags["always"]
    assert "sagemaker:AddTags" in tags["actions"]


def test_a_resource_by_its_type_and_by_its_arn(run: "Run") -> None:
    """Both ways lead to the type, with the actions that take it and the groups that allow them."""
    by_arn = asked(run, "resource", "arn:aws:sagemaker:eu-west-1:111122223333:training-job/x")
    assert by_arn == asked(run, "resource", "sagemaker:Training-Job")
    actions = {one["name"]: one for one in by_arn[0]["actions"]}
    assert "run-training-jobs" in actions["sagemaker:StopTrainingJob"]["groups"]
    assert actions["sagemaker:DeleteTrainingJob"]["groups"] == []


@pytest.mark.sampled(8)
@pytest.mark.parametrize("persona", sorted(path.stem for path in DAYS.glob("*.yaml")))
def test_who_may_agrees_with_the_days_of_the_personas(persona: str) -> None:
    """What the evaluator allows on a day is "yes" here, or is said to need a choice; a wholly denied action is not."""
    day = day_of(persona)
    if day.role.get("add") or day.role.get("remove"):
        pytest.skip("its day is that of another composition")
    for action in {request.action for call in day.calls for request in call.requests}:
        answer = _who_may(action)[day.persona]
        assert answer.may == "yes" or answer.with_choices, action


@cache
def _personas() -> Personas:
    return Personas(Catalog())


@cache
def _who_may(action: str) -> dict[str, PersonaMay]:
    return {one.persona: one for one in _personas().who_may(action)}


def test_who_names_the_resources_of_this_action_alone(run: "Run") -> None:
    """A joined statement has resources of other actions, which are not shown."""
    found = asked(run, "who", "sagemaker:CreatePresignedDomainUrl")
    held = {one["persona"]: one["statements"] for one in found["actions"][0][1]}["data-scientist"]
    resources = [resource for one in held if one["effect"] == "Allow" for resource in one["resources"]]
    assert [one.partition(":user-profile/")[2] for one in resources] == [
        "${sagemaker:DomainId}/${sagemaker:UserProfileName}"
    ]


def test_who_of_a_pattern_lists_what_no_group_has(run: "Run") -> None:
    """The page keeps to those who may; what no group has is counted."""
    found = asked(run, "who", "sagemaker:*Workforce")
    assert "sagemaker:CreateWorkforce" in found["without_group"]
    page = run("query", "who", "sagemaker:Create*Job").stdout
    assert "CreateTrainingJob" in page
    assert "business-analyst" not in page


def test_a_persona_that_needs_a_value_is_unknown_with_the_reason(run: "Run", user_catalog: "UserCatalog") -> None:
    """What can't be composed is not "no"."""
    group = (
        "title: T\ndescription: D.\nparameters: {topics: {type: arn, help: topics}}\n"
        "statements:\n  - {sid: S, actions: [sns:Publish], resources: ['{{ topics }}']}\n"
    )
    persona = "title: P\ndescription: D.\nactivity_groups: [tell]\n"
    user_catalog({"activity_groups/tell.yaml": group, "personas/teller.yaml": persona})
    found = asked(run, "who", "sns:Publish", "--catalog", "catalog")
    teller = {one["persona"]: one for one in found["actions"][0][1]}["teller"]
    assert teller["may"] == "unknown"
    assert "topics" in teller["reason"]
    assert "Not known" in run("query", "action", "sns:Publish", "--catalog", "catalog").stdout


@pytest.mark.parametrize(
    ("kind", "name", "says"),
    [
        ("action", "sagemaker:CreateTraningJob", "did you mean sagemaker:CreateTrainingJob"),
        ("action", "CreateTrainingJob", "did you mean sagemaker:CreateTrainingJob?"),
        ("who", "nosuch:*", "no action matches `nosuch:*`"),
        ("key", "sagemaker:InstnceTypes", "did you mean sagemaker:InstanceTypes"),
        ("resource", "training-job", "did you mean sagemaker:training-job?"),
        ("resource", "arn:aws:sagemaker:eu-west-1:111122223333:trainning-job/x", ":training-job/${TrainingJobName}"),
        ("guardrail", "instance", "did you mean instance-types?"),
        ("acton", "sagemaker:CreateTrainingJob", "did you mean action?"),
    ],
)
def test_a_wrong_name_ends_with_the_nearest_right_one(kind: str, name: str, says: str, run: "Run") -> None:
    """One line, exit code 2, nothing on stdout."""
    ran = run("query", kind, name)
    assert (ran.code, ran.stdout) == (2, "")
    assert len(ran.errors) == 1
    assert says in ran.errors[0]


def test_a_limit_on_every_call_judges_every_action(run: "Run") -> None:
    """Of any service, and it is said that it has to be chosen."""
    judged = {one["sid"]: one for one in asked(run, "action", "s3:GetObject")["judged_by"]}
    assert judged["CallsFromElsewhere"]["chosen"] == ["actions:all"]
    assert "SessionsFromElsewhere" not in judged
    page = run("query", "guardrail", "caller-network").stdout
    assert "Deny CallsFromElsewhere, only with actions:all" in page
    assert "every action of every service" in page
    shown = " ".join(run("show", "guardrail", "caller-network").stdout.replace("│", " ").split())
    assert "only with actions:all" in shown
    assert "no role that a service takes can have it" in shown
    assert "judges every action" in " ".join(run("query", "key", "aws:ViaAWSService").stdout.split())
