"""Popular wrong recipes, each found under its name."""

from pathlib import Path
from typing import Any

import pytest
from tests.check.support import findings, policy, rules

from rolemgr.check.rules import RULES
from rolemgr.files.yaml import read_yaml

RECIPES = read_yaml(Path(__file__).with_name("recipes.yaml")).data


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe["recipe"])
def test_a_wrong_recipe_is_found_by_its_name(recipe: dict[str, Any]) -> None:
    """The rule that explains the mistake is the one that speaks up."""
    found = rules(policy(recipe["statement"]), recipe.get("type", "identity"))
    assert recipe["rule"] in {RULES[rule].name for rule in found}


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


def deny(action: str, **condition: dict[str, Any]) -> dict[str, Any]:
    """Return a Deny of *action* on everything under *condition*."""
    return {"Effect": "Deny", "Action": action, "Resource": "*", "Condition": condition}


@pytest.mark.parametrize(
    ("name", "statement"),
    [
        ("both names of a key", deny("sagemaker:CreateTrainingJob", Null={"sagemaker:VolumeKmsKey": "true", "sagemaker:VolumeKmsKeyArn": "true", "sagemaker:InstanceTypes": "true"})),
        ("a key of a value that is there", deny("sagemaker:CreateTrainingJob", Null={"sagemaker:VolumeKmsKeyArn": "false"}, ArnNotEquals={"sagemaker:VolumeKmsKeyArn": "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"})),
        ("an exempt principal", deny("sagemaker:CreateTrainingJob", Null={"sagemaker:VpcSubnets": "true"}, ArnNotLike={"aws:PrincipalArn": "arn:aws:iam::*:role/break-glass"})),
        ("a limit of numbers", deny("sagemaker:CreateTrainingJob", NumericGreaterThan={"sagemaker:MaxRuntimeInSeconds": "86400"})),
        ("a serverless ceiling", deny("sagemaker:CreateEndpointConfig", NumericGreaterThan={"sagemaker:ServerlessMaxConcurrency": "20"})),
        ("regions", deny("sagemaker:*", StringNotEquals={"aws:RequestedRegion": ["eu-west-1"]})),
        ("an offline store only", deny("sagemaker:CreateFeatureGroup", Null={"sagemaker:FeatureGroupOfflineStoreKmsKey": "true", "sagemaker:FeatureGroupOfflineStoreKmsKeyArn": "true", "sagemaker:FeatureGroupOfflineStoreConfig": "false"})),
        ("isolation where it is known", deny("sagemaker:CreateModel", BoolIfExists={"sagemaker:NetworkIsolation": "false"})),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)  # fmt: skip
def test_right_recipes_have_no_finding(name: str, statement: dict[str, Any]) -> None:
    """What the guardrails render is not taken for the mistake that it looks like."""
    assert findings(policy(statement), "scp") == []
