"""What an audit says that our own roles may do: all that their Allows name, whatever guardrails stand beside them."""

from typing import TYPE_CHECKING

import pytest
from tests.support import role_spec

from rolemgr.audit.nearest import Distances, actions_of
from rolemgr.audit.personas import persona_actions
from rolemgr.audit.rights import Rights
from rolemgr.catalog.load import Catalog
from rolemgr.compare.budget import Budget
from rolemgr.compose.role import compose
from rolemgr.errors import SourceLocation
from rolemgr.iam.documents import Effect, IdentityPolicy
from rolemgr.model.inventory import HeldPolicy, HeldRole
from rolemgr.render.documents import render

if TYPE_CHECKING:
    from tests.conftest import UserCatalog

CATALOG = Catalog()
ACCOUNT = "111122223333"
OF_OTHER_SERVICES = {
    "bedrock-evaluation", "bedrock-import", "pipeline-scheduler", "sagemaker-cluster-scaling",
    "sagemaker-emr-serverless", "sagemaker-image-build", "sagemaker-project-launch", "sagemaker-project-use",
}  # fmt: skip
PERSONAS = tuple(name for name in CATALOG.found("personas") if name not in OF_OTHER_SERVICES)


def policies_of(persona: str, **more: object) -> tuple[IdentityPolicy, ...]:
    """Return the policies of the role that *persona* renders to, with what *more* says."""
    documents = render(compose(CATALOG, role_spec(persona=persona, account=ACCOUNT, region="us-east-1", **more)))
    return tuple(one.document for one in (*documents.policies, *documents.managed_policies))


def named(policies: tuple[IdentityPolicy, ...]) -> set[str]:
    """Return the actions that the Allows of *policies* name."""
    return {
        action
        for document in policies
        for one in document.statement
        if one.effect is Effect.ALLOW
        for action in one.action or ()
    }


def test_personas_that_sagemaker_does_not_take_are_left_out() -> None:
    """A role of SageMaker is not told to become the role of a schedule; one that two services take stays."""
    assert tuple(persona_actions(CATALOG)) == PERSONAS
    assert {"sagemaker-model-customization", "unified-studio-user"} <= set(PERSONAS)


def test_a_write_counts_as_three_reads() -> None:
    """Two personas that a role reads as much of as of the other: what it changes tells which job it is for."""
    reads = {f"sagemaker:{name}" for name in ("DescribeEndpoint", "DescribeModel", "ListEndpoints")}
    personas = {
        "looks": frozenset({*reads, "sagemaker:ListModels"}),
        "trains": frozenset({"sagemaker:CreateTrainingJob", "sagemaker:ListTrainingJobs"}),
    }
    holder = HeldRole("role", f"arn:aws:iam::{ACCOUNT}:role/r", "r", ACCOUNT, SourceLocation("x"), ())
    found = Distances(personas).nearest(
        holder, frozenset({"sagemaker:CreateTrainingJob", "sagemaker:ListModels", "sagemaker:DescribeModel"})
    )
    assert found.persona == "trains"


@pytest.mark.sampled(10)
@pytest.mark.parametrize("persona", PERSONAS)
def test_a_persona_may_do_what_its_allows_name(persona: str) -> None:
    """A list of values, a key that must be there, variables in resource and condition: none of them takes it away."""
    assert persona_actions(CATALOG)[persona] >= named(policies_of(persona))


@pytest.mark.parametrize("persona", ["data-scientist", "ml-engineer", "sagemaker-compute"])
def test_so_it_may_under_the_guardrails_of_a_regulated_team(persona: str) -> None:
    """Keys, subnets and instance types are values that a caller can have."""
    more = {"guardrail_profile": ["isolated"], "subnet": ["subnet-0a"], "security_group": ["sg-0a"]}
    policies = policies_of(persona, **more)
    assert actions_of({"role": policies}, ACCOUNT)["role"] >= named(policies)


def test_two_denies_on_one_key_are_escaped_by_one_value() -> None:
    """Each by itself would be escaped by a value that the other one matches."""
    document = IdentityPolicy.model_validate(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Action": "sagemaker:CreateTrainingJob", "Resource": "*"},
                {
                    "Effect": "Deny", "Action": "*", "Resource": "*",
                    "Condition": {"ForAnyValue:StringNotLike": {"sagemaker:InstanceTypes": ["ml.m5.*"]}},
                },
                {
                    "Effect": "Deny", "Action": "*", "Resource": "*",
                    "Condition": {"Null": {"sagemaker:InstanceTypes": "true"}},
                },
            ],
        }
    )  # fmt: skip
    arn = f"arn:aws:iam::{ACCOUNT}:role/trainer"
    holder = HeldRole("role", arn, "trainer", ACCOUNT, SourceLocation("x"), (HeldPolicy("own", document),))
    asked = Rights(holder, "2026-11-28T00:00:00Z", Budget())
    found = asked.ask("sagemaker:CreateTrainingJob", f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:training-job/x")
    assert found.shown is not None
    assert found.shown.request.context["sagemaker:InstanceTypes"] == ("ml.m5.example",)


def test_the_answer_that_is_kept_is_that_of_the_catalog(user_catalog: "UserCatalog") -> None:
    """Of the built-in catalog it is found once, of one with a user's folder each time: what changes there counts."""
    folder = user_catalog({"separations/mine.yaml": "title: Mine\nwhy: It is mine.\nnever: [s3:GetObject]\n"})
    assert persona_actions(Catalog([folder])) == persona_actions(CATALOG) == persona_actions(Catalog())
    mine = folder / "personas" / "mine.yaml"
    mine.parent.mkdir(exist_ok=True)
    mine.write_text("title: Mine\ndescription: Mine alone.\nactivity_groups: [invoke-endpoints]\n")
    assert persona_actions(Catalog([folder])).keys() - persona_actions(CATALOG).keys() == {"mine"}
