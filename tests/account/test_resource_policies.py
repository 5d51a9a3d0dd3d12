"""The policies of resources: read, planned beside what others put in them, put, and read back."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.session import Session
from tests.servers import ACCOUNT

from rolemgr.account.connect import Access
from rolemgr.account.document_drift import document_drift
from rolemgr.account.organization import attached_policies, check_organization
from rolemgr.account.resource_execute import carry_out_policy
from rolemgr.account.resource_plan import ResourcePlan, plan_resource_policy
from rolemgr.account.resource_policies import (
    PolicyTarget,
    ResourcePolicyThere,
    apis,
    put_resource_policy,
    read_resource_policy,
)
from rolemgr.errors import AwsError, Refused
from rolemgr.iam.documents import ResourcePolicy

Json = dict[str, Any]
GROUP = PolicyTarget("model-group", f"arn:aws:sagemaker:eu-west-1:{ACCOUNT}:model-package-group/churn", "eu-west-1")
BUCKET = PolicyTarget("bucket", "arn:aws:s3:::acme", "eu-west-1")
KEY = PolicyTarget("key", f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab", "eu-west-1")
ROLE = "arn:aws:iam::222222222222:role/training"
READ: Json = {"Sid": "Read", "Effect": "Allow", "Principal": {"AWS": ROLE}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme/*"}  # fmt: skip
TLS: Json = {"Sid": "Tls", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}  # fmt: skip
LOGS: Json = {"Sid": "Logs", "Effect": "Allow", "Principal": {"Service": "logging.s3.amazonaws.com"}, "Action": "s3:PutObject", "Resource": "arn:aws:s3:::acme/logs/*"}  # fmt: skip
OWN: Json = {
    "Effect": "Allow",
    "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
    "Action": "kms:*",
    "Resource": "*",
}
WANTED: tuple[Json, ...] = (READ, TLS)


def policy(*statements: Json, version: str = "2012-10-17") -> ResourcePolicy:
    """Return the policy with *statements*."""
    return ResourcePolicy.model_validate({"Version": version, "Statement": list(statements)})


def there(*statements: Json, version: str = "2012-10-17") -> ResourcePolicyThere:
    """Return that the account has the policy with *statements*."""
    found = policy(*statements, version=version)
    return ResourcePolicyThere(found, found.to_json())


def planned(found: ResourcePolicyThere, *, update: bool = False, prune: bool = False) -> ResourcePlan:
    """Return the plan for the bucket."""
    return plan_resource_policy(BUCKET, policy(*WANTED), found, update=update, prune=prune)


# --- plan


def test_a_resource_without_policy_gets_one_and_a_missing_one_is_refused() -> None:
    """Nothing is made that a policy could be of."""
    made = planned(ResourcePolicyThere())
    assert (made.action, made.steps) == ("create", ("add statement `Read`", "add statement `Tls`"))
    missing = planned(ResourcePolicyThere(missing=True))
    assert (missing.action, str(missing.problem)) == (
        "refuse", "the bucket acme does not exist; make it first, or leave it out",
    )  # fmt: skip


def test_the_same_statements_in_other_words_are_nothing_to_do() -> None:
    """Order, Sids, one value or a list of one; what others put there is named and stays."""
    renamed = {**READ, "Sid": "Other", "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::acme/*"]}
    assert planned(there(TLS, renamed)).action == "unchanged"
    kept = planned(there(*WANTED, LOGS))
    assert (kept.action, kept.notes) == (
        "unchanged", ("statement `Logs` is not in the file, and stays; --prune takes it away",),
    )  # fmt: skip


def test_what_was_changed_is_replaced_with_update_alone() -> None:
    """By its Sid; the statement of somebody else is behind no question, because it stays."""
    wider = {**READ, "Principal": "*"}
    refused = planned(there(wider, TLS, LOGS))
    assert isinstance(refused.problem, Refused)
    assert str(refused.problem) == (
        "the bucket policy of acme differs: replace statement `Read`; `rolemgr apply --update` changes it"
    )
    made = planned(there(wider, TLS, LOGS), update=True)
    assert (made.action, made.steps, made.taken) == ("update", ("replace statement `Read`",), ())
    assert [one.sid for one in made.document.statement] == ["Logs", "Read", "Tls"]
    assert made.document.statement[1] == policy(READ).statement[0]


def test_what_others_put_there_goes_with_prune_after_it_was_named() -> None:
    """Also where it is all that there is to do, and where it has no Sid."""
    nameless = {key: value for key, value in LOGS.items() if key != "Sid"}
    made = planned(there(*WANTED, LOGS, nameless), update=True, prune=True)
    assert made.taken == ("statement `Logs`", "a statement without Sid (Allow s3:PutObject)")
    assert made.document == policy(*WANTED)
    assert len(made.steps) == 2


def test_the_policy_that_aws_gives_a_new_key_is_nobody_s() -> None:
    """Statements are added to it without --update; to one that was changed they are not."""
    wanted = policy({**OWN, "Sid": "OwnAccount"}, {**READ, "Action": "kms:Decrypt", "Resource": "*"})
    made = plan_resource_policy(KEY, wanted, there(OWN), update=False, prune=False)
    assert (made.action, made.steps) == ("create", ("add statement `Read`",))
    other = plan_resource_policy(KEY, wanted, there(OWN, LOGS), update=False, prune=False)
    assert other.action == "refuse"


def test_what_is_there_already_keeps_its_sid_and_the_policy_its_id() -> None:
    """A template that made the key names them; a Sid that the file needs for another statement is not kept."""
    wanted = policy({**OWN, "Sid": "OwnAccount"}, {**READ, "Action": "kms:Decrypt", "Resource": "*"})
    default = {**OWN, "Sid": "Enable IAM User Permissions"}
    found = ResourcePolicy.model_validate({"Version": "2012-10-17", "Id": "key-default-1", "Statement": [default]})
    made = plan_resource_policy(KEY, wanted, ResourcePolicyThere(found, found.to_json()), update=False, prune=False)
    assert made.document.id == "key-default-1"
    assert [one.sid for one in made.document.statement] == ["Enable IAM User Permissions", "Read"]
    taken = policy({**OWN, "Sid": "Read"})
    made = plan_resource_policy(KEY, wanted, ResourcePolicyThere(taken, taken.to_json()), update=True, prune=False)
    assert [one.sid for one in made.document.statement] == ["OwnAccount", "Read"]


def test_a_policy_in_the_old_language_keeps_its_meaning() -> None:
    """In 2008-10-17 `${` is text: kept beside new statements it would become a variable."""
    old = {**LOGS, "Resource": "arn:aws:s3:::acme/${aws:username}/*"}
    refused = planned(there(old, version="2008-10-17"), update=True)
    assert (refused.action, "2008-10-17" in str(refused.problem)) == ("refuse", True)
    assert planned(there(LOGS, version="2008-10-17"), update=True).document.version == "2012-10-17"
    assert planned(there(old, version="2008-10-17"), update=True, prune=True).action == "update"


# --- drift


@pytest.mark.parametrize(
    ("statements", "ways"),
    [
        ((TLS, READ), set()),
        ((READ,), {"gained"}),
        ((TLS,), {"lost"}),
        ((READ, TLS, {**LOGS, "Principal": "*"}), {"gained"}),
        (({**READ, "Principal": {"AWS": "arn:aws:iam::222222222222:role/other"}}, TLS), {"gained", "lost"}),
        ((READ, {**TLS, "Effect": "Deny", "Condition": {"Bool": {"aws:SecureTransport": "true"}}}), {"gained", "lost"}),
    ],
)
def test_drift_is_told_by_what_policies_mean(statements: tuple[Json, ...], ways: set[str]) -> None:
    """In both directions, each with a request that shows it."""
    found = list(document_drift("the bucket policy", policy(*statements), policy(*WANTED)))
    assert {one.way for one in found} == ways
    assert all(one.request and not one.unknown for one in found)


# --- read and put


class Client:
    """Answers calls of one service with what it was handed: errors are raised, texts are the policy."""

    def __init__(self, *answers: Any) -> None:
        self.answers, self.calls = list(answers), list[tuple[str, Json]]()

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**parameters: Any) -> Any:
            self.calls.append((operation, parameters))
            answer = self.answers.pop(0) if self.answers else {}
            if isinstance(answer, Exception):
                raise answer
            return {**answer, "ResponseMetadata": {"RequestId": "1"}}

        call.__name__ = operation
        return call


def way(client: Client) -> Access:
    """Return a way into the account whose every client is *client*."""
    return Access(None, ACCOUNT, "aws", "arn:aws:iam::1:user/x", "eu-west-1", lambda _service, _region: client)


def refusal(code: str, message: str = "no", operation: str = "GetModelPackageGroupPolicy") -> ClientError:
    """Return AWS's error of this code."""
    answer = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": 400}}
    return ClientError(answer, operation)


def test_none_missing_and_not_known_are_three_things() -> None:
    """SageMaker says all of them by one code; a message that it may have tomorrow leaves it open."""
    none = Client(refusal("ValidationException", "Cannot find resource policy for: churn"))
    assert read_resource_policy(way(none), GROUP) == ResourcePolicyThere()
    missing = Client(refusal("ValidationException", "Cannot find Model Package Group: churn"))
    assert read_resource_policy(way(missing), GROUP).missing
    for error in (refusal("ValidationException", "1 validation error"), refusal("AccessDeniedException", "no")):
        with pytest.raises(AwsError):
            read_resource_policy(way(Client(error)), GROUP)
    with pytest.raises(AwsError, match="access denied to sagemaker:GetModelPackageGroupPolicy: no"):
        read_resource_policy(way(Client(refusal("AccessDeniedException"))), GROUP)
    with pytest.raises(AwsError, match="AWS throttles GetModelPackageGroupPolicy, also after retries"):
        read_resource_policy(way(Client(refusal("ThrottlingException"))), GROUP)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"Statement": [{"Effect": "Perhaps"}]}', "null", '{"Version": 3}'])
def test_what_is_no_policy_is_not_known(text: str) -> None:
    """It is never taken for a resource without one."""
    with pytest.raises(AwsError, match="is not a policy that rolemgr understands"):
        read_resource_policy(way(Client({"ResourcePolicy": text})), GROUP)


def test_a_pattern_is_nobody_s_name() -> None:
    """It is asked for nowhere."""
    client = Client()
    with pytest.raises(AwsError, match="the name is a pattern"):
        read_resource_policy(way(client), GROUP._replace(arn=GROUP.arn.replace("churn", "churn-*")))
    assert client.calls == []


def test_each_call_names_the_account_where_the_service_lets_it() -> None:
    """A bucket of this name in another account is not read, and not written to."""
    client = Client({"Policy": policy(READ).to_json()}, {})
    read_resource_policy(way(client), BUCKET)
    put_resource_policy(way(client), BUCKET, policy(READ))
    read, put = (parameters for _, parameters in client.calls)
    assert read == {"Bucket": "acme", "ExpectedBucketOwner": ACCOUNT}
    assert (put["ExpectedBucketOwner"], json.loads(put["Policy"])["Statement"][0]["Sid"]) == (ACCOUNT, "Read")


@pytest.mark.parametrize("kind", apis())
def test_the_table_says_what_botocore_says(kind: str) -> None:
    """Operations, parameters, where the policy is, and the codes of errors that botocore lists."""
    api = apis()[kind]
    model = Session().get_service_model(api.service)
    named = {name: "".join(word.capitalize() for word in name.split("_")) for name in (api.read, api.put)}
    read, put = (model.operation_model(named[name]) for name in (api.read, api.put))
    assert api.found in read.output_shape.members
    assert api.parameters.keys() <= read.input_shape.members.keys() & put.input_shape.members.keys()
    assert api.given in put.input_shape.members
    listed = {shape.name for shape in read.error_shapes}
    codes = {words.code for words in (api.no_policy, api.no_resource) if words}
    assert codes <= listed or kind in ("bucket", "model-group")  # these services list no such errors
    assert list(api.rights) == [f"{api.service}:{named[name]}" for name in (api.read, api.put)]


# --- the organization


def test_another_organization_is_not_compared() -> None:
    """Nor is one that can't be asked; pages are read to their end."""
    with pytest.raises(AwsError, match="are of organization o-other, the file is of o-mine"):
        check_organization(way(Client({"Organization": {"Id": "o-other"}})), "o-mine")
    with pytest.raises(AwsError, match="access denied to organizations:DescribeOrganization: no"):
        check_organization(way(Client(refusal("AccessDeniedException", operation="DescribeOrganization"))), "o-mine")
    summary = {"Name": "own", "AwsManaged": False}
    client = Client(
        {"Policies": [{"Id": "p-1"}], "NextToken": "x"}, {"Policies": [{"Id": "p-2"}]},
        {"Policy": {"PolicySummary": summary, "Content": "{}"}},
        {"Policy": {"PolicySummary": {**summary, "Name": "second"}, "Content": "{}"}},
    )  # fmt: skip
    assert [one.name for one in attached_policies(way(client), "r-1", "scp")] == ["own", "second"]
    endless = Client(*[{"Policies": [], "NextToken": "x"}] * 200)
    with pytest.raises(AwsError, match="more than 100 pages"):
        attached_policies(way(endless), "r-1", "scp")


# --- apply


def waits() -> tuple[list[float], Callable[[float], None]]:
    """Return the waits that were asked for, and what takes them."""
    taken: list[float] = []
    return taken, taken.append


def answers(*policies: ResourcePolicy | Exception | None) -> list[Any]:
    """Return *policies* as SageMaker answers: None for what puts."""
    none = refusal("ValidationException", "Cannot find resource policy")
    return [
        one if isinstance(one, Exception) else {} if one is None else {"ResourcePolicy": one.to_json()}
        for one in (none, *policies)
    ]


PLAN = plan_resource_policy(GROUP, policy(*WANTED), ResourcePolicyThere(), update=False, prune=False)


def test_a_policy_is_put_and_read_back() -> None:
    """Once more where AWS does not know the role yet, and where it does not show the policy at once."""
    unknown = refusal("ValidationException", "Invalid principal in policy", "PutModelPackageGroupPolicy")
    none = refusal("ValidationException", "Cannot find resource policy")
    client = Client(*answers(unknown, None, none, policy(*WANTED)))
    taken, sleep = waits()
    carry_out_policy(way(client), PLAN, sleep)
    assert (taken, client.answers) == ([1.0, 1.0], [])


def test_a_policy_that_changed_since_the_plan_is_left_alone() -> None:
    """What was shown is what is done, or nothing."""
    client = Client({"ResourcePolicy": policy(LOGS).to_json()})
    with pytest.raises(AwsError, match="has changed since the plan was made; look at it again"):
        carry_out_policy(way(client), PLAN, waits()[1])
    assert len(client.calls) == 1


def test_an_answer_that_is_lost_is_looked_for() -> None:
    """The policy may be there: it is where it reads back as it was put."""
    lost = ClientError({"Error": {"Code": "500"}, "ResponseMetadata": {"HTTPStatusCode": 500}}, "Put")
    carry_out_policy(way(Client(*answers(lost, policy(*WANTED), policy(*WANTED)))), PLAN, waits()[1])
    with pytest.raises(AwsError, match="Put failed with 500"):
        carry_out_policy(way(Client(*answers(lost, policy(LOGS)))), PLAN, waits()[1])


def test_something_else_that_reads_back_is_said() -> None:
    """After all waits."""
    client = Client(*answers(None, *[policy(LOGS)] * 5))
    with pytest.raises(AwsError, match="reads back as something else than was put"):
        carry_out_policy(way(client), PLAN, waits()[1])
