"""Popular wrong recipes, each found under its name."""

from pathlib import Path
from typing import Any

import pytest
from tests.check.support import findings, policy, rules

from rolemgr.check.rules import all_rules
from rolemgr.files.yaml import read_yaml

RECIPES = read_yaml(Path(__file__).with_name("recipes.yaml")).data


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe["recipe"])
def test_a_wrong_recipe_is_found_by_its_name(recipe: dict[str, Any]) -> None:
    """The rule that explains the mistake is the one that speaks up."""
    statements = recipe["statement"] if isinstance(recipe["statement"], list) else [recipe["statement"]]
    found = rules(policy(*statements), recipe.get("type", "identity"))
    assert recipe["rule"] in {all_rules()[rule].name for rule in found}


def test_tags_that_the_caller_may_delete_are_found() -> None:
    """ABAC with DeleteTags: the tag that shuts a resource off can be taken away."""
    gated = {
        "Effect": "Allow",
        "Action": "sagemaker:StopTrainingJob",
        "Resource": "arn:aws:sagemaker:eu-west-1:111122223333:training-job/*",
        "Condition": {"StringEquals": {"aws:ResourceTag/Project": "churn"}},
    }
    delete = {"Effect": "Allow", "Action": "sagemaker:DeleteTags", "Resource": "*"}
    elsewhere = {**delete, "Resource": "arn:aws:sagemaker:eu-west-1:111122223333:pipeline/*"}
    denied = {**delete, "Effect": "Deny", "Condition": {"ForAnyValue:StringEquals": {"aws:TagKeys": "Project"}}}
    assert "RM906" in rules(policy(gated, delete))
    assert "RM906" not in rules(policy(gated, elsewhere)), "tags of other resources open nothing"
    assert "RM906" not in rules(policy(gated, delete, denied))
    assert "RM906" not in rules(policy(delete)), "nothing goes by tags"


def deny(*actions: str, **condition: dict[str, Any]) -> dict[str, Any]:
    """Return a Deny of *actions* on everything under *condition*."""
    return {"Effect": "Deny", "Action": list(actions), "Resource": "*", "Condition": condition}


JOBS = ["sagemaker:CreateTrainingJob", "sagemaker:CreateHyperParameterTuningJob", "sagemaker:CreateProcessingJob", "sagemaker:CreateTransformJob"]  # fmt: skip
VPC_JOBS = JOBS[:-1]
KEY = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
NO_VOLUME_KEY = deny(*JOBS, Null={"sagemaker:VolumeKmsKey": "true", "sagemaker:VolumeKmsKeyArn": "true", "sagemaker:InstanceTypes": "true"})  # fmt: skip


@pytest.mark.parametrize(
    ("name", "statements"),
    [
        ("both names of a key", [NO_VOLUME_KEY]),
        ("a key of a value that is there", [NO_VOLUME_KEY, deny(*JOBS, Null={"sagemaker:VolumeKmsKeyArn": "false"}, ArnNotEquals={"sagemaker:VolumeKmsKeyArn": KEY})]),
        ("an exempt principal", [deny(*VPC_JOBS, Null={"sagemaker:VpcSubnets": "true"}, ArnNotLike={"aws:PrincipalArn": "arn:aws:iam::*:role/break-glass"})]),
        ("a limit that AWS's default is within", [deny(*JOBS[:2], NumericGreaterThan={"sagemaker:MaxRuntimeInSeconds": "86400"}), deny("sagemaker:CreateProcessingJob", NumericGreaterThan={"sagemaker:MaxRuntimeInSeconds": "86400"}), deny("sagemaker:CreateProcessingJob", Null={"sagemaker:MaxRuntimeInSeconds": "true"})]),
        ("approved instance types", [deny(*JOBS, **{"ForAnyValue:StringNotLike": {"sagemaker:InstanceTypes": "ml.m5.*"}}), deny(*JOBS, Null={"sagemaker:InstanceTypes": "true"})]),
        ("types of Studio apps", [deny("sagemaker:CreateApp", **{"ForAnyValue:StringNotLike": {"sagemaker:InstanceTypes": ["system", "ml.t3.medium"]}})]),
        ("root access on creation and on update", [deny("sagemaker:CreateNotebookInstance", StringNotEquals={"sagemaker:RootAccess": "Disabled"}), deny("sagemaker:UpdateNotebookInstance", StringEquals={"sagemaker:RootAccess": "Enabled"})]),
        ("a serverless ceiling", [deny("sagemaker:CreateEndpointConfig", NumericGreaterThan={"sagemaker:ServerlessMaxConcurrency": "20"})]),
        ("regions", [deny("sagemaker:*", StringNotEquals={"aws:RequestedRegion": ["eu-west-1"]})]),
        ("an offline store only", [deny("sagemaker:CreateFeatureGroup", Null={"sagemaker:FeatureGroupOfflineStoreKmsKey": "true", "sagemaker:FeatureGroupOfflineStoreKmsKeyArn": "true", "sagemaker:FeatureGroupOfflineStoreConfig": "false"})]),
        ("isolation where it is known", [deny("sagemaker:CreateModel", BoolIfExists={"sagemaker:NetworkIsolation": "false"})]),
        ("tags that stay", [deny("sagemaker:AddTags", Null={"sagemaker:TaggingAction": "true"}, StringNotEquals={"aws:ResourceTag/Project": "${aws:PrincipalTag/Project}"}, **{"ForAnyValue:StringEquals": {"aws:TagKeys": ["Project"]}}), deny("sagemaker:DeleteTags", **{"ForAnyValue:StringEquals": {"aws:TagKeys": ["Project"]}})]),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)  # fmt: skip
def test_right_recipes_have_no_finding(name: str, statements: list[dict[str, Any]]) -> None:
    """What the guardrails render is not taken for the mistake that it looks like; a recipe names few of its actions."""
    assert [one for one in findings(policy(*statements), "scp") if one.rule != "RM518"] == []
