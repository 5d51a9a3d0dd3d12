"""Images and projects, by groups that no persona has: what they let somebody build or open, and what not."""

from functools import cache
from typing import Any

import pytest
from tests.support import rendered

from rolemgr.evaluate.decision import evaluate
from rolemgr.evaluate.policies import Policies
from rolemgr.evaluate.request import Request, context_of

P, A = "arn:aws:", "us-east-1:111122223333"
PROJECT = f"{P}codebuild:{A}:project/sagemaker-studio-d-abc-jan-AbCd"
REPOSITORY = f"{P}ecr:{A}:repository/sagemaker-studio-d-abc"
PROJECT_OF_ML = f"{P}sagemaker:{A}:project/churn"
PRODUCT = f"{P}catalog:{A}:product/prod-0a1b2c"
BUILDER = f"{P}iam::111122223333:role/sagemaker-image-build"


@cache
def policies(*groups: str) -> Policies:
    """Return what an ML engineer may with *groups* on top."""
    return rendered(persona="ml-engineer", add=list(groups)).policies()


def allowed(group: str, action: str, resource: str, **context: Any) -> bool:
    """Tell whether AWS would allow the request to an ML engineer with *group*."""
    keys = {key.replace("__", ":"): value for key, value in context.items()}
    made = context_of({"aws:PrincipalAccount": "111122223333", **keys})
    principal = f"{P}sts::111122223333:assumed-role/sagemaker-ml-engineer/jan"
    return evaluate(Request(action, resource, made, principal), policies(group)).decision == "Allowed"


@pytest.mark.parametrize(
    ("action", "resource", "context"),
    [
        ("codebuild:CreateProject", PROJECT, {}),
        ("iam:PassRole", BUILDER, {"iam__PassedToService": "codebuild.amazonaws.com"}),
        ("ecr:CreateRepository", REPOSITORY, {}),
        ("codebuild:StartBuild", PROJECT, {}),
        ("codebuild:BatchGetBuilds", PROJECT, {}),
        ("logs:GetLogEvents", f"{P}logs:{A}:log-group:/aws/codebuild/sagemaker-studio-d-abc-jan-AbCd:log-stream:0a1b", {}),
        ("ecr:DescribeRepositories", REPOSITORY, {}),
        ("codebuild:DeleteProject", PROJECT, {}),
    ],
)  # fmt: skip
def test_sm_docker_builds(action: str, resource: str, context: dict[str, Any]) -> None:
    """The calls of the CLI, in its order."""
    assert allowed("build-images", action, resource, **context)


@pytest.mark.parametrize(
    ("group", "action", "resource", "context"),
    [
        ("build-images", "codebuild:StartBuild", f"{P}codebuild:{A}:project/payments", {}),
        ("build-images", "codebuild:UpdateProject", PROJECT, {}),
        ("build-images", "iam:PassRole", f"{P}iam::111122223333:role/admin", {"iam__PassedToService": "codebuild.amazonaws.com"}),
        ("build-images", "iam:PassRole", BUILDER, {"iam__PassedToService": "sagemaker.amazonaws.com"}),
        ("build-images", "ecr:PutImage", REPOSITORY, {}),
        ("build-images", "ecr:CreateRepository", f"{P}ecr:{A}:repository/churn-inference", {}),
        ("push-images", "ecr:PutImage", f"{P}ecr:{A}:repository/churn-inference", {}),
        ("push-images", "ecr:BatchDeleteImage", REPOSITORY, {}),
        ("push-images", "ecr:SetRepositoryPolicy", REPOSITORY, {}),
    ],
)  # fmt: skip
def test_nothing_of_others_is_built_or_pushed(group: str, action: str, resource: str, context: dict[str, Any]) -> None:
    """No other project, role or repository; who builds pushes by the build alone."""
    assert not allowed(group, action, resource, **context)


def test_images_are_pushed_where_it_is_named() -> None:
    """From local docker, too."""
    assert allowed("push-images", "ecr:PutImage", REPOSITORY)
    assert allowed("push-images", "ecr:GetAuthorizationToken", "*")


@pytest.mark.parametrize(
    ("action", "resource", "context", "expected"),
    [
        ("servicecatalog:SearchProducts", "*", {}, True),
        ("sagemaker:CreateProject", PROJECT_OF_ML, {}, True),
        ("sagemaker:AddTags", PROJECT_OF_ML, {"sagemaker__TaggingAction": "CreateProject"}, True),
        ("servicecatalog:ProvisionProduct", PRODUCT, {}, True),
        ("servicecatalog:UpdateProvisionedProduct", "*", {"servicecatalog__userLevel": "self"}, True),
        ("servicecatalog:TerminateProvisionedProduct", "*", {}, False),
        ("servicecatalog:ProvisionProduct", f"{P}catalog:us-east-1:999988887777:product/prod-0a1b2c", {}, False),
        ("sagemaker:EnableSagemakerServicecatalogPortfolio", "*", {}, False),
        ("cloudformation:CreateStack", f"{P}cloudformation:{A}:stack/SC-111122223333-pp-abc/0a1b", {}, False),
        ("codebuild:CreateProject", f"{P}codebuild:{A}:project/sagemaker-churn", {}, False),
        ("iam:PassRole", f"{P}iam::111122223333:role/sagemaker-project-use", {"iam__PassedToService": "codebuild.amazonaws.com"}, False),
    ],
)  # fmt: skip
def test_a_project_is_opened_with_the_launch_roles_rights(
    action: str, resource: str, context: dict[str, Any], *, expected: bool
) -> None:
    """The caller makes none of its resources, and touches nobody else's launch."""
    assert allowed("create-projects", action, resource, **context) is expected
