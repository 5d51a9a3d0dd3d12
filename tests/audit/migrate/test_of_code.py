"""Roles for code: the personas that a person would take, no groups of other services, and values that calls name."""

import pytest

from rolemgr.audit.migrate.migration import Migration, NewRoleOptions
from rolemgr.audit.migrate.of_code import code_roles
from rolemgr.catalog.load import Catalog
from rolemgr.code.reader import read_calls
from rolemgr.code.requests import CodePlace, requests_of
from rolemgr.code.sources import read_code

ACCOUNT = "111122223333"
TRAIN = f"""sagemaker").create_training_job(TrainingJobName="churn-1", RoleArn="arn:aws:iam::{ACCOUNT}:role/job",
    OutputDataConfig={{"S3OutputPath": "s3://acme-work/out"}})"""
QUERY = 'athena").start_query_execution(QueryString="x", ResultConfiguration={"OutputLocation": "s3://acme/results/"})'


def made(call: str) -> dict[str, Migration]:
    """Return the roles that a *call* of boto3 needs, by whose they are."""
    found = read_calls(read_code(f'import boto3\nboto3.client("{call}\n', "run.py"))
    requests = [each for one in found.calls for each in requests_of(one, CodePlace("us-east-1", ACCOUNT))]
    roles = code_roles(Catalog([]), requests, NewRoleOptions(), ACCOUNT)
    return {one.key.by: one.migration for one in roles if one.migration}


@pytest.mark.parametrize(
    "call", ['sagemaker").list_training_jobs()', 's3").get_object(Bucket="acme", Key="x.csv")', QUERY]
)
def test_who_runs_code_is_a_person(call: str) -> None:
    """Personas of AWS's own work, or of portals, are nobody's for a call that people's have too."""
    best = made(call)["caller"].plan.best
    assert not best.persona.id.startswith(("sagemaker-", "bedrock-", "unified-", "pipeline-"))
    assert best.add == ()


def test_a_job_needs_no_groups_of_other_services() -> None:
    """One that trains and writes: groups of the compute persona alone."""
    best = made(TRAIN)["job"].plan.best
    assert (best.persona.id, best.add) == ("sagemaker-compute", ())


def test_the_results_of_a_query_are_a_parameter() -> None:
    """Where the call says to write, the role may write."""
    plan = made(QUERY)["caller"].plan
    assert plan.inference.found["query_results"].values == ("acme/results",)
    assert plan.best.data["parameter"]["query_results"] == ["acme/results"]
