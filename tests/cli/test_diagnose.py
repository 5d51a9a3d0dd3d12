"""`rolemgr diagnose`: which layer denies, by which line, and what would allow it."""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rolemgr.catalog.load import Catalog

if TYPE_CHECKING:
    from tests.conftest import Ran, Run

ACCOUNT = "111122223333"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/sagemaker-data-scientist/ana"
SAGEMAKER = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}"
JOB = f"{SAGEMAKER}:training-job/churn"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
GOOD_JOB = ("--context", "sagemaker:InstanceTypes=ml.m5.large", "--context", "sagemaker:MaxRuntimeInSeconds=3600")


def denied(action: str, resource: str, reason: str = "", principal: str = SESSION) -> str:
    """Return AWS's message."""
    return f"User: {principal} is not authorized to perform: {action} on resource: {resource} {reason}".strip()


def data(ran: "Ran") -> Any:
    """Return the JSON that was written."""
    return json.loads(ran.stdout)


def flat(ran: "Ran") -> str:
    """Return what was written without its tree and line breaks."""
    return " ".join(ran.stdout.translate(dict.fromkeys(map(ord, "│├└─"), " ")).split())


def write(name: str, statement: dict[str, Any]) -> str:
    """Write a policy of one statement."""
    Path(name).write_text(json.dumps({"Version": "2012-10-17", "Statement": [statement]}), encoding="utf-8")
    return name


def test_a_missing_grant_names_the_group_and_the_persona_that_has_it(run: "Run") -> None:
    """What the persona must never do is not proposed; who may do it is said."""
    reason = "because no identity-based policy allows the sagemaker:CreateEndpoint action"
    ran = run(
        "diagnose",
        denied("sagemaker:CreateEndpoint", f"{SAGEMAKER}:endpoint/churn", reason),
        "--persona",
        "data-scientist",
    )
    assert ran.code == 1
    text = flat(ran)
    assert text.startswith(
        "ImplicitlyDenied the given layers deny it AWS says that an identity-based policy does not allow it"
    )
    assert "not --add deploy-endpoints: `data-scientist` must never be able to do `sagemaker:CreateEndpoint*`" in text
    assert re.search(r"personas that have such a group: (?:[a-z-]+, )*ml-engineer", text)


@pytest.mark.parametrize(
    ("operation", "service"), [("CreateTrainingJob", "sagemaker"), ("CreateJob", "job.sagemaker"), ("", "sagemaker")]
)
def test_a_passed_role_is_judged_for_the_service_that_gets_it(run: "Run", operation: str, service: str) -> None:
    """CreateJob passes its role to job.sagemaker: a policy that passes to SageMaker alone is what denies it."""
    role = f"arn:aws:iam::{ACCOUNT}:role/sagemaker-compute"
    passes = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
    policy = write("p.json", {"Effect": "Allow", "Action": "iam:PassRole", "Resource": role, "Condition": passes})
    before = f"An error occurred (AccessDeniedException) when calling the {operation} operation: " if operation else ""
    ran = run("diagnose", before + denied("iam:PassRole", role), "--policy", policy, "--format", "json")
    assert f"iam:PassedToService = {service}.amazonaws.com" in ran.stdout
    assert (data(ran)["decision"] == "Allowed") is (service == "sagemaker")


def test_a_group_that_grants_it_is_found_in_the_catalog(run: "Run") -> None:
    """The change was tried: with the group, the role is allowed."""
    asked = ("--action", "sagemaker:CreateModelPackage", "--resource", f"{SAGEMAKER}:model-package/churn/3")
    ran = run("diagnose", "--persona", "data-scientist", *asked, "--format", "json")
    assert ran.code == 1
    assert data(ran)["change"][0].startswith("--add register-models (granted by activity_groups/register-models.yaml:")
    assert (
        run("simulate", "--persona", "data-scientist", "--add", "register-models", *asked, "--expect", "Allowed").code
        == 0
    )


def test_a_parameter_is_proposed_with_all_its_values(run: "Run") -> None:
    """The bucket that is read, before the one that is written; the flag holds, as printed, for all of the role's buckets."""
    asked = ("--persona", "data-scientist", "--action", "s3:GetObject", "--resource", "arn:aws:s3:::acme-churn/a.csv")
    change = data(run("diagnose", *asked, "--format", "json"))["change"]
    flag, value = change[0].split()[:2]
    assert value == f"data_buckets=sagemaker-us-east-1-{ACCOUNT},acme-churn"
    assert any("work_buckets" in text for text in change[1:])
    ran = run("diagnose", *asked, flag, value)
    assert ran.code == 0
    assert "Allowed the given layers allow it" in flat(ran)


@pytest.mark.parametrize(
    ("context", "sends"),
    [
        ((), "send sagemaker:InstanceTypes = ml.g4dn.xlarge or ml.m5.2xlarge"),
        (("--context", "sagemaker:InstanceTypes=ml.p4d.24xlarge"), "(instead of ml.p4d.24xlarge)"),
        ((*GOOD_JOB[:2], "--context", "sagemaker:MaxRuntimeInSeconds=99999"), "send sagemaker:MaxRuntimeInSeconds = 86400"),
    ],
)  # fmt: skip
def test_a_guardrail_says_what_the_request_must_carry(context: tuple[str, ...], sends: str, run: "Run") -> None:
    """The key, the values that are approved, and the line of the guardrail."""
    ran = run("diagnose", denied("sagemaker:CreateTrainingJob", JOB), "--persona", "data-scientist", *context)
    assert ran.code == 1
    text = flat(ran)
    assert text.startswith("ExplicitlyDenied" if context else "NotKnown")
    assert sends in text
    assert "guardrails/" in text


def test_a_guardrail_can_be_chosen_otherwise(run: "Run") -> None:
    """Where a value is not approved, the flag that approves it is named; where the key is missing, it is not."""
    message = denied("sagemaker:CreateTrainingJob", JOB)
    context = ("--context", "sagemaker:InstanceTypes=ml.p4d.24xlarge")
    assert "or choose other values for the guardrail: --guardrail instance-types=VALUE" in flat(
        run("diagnose", message, "--persona", "data-scientist", *context)
    )
    assert "--guardrail" not in run("diagnose", message, "--persona", "data-scientist").stdout


def test_what_the_catalog_denies_on_purpose_stays_denied(run: "Run") -> None:
    """No key opens the models prefix, and nothing is proposed that would."""
    resource = f"arn:aws:s3:::sagemaker-us-east-1-{ACCOUNT}/models/churn.tar.gz"
    ran = run(
        "diagnose",
        "--persona",
        "data-scientist",
        "--action",
        "s3:PutObject",
        "--resource",
        resource,
        "--format",
        "json",
    )
    found = data(ran)
    assert found["decision"] == "ExplicitlyDenied"
    assert found["denied_by"][0]["sid"] == "S3ReadOnlyDeny"
    place = str(Catalog().activity_group("protect-models").at("statements", 0))
    assert place in found["denied_by"][0]["origins"]
    told = [one for one in found["change"] if one.endswith("): use another role for it")]
    assert told == found["change"]
    assert f"the catalog denies it on purpose ({place}): use another role for it" in told


def test_allowed_by_the_given_layers_lists_the_others(run: "Run") -> None:
    """The layer that AWS names comes first among those that nobody gave; it denies, whatever the others say."""
    reason = "with an explicit deny in a service control policy"
    ran = run(
        "diagnose",
        denied("sagemaker:CreateTrainingJob", JOB, reason),
        "--persona",
        "data-scientist",
        *GOOD_JOB,
        "--format",
        "json",
    )
    assert ran.code == 1
    found = data(ran)
    assert found["decision"] == "NotKnown"
    assert [(one["layer"], one["statement"]) for one in found["denied_by"]] == [("service control policy", None)]
    assert found["change"] == [
        f"except sagemaker:CreateTrainingJob on {JOB} from the Deny in the service control policy"
    ]
    assert found["not_given"][0].startswith("service control policy (--scp)")
    assert [text.split(" (")[0] for text in found["not_given"]][1:] == [
        "resource policy", "permissions boundary", "resource control policy", "session policy", "VPC endpoint policy",
    ]  # fmt: skip


def test_a_role_in_the_account_may_differ_from_the_file(run: "Run") -> None:
    """AWS says that the identity policy denies what the given one allows: another role, or other condition keys."""
    reason = "because no identity-based policy allows the sagemaker:CreateTrainingJob action"
    ran = run("diagnose", denied("sagemaker:CreateTrainingJob", JOB, reason), "--persona", "data-scientist", *GOOD_JOB)
    assert ran.code == 1
    assert "no identity-based policy allows it, and the identity policy that is given lets it through" in flat(ran)
    assert "aws iam list-attached-role-policies --role-name sagemaker-data-scientist" in flat(ran)


SOME = [
    {"Sid": "All", "Effect": "Allow", "Action": "s3:*", "Resource": "*"},
    {"Sid": "NoDelete", "Effect": "Deny", "Action": "s3:DeleteObject", "Resource": "*"},
    {"Sid": "NoPut", "Effect": "Deny", "Action": "s3:PutObject", "Resource": "*",
     "Condition": {"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}},
]  # fmt: skip


@pytest.mark.parametrize(
    ("action", "reason", "says"),
    [
        ("DeleteObject", "because no identity-based policy allows the {} action", "here identity policy `NoDelete`"),
        ("GetObject", "because no identity-based policy allows the {} action", "identity policy that is given lets it"),
        ("GetObject", "with an explicit deny in an identity-based policy", "no Deny in some.json applies to it"),
        ("GetObject", "with an explicit deny in a service control policy", "no Deny in scp.json applies to it"),
        ("DeleteObject", "because no service control policy allows the {} action", "here identity policy `NoDelete`"),
        ("DeleteObject", "with an explicit deny in an identity-based policy", None),
        ("PutObject", "with an explicit deny in an identity-based policy", None),
        ("DeleteBucket", "with an explicit deny in a service control policy", None),
        ("GetObject", "with an explicit deny in a resource control policy", None),
    ],
)
def test_what_the_message_and_the_policies_say_differently_is_said(
    action: str, reason: str, says: str | None, run: "Run"
) -> None:
    """Nobody is blamed for it, and no change is proposed; what turns on what nobody told contradicts nothing."""
    Path("some.json").write_text(json.dumps({"Version": "2012-10-17", "Statement": SOME}), encoding="utf-8")
    scp = write("scp.json", {"Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*"})
    message = denied(f"s3:{action}", "arn:aws:s3:::b/k", reason.format(f"s3:{action}"))
    ran = run("diagnose", message, "some.json", "--scp", scp, "--format", "json")
    found = data(ran)
    if says is None:
        assert found["contradictions"] == []
        return
    assert ran.code == 1
    [text] = found["contradictions"]
    assert says in text
    assert found["look_at"]
    assert found["change"] == []


LAYERS = [
    ("--scp", {"Sid": "X", "Effect": "Deny", "Action": "s3:*", "Resource": "*"}, "service control policy"),
    ("--rcp", {"Sid": "X", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}, "resource control policy"),
    ("--boundary-policy", {"Sid": "X", "Effect": "Deny", "Action": "s3:*", "Resource": "*"}, "permissions boundary"),
    ("--session-policy", {"Sid": "X", "Effect": "Deny", "Action": "s3:*", "Resource": "*"}, "session policy"),
    ("--resource-policy", {"Sid": "X", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}, "resource policy"),
    ("--vpc-endpoint-policy", {"Sid": "X", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}, "VPC endpoint policy"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("flag", "statement", "layer"), LAYERS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_each_layer_that_denies_is_named_with_its_file(
    flag: str, statement: dict[str, Any], layer: str, run: "Run"
) -> None:
    """Which layer, which statement, which file, and that this statement is to be changed."""
    policy = write("allow.json", {"Effect": "Allow", "Action": "s3:*", "Resource": "*"})
    asked = (
        "--policy",
        policy,
        "--principal",
        f"arn:aws:iam::{ACCOUNT}:role/r",
        "--action",
        "s3:GetObject",
        "--resource",
        "arn:aws:s3:::acme/a",
    )
    assert run("diagnose", *asked).code == 0
    ran = run("diagnose", *asked, flag, write("deny.json", statement), "--format", "json")
    found = data(ran)
    assert (ran.code, found["decision"]) == (1, "ExplicitlyDenied")
    assert found["denied_by"] == [
        {
            "layer": layer,
            "level": 0 if flag in ("--scp", "--rcp") else None,
            "policy": 0,
            "statement": 0,
            "sid": "X",
            "file": "deny.json",
        }
    ]
    assert found["change"] == [f"except the request from {layer} `X` (deny.json)"]


def test_a_layer_without_an_allow_is_named(run: "Run") -> None:
    """A boundary that forgot the action: no Deny is to blame, an Allow is missing."""
    policy = write("allow.json", {"Effect": "Allow", "Action": "s3:*", "Resource": "*"})
    boundary = write(
        "boundary.json", {"Sid": "B", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::other/*"}
    )
    ran = run("diagnose", "--policy", policy, "--boundary-policy", boundary, "--action", "s3:GetObject",
              "--resource", "arn:aws:s3:::acme/a", "--format", "json")  # fmt: skip
    found = data(ran)
    assert found["denied_by"] == [
        {"layer": "permissions boundary", "level": None, "policy": None, "statement": None, "sid": None}
    ]
    assert "permissions boundary `B` (boundary.json): Resource wants `arn:aws:s3:::other/*`" in " ".join(
        found["because"]
    )
    assert found["change"] == [
        "add to the permissions boundary (boundary.json) an Allow of s3:GetObject on arn:aws:s3:::acme/a"
    ]


def test_tags_that_are_missing_are_asked_for(run: "Run") -> None:
    """ABAC: the caller's tag and that of what is made; each in the words of who has to set it."""
    policy = write("abac.json", {
        "Effect": "Allow", "Action": "sagemaker:CreateModel", "Resource": "*",
        "Condition": {"StringEquals": {"aws:RequestTag/Project": "${aws:PrincipalTag/Project}"}},
    })  # fmt: skip
    asked = ("diagnose", "--policy", policy, "--action", "sagemaker:CreateModel", "--resource", f"{SAGEMAKER}:model/x")
    assert data(run(*asked, "--format", "json"))["change"] == [
        "tag the role, or its session: aws:PrincipalTag/Project = VALUE (the request as given has none)",
        "tag what is made, in the same call: aws:RequestTag/Project = VALUE (the request as given has none)",
    ]
    known = data(run(*asked, "--context", "aws:PrincipalTag/Project=churn", "--format", "json"))["change"]
    assert known == [
        "tag what is made, in the same call: aws:RequestTag/Project = churn (the request as given has none)"
    ]


DATA = "ClientError: Data download failed:Unable to download object s3://acme-churn/train/a.csv (AccessDenied: Access Denied)"


def test_training_data_has_three_places(run: "Run") -> None:
    """The role's policy for list and read, the bucket's policy, the key's; and what the latter two must do."""
    ran = run("diagnose", DATA, "--persona", "sagemaker-compute", "--format", "json")
    found = data(ran)
    assert [(place["place"], place["decision"]) for place in found["places"]] == [
        ("role policy, to list the bucket", "ImplicitlyDenied"),
        ("role policy, to read the object", "ImplicitlyDenied"),
        ("bucket policy", None),
        ("key policy", None),
    ]
    assert "need not allow anything, and may not deny it" in found["places"][2]["because"][0]
    assert f"--parameter data_buckets=sagemaker-us-east-1-{ACCOUNT},acme-churn" in found["change"][0]


def test_the_bucket_policy_matters_where_accounts_differ(run: "Run") -> None:
    """In one account it need not allow; in another it must, and the evaluation says so once it is given."""
    asked = (
        "diagnose",
        DATA,
        "--persona",
        "sagemaker-compute",
        "--parameter",
        "data_buckets=acme-churn",
        "--format",
        "json",
    )
    same = data(run(*asked, "--resource-account", ACCOUNT))
    assert same["decision"] == "Allowed"
    assert same["places"][2]["because"] == [
        "the bucket is in the role's account: it need not allow anything, and may not deny it"
    ]
    other = data(run(*asked, "--resource-account", "444455556666"))
    assert "it must allow the role (--resource-policy)" in other["places"][2]["because"][0]
    silent = write(
        "bucket.json",
        {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::444455556666:role/x"},
            "Action": "s3:*",
            "Resource": "*",
        },
    )
    given = run(*asked, "--resource-account", "444455556666", "--resource-policy", silent)
    assert given.code == 1
    assert data(given)["denied_by"][0]["layer"] == "resource policy"


def test_the_key_is_a_request_of_its_own(run: "Run") -> None:
    """S3 decrypts on the role's behalf: role and key policy must let it."""
    asked = (
        "diagnose",
        DATA,
        "--persona",
        "sagemaker-compute",
        "--parameter",
        "data_buckets=acme-churn",
        "--key",
        KEY,
        "--format",
        "json",
    )
    without = data(run(*asked))
    assert [place["decision"] for place in without["places"]] == ["Allowed", "Allowed", None, "ImplicitlyDenied"]
    assert without["change"][0].startswith(f"--parameter data_keys={KEY}")
    assert data(run(*asked, "--data-key", KEY))["decision"] == "Allowed"
    theirs = write(
        "key.json",
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/other"},
            "Action": "kms:*",
            "Resource": "*",
        },
    )
    ran = run(*asked, "--data-key", KEY, "--key-policy", theirs)
    assert (ran.code, data(ran)["denied_by"][0]["layer"]) == (1, "resource policy")
    ours = write("key.json", {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "kms:*", "Resource": "*"})
    assert run(*asked, "--data-key", KEY, "--key-policy", ours).code == 0


def test_writing_needs_a_data_key(run: "Run") -> None:
    """An output under a key is encrypted with GenerateDataKey."""
    resource = f"arn:aws:s3:::sagemaker-us-east-1-{ACCOUNT}/out/a"
    asked = (
        "--persona",
        "sagemaker-compute",
        "--action",
        "s3:PutObject",
        "--resource",
        resource,
        "--key",
        KEY,
        "--format",
        "json",
    )
    assert data(run("diagnose", *asked))["places"][-1]["action"] == "kms:GenerateDataKey"


@pytest.mark.parametrize(
    "message",
    [
        "Couldn't call 'get_role' to get Role ARN from role name sagemaker-data-scientist to get Role path.",
        f"ValueError: The current AWS identity is not a role: arn:aws:iam::{ACCOUNT}:user/ana, therefore it cannot be used",
    ],
)
def test_get_execution_role_is_what_the_sdk_asks(message: str, run: "Run") -> None:
    """The profile, then the domain; a role without Studio's groups is denied both."""
    allowed = run("diagnose", message, "--persona", "data-scientist", "--principal", SESSION, "--format", "json")
    assert [(place.get("action"), place["decision"]) for place in data(allowed)["places"]] == [
        ("sagemaker:DescribeUserProfile", "Allowed"),
        ("sagemaker:DescribeDomain", "Allowed"),
        (None, None),
    ]
    assert allowed.code == 0
    assert (
        run("diagnose", message, "--persona", "data-scientist", "--remove", "open-studio", "--principal", SESSION).code
        == 1
    )


def test_pass_role_names_the_parameter(run: "Run") -> None:
    """The message has no condition keys; that the role goes to SageMaker is assumed, and said."""
    message = denied("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/churn-training")
    found = data(run("diagnose", message, "--persona", "data-scientist", "--format", "json"))
    assert found["assumed"] == [
        "iam:PassedToService = sagemaker.amazonaws.com, as for a job, a model or an app of SageMaker"
    ]
    assert (
        f"pass_roles=arn:aws:iam::{ACCOUNT}:role/sagemaker-compute,arn:aws:iam::{ACCOUNT}:role/churn-training"
        in found["change"][0]
    )


def test_a_role_that_sagemaker_cannot_assume(run: "Run") -> None:
    """The trust policy of the chosen role is asked, and a role without SageMaker in it says what to give."""
    message = (
        f"Could not assume role arn:aws:iam::{ACCOUNT}:role/sagemaker-compute. Please ensure that the role exists and"
        " allows principal 'sagemaker.amazonaws.com' to assume the role."
    )
    good = run("diagnose", message, "--persona", "sagemaker-compute")
    assert good.code == 0
    assert "allowed by role trust policy `SageMaker`" in flat(good)
    assert not any("trust policy is taken" in note for note in good.notes)
    bad = run("diagnose", message, "--persona", "sagemaker-compute", "--trust", "account:444455556666")
    assert bad.code == 1
    assert "change: let the role trust them: --trust sagemaker" in flat(bad)


def test_somebody_who_cannot_assume_the_chosen_role(run: "Run") -> None:
    """Who asks is another role; the chosen one is the target, and its trust policy decides."""
    message = denied(
        "sts:AssumeRole",
        f"arn:aws:iam::{ACCOUNT}:role/sagemaker-mlops-engineer",
        principal=f"arn:aws:sts::{ACCOUNT}:assumed-role/Admin/ana",
    )
    ran = run("diagnose", message, "--persona", "mlops-engineer")
    assert ran.code == 1
    assert f"--trust role:arn:aws:iam::{ACCOUNT}:role/Admin" in flat(ran)
    assert (
        run(
            "diagnose", message, "--persona", "mlops-engineer", "--trust", f"role:arn:aws:iam::{ACCOUNT}:role/Admin"
        ).code
        == 0
    )


def test_a_web_identity_is_asked_for_its_claims(run: "Run") -> None:
    """The token's subject is what a trust for GitHub turns on."""
    message = "Error: Could not assume role with OIDC: Not authorized to perform sts:AssumeRoleWithWebIdentity"
    ran = run("diagnose", message, "--persona", "mlops-engineer", "--trust", "github:acme/churn?ref=main")
    assert ran.code == 1
    assert "token.actions.githubusercontent.com:sub = repo:acme/churn:ref:refs/heads/main" in flat(ran)
    assert run("diagnose", message, "--persona", "mlops-engineer").errors == [
        "nothing says which identity provider vouched for the caller; give --principal"
    ]


def test_an_image_of_another_account(run: "Run") -> None:
    """The role may log in and pull; what the other account's repository allows is open, and said."""
    message = (
        "Access denied for repository: sagemaker-spark-processing in registry ID: 314815235551."
        " Image: 314815235551.dkr.ecr.us-east-2.amazonaws.com/sagemaker-spark-processing:3.1-cpu"
    )
    found = data(run("diagnose", message, "--persona", "sagemaker-compute", "--format", "json"))
    assert [(place["action"], place["decision"]) for place in found["places"]] == [
        ("ecr:GetAuthorizationToken", "Allowed"),
        ("ecr:BatchGetImage", "Allowed"),
        ("ecr:GetDownloadUrlForLayer", "Allowed"),
    ]
    assert "the resource is in account 314815235551" in " ".join(found["not_given"])
    other = message.replace("314815235551", "444455556666")
    assert run("diagnose", other, "--persona", "sagemaker-compute").code == 1


def test_the_role_is_placed_where_the_message_says(run: "Run") -> None:
    """Account, region and name come from the message where nobody chose them."""
    message = denied(
        "sagemaker:CreateTrainingJob", "arn:aws:sagemaker:eu-west-1:123456789012:training-job/churn",
        principal="arn:aws:sts::123456789012:assumed-role/churn-ds/ana",
    )  # fmt: skip
    ran = run("diagnose", message, "--persona", "data-scientist", *GOOD_JOB)
    assert ran.code == 0
    assert not any("example account" in note for note in ran.notes)
    assert run("diagnose", message, "--persona", "data-scientist", "--account", ACCOUNT, *GOOD_JOB).code == 1


def test_the_message_comes_from_a_file_or_stdin(run: "Run") -> None:
    """As text, as a file, or down a pipe: the same diagnosis."""
    message = denied("sagemaker:CreateTrainingJob", JOB)
    Path("error.txt").write_text(message + "\n", encoding="utf-8")
    found = [
        run("diagnose", given, "--persona", "data-scientist", stdin=message) for given in (message, "error.txt", "-")
    ]
    assert found[0] == found[1] == found[2]


def test_options_complete_a_message_that_says_little(run: "Run") -> None:
    """S3 names neither caller nor object; a service that names no action needs one."""
    message = "An error occurred (AccessDenied) when calling the GetObject operation: Access Denied"
    ran = run("diagnose", message, "--persona", "data-scientist")
    assert any("nothing says on which resource s3:GetObject was denied" in note for note in ran.notes)
    resource = ("--resource", f"arn:aws:s3:::sagemaker-us-east-1-{ACCOUNT}/a")
    unknown = run("diagnose", message, "--persona", "data-scientist", *resource)
    assert (unknown.code, "ask again with --resource-account ID" in flat(unknown)) == (1, True)
    ours = ("--resource-account", ACCOUNT)
    assert run("diagnose", message, "--persona", "data-scientist", *resource, *ours).code == 0


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ((), "there is nothing to diagnose; give AWS's message"),
        (("hello",), "MESSAGE: this is no AccessDenied message that rolemgr knows"),
        (("An error occurred (AccessDenied) when calling the Frobnicate operation: x",), "MESSAGE: does not say which action was denied beyond the operation Frobnicate"),
        (("Access Denied",), "MESSAGE: does not say which action was denied; give --action"),
        (("--action", "s3:GetObject", "--resource", "acme/a"), "--resource: `acme/a` is not an ARN"),
        (("--action", "s3:GetObject", "--context", "x"), "--context: `x` is not of the form KEY=VALUE"),
        (("--action", "s3:GetObject", "--policy", "nope.json"), "nope.json: can't be read"),
        (("--action", "s3:GetObject", "--principal", "ana"), "`ana` is not a principal"),
        (("--action", "s3:GetObject", "--resource", "arn:aws:s3:::acme/a", "--key", "alias/x"), "`alias/x` is no KMS key's ARN"),
    ],
)  # fmt: skip
def test_bad_input_is_one_line(args: tuple[str, ...], says: str, run: "Run") -> None:
    """What is wrong, and what to give instead."""
    ran = run("diagnose", *args, *(() if "--policy" in args else ("--persona", "data-scientist")))
    assert (ran.code, ran.stdout) == (2, "")
    assert ran.errors[0].startswith(says), ran.errors


def test_a_role_and_policies_do_not_go_together(run: "Run") -> None:
    """One or the other is asked."""
    policy = write("a.json", {"Effect": "Allow", "Action": "s3:*", "Resource": "*"})
    ran = run("diagnose", "--policy", policy, "--persona", "data-scientist", "--action", "s3:GetObject")
    assert ran.errors == ["--persona: goes with a role, not with --policy"]


def test_every_proposed_context_is_true(run: "Run") -> None:
    """What is asked for again, with the values that are proposed, decides: the same command says Allowed."""
    asked = ("diagnose", denied("sagemaker:CreateTrainingJob", JOB), "--persona", "data-scientist", "--format", "json")
    found = data(run(*asked))
    assert found["decision"] == "NotKnown"
    again = next(text for place in found["places"] for text in place["ask"]).split(" (KEY=")[0].split()[3:]
    options = [text.replace("MaxRuntimeInSeconds=VALUE", "MaxRuntimeInSeconds=3600") for text in again]
    assert "--context" in options
    assert not any(text.endswith("=VALUE") for text in options), options
    assert data(run(*asked, *options))["decision"] == "Allowed"


CONDITIONS = [
    ({"Effect": "Deny", "Condition": {"Null": {"sagemaker:VpcSubnets": "true"}}}, "NotKnown"),
    ({"Effect": "Deny", "Condition": {"Null": {"sagemaker:VpcSubnets": "false"}}}, "NotKnown"),
    ({"Effect": "Deny", "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-abc1234567"}}}, "NotKnown"),
    ({"Effect": "Deny", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}, "Allowed"),
    ({"Effect": "Deny", "Condition": {"StringNotEquals": {"aws:RequestedRegion": "us-east-1"}}}, "Allowed"),
    ({"Effect": "Deny", "Condition": {"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}}}, "ExplicitlyDenied"),
    ({"Effect": "Deny", "Condition": {"Null": {"sagemaker:VpcSubnets": "true"}}, "Action": "s3:*"}, "Allowed"),
    ({"Effect": "Deny", "Condition": {"StringEquals": {"sagemaker:TaggingAction": "CreateModel"}}}, "Allowed"),
]  # fmt: skip


@pytest.mark.parametrize(("deny", "decision"), CONDITIONS, ids=lambda value: str(value)[:60])
def test_a_key_that_is_not_told_is_unknown_never_absent(deny: dict[str, Any], decision: str, run: "Run") -> None:
    """A Deny on a key that the action can carry hangs; on one that it never carries, or that is certain, it does not."""
    policy = write("allow.json", {"Effect": "Allow", "Action": "sagemaker:*", "Resource": "*"})
    scp = Path("scp.json")
    allow = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    statements = [allow, {"Sid": "RequireVpc", "Action": "sagemaker:*", "Resource": "*", **deny}]
    scp.write_text(json.dumps({"Version": "2012-10-17", "Statement": statements}), encoding="utf-8")
    asked = ("diagnose", denied("sagemaker:CreateTrainingJob", JOB), "--policy", policy, "--scp", "scp.json")
    found = data(run(*asked, "--format", "json"))
    assert found["decision"] == decision


def test_what_hangs_on_a_key_is_said_with_how_to_ask_again(run: "Run") -> None:
    """The layer, the statement, the key, what would hold if it was there; with the key, or without, it is certain."""
    policy = write("allow.json", {"Sid": "Jobs", "Effect": "Allow", "Action": "sagemaker:*", "Resource": "*"})
    deny = {"Sid": "RequireVpc", "Effect": "Deny", "Action": "sagemaker:*", "Resource": "*",
            "Condition": {"Null": {"sagemaker:VpcSubnets": "true"}}}  # fmt: skip
    allow = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    Path("scp.json").write_text(json.dumps({"Version": "2012-10-17", "Statement": [allow, deny]}), encoding="utf-8")
    asked = ("diagnose", denied("sagemaker:CreateTrainingJob", JOB), "--policy", policy, "--scp", "scp.json")
    ran = run(*asked)
    text = flat(ran)
    assert ran.code == 1
    assert (
        "denied by service control policy `RequireVpc` (scp.json) unless the call carried sagemaker:VpcSubnets, which"
        " the message does not tell"
    ) in text
    assert "allowed by identity policy `Jobs`" in text
    assert "ask again with --context sagemaker:VpcSubnets=" in text
    assert run(*asked, "--context", "sagemaker:VpcSubnets=subnet-0a").code == 0
    absent = run(*asked, "--context", "sagemaker:VpcSubnets=")
    assert (absent.code, flat(absent).split()[0]) == (1, "ExplicitlyDenied")


def test_tags_of_a_create_call_are_authorized_for_that_call(run: "Run") -> None:
    """The message names the operation, and so sagemaker:TaggingAction is known."""
    said = denied("sagemaker:AddTags", JOB, "because no identity-based policy allows the sagemaker:AddTags action")
    message = f"An error occurred (AccessDeniedException) when calling the CreateTrainingJob operation: {said}"
    ran = run("diagnose", message, "--persona", "data-scientist")
    assert ran.code == 1  # AWS's message contradicts what the given policies allow
    assert "TaggingAction" not in flat(ran)
    assert run("diagnose", said, "--persona", "data-scientist").code == 1


NAMED = [
    ("because no permissions boundary allows the {} action", "permissions boundary", "add to the permissions boundary"),
    ("because no service control policy allows the {} action", "service control policy", "add to the service control"),
    ("because no session policy allows the {} action", "session policy", "add to the session policy"),
    ("because no VPC endpoint policy allows the {} action", "VPC endpoint policy", "add to the VPC endpoint policy"),
    ("because no resource-based policy allows the {} action", "resource policy", "add to the resource policy"),
    ("with an explicit deny in a permissions boundary", "permissions boundary", "from the Deny in the permissions"),
    ("with an explicit deny in a resource control policy", "resource control policy", "from the Deny in the resource"),
    ("with an explicit deny in a resource-based policy", "resource policy", "from the Deny in the resource policy"),
    ("with an explicit deny in a session policy", "session policy", "from the Deny in the session policy"),
]


@pytest.mark.parametrize(("reason", "layer", "change"), NAMED, ids=[name for name, _, _ in NAMED])
def test_the_layer_that_aws_names_comes_first(reason: str, layer: str, change: str, run: "Run") -> None:
    """It needs the change whatever the persona lacks; what the persona lacks comes second."""
    message = denied("sagemaker:CreateModel", f"{SAGEMAKER}:model/m", reason.format("sagemaker:CreateModel"))
    found = data(run("diagnose", message, "--persona", "data-scientist", "--format", "json"))
    assert found["places"][0]["place"] == layer
    assert change in found["change"][0]
    assert found["change"][1].startswith("--add create-models")


def test_a_named_layer_that_is_given_comes_first(run: "Run") -> None:
    """Both the boundary and the identity policy lack it: the boundary is named, and first."""
    policy = write("some.json", {"Effect": "Allow", "Action": "s3:*", "Resource": "*"})
    message = denied(
        "sagemaker:CreateModel",
        f"{SAGEMAKER}:model/m",
        "because no permissions boundary allows the sagemaker:CreateModel action",
    )
    found = data(run("diagnose", message, "--policy", policy, "--boundary-policy", policy, "--format", "json"))
    assert [one["layer"] for one in found["denied_by"]] == ["permissions boundary", "identity policy"]
    assert found["change"][0].startswith("add to the permissions boundary (some.json)")


def test_a_role_by_its_short_name_is_in_the_callers_account(run: "Run") -> None:
    """IAM writes `role NAME`: the policy that names its ARN allows it, and one that names another does not."""
    arn = f"arn:aws:iam::{ACCOUNT}:role/team/exec"
    policy = write("get.json", {"Effect": "Allow", "Action": "iam:GetRole", "Resource": arn})
    assert run("diagnose", denied("iam:GetRole", "role team/exec"), "--policy", policy).code == 0
    assert run("diagnose", denied("iam:GetRole", "role other"), "--policy", policy).code == 1


def test_lake_formation_grants_its_own_permissions(run: "Run") -> None:
    """No IAM policy gives them, and IAM's lakeformation:GetDataAccess is asked too."""
    message = "AccessDeniedException: Insufficient Lake Formation permission(s): Required Select on churn (Service: AWSGlue; Status Code: 400)"
    ran = run("diagnose", message, "--persona", "data-scientist")
    assert "it lacks: Select on churn. Lake Formation grants this itself; no IAM policy does" in flat(ran)
    assert "lakeformation:GetDataAccess" in flat(ran)


def test_a_cloudtrail_event_tells_the_keys(run: "Run") -> None:
    """Where the parameters are there, nothing hangs: the decision is certain."""
    event = {
        "eventSource": "sagemaker.amazonaws.com", "eventName": "CreateTrainingJob", "awsRegion": "us-east-1",
        "userIdentity": {"type": "AssumedRole", "arn": SESSION}, "errorCode": "AccessDenied",
        "errorMessage": denied("sagemaker:CreateTrainingJob", JOB, "with an explicit deny in an identity-based policy"),
        "requestParameters": {"resourceConfig": {"instanceType": "ml.p4d.24xlarge"},
                              "stoppingCondition": {"maxRuntimeInSeconds": 60}},
    }  # fmt: skip
    Path("event.json").write_text(json.dumps({"Records": [event, event]}), encoding="utf-8")
    ran = run("diagnose", "event.json", "--persona", "data-scientist")
    assert flat(ran).startswith("ExplicitlyDenied")
    assert "the file has 1 more denied call" in flat(ran)
    assert "instead of ml.p4d.24xlarge" in flat(ran)


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("iam:AttachRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_A_0123"),
        ("iam:PutRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"),
        ("iam:CreatePolicyVersion", "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"),
        ("kms:DeleteAlias", f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/aws/s3"),
    ],
)
@pytest.mark.parametrize("effect", ["Allow", "Deny"])
def test_what_aws_itself_refuses_needs_no_change_of_policies(
    action: str, resource: str, effect: str, run: "Run"
) -> None:
    """Whether the policies allow it or not, the reason is AWS's, with the page that says so, and no change helps."""
    policy = write("all.json", {"Effect": effect, "Action": "*", "Resource": "*"})
    scp = "with an explicit deny in a service control policy"
    for reason in ("", scp):
        found = data(run("diagnose", denied(action, resource, reason), "--policy", policy, "--format", "json"))
        assert (found["decision"], found["change"]) == ("RefusedByAWS", [])
        assert len(found["because"]) == 1
        assert found["because"][0].startswith("AWS lets nobody ")
        assert "https://" in found["because"][0]
    ran = run("diagnose", denied(action, resource), "--policy", policy)
    assert (ran.code, "AWS itself refuses it" in flat(ran)) == (1, True)


@pytest.mark.parametrize("prefix", ["models", "monitoring", "pipelines"])
def test_of_a_merged_deny_the_catalog_line_that_covers_the_request_is_named(prefix: str, run: "Run") -> None:
    """Four groups protect a prefix each in one statement; `simulate` names the same one."""
    resource = f"arn:aws:s3:::sagemaker-us-east-1-{ACCOUNT}/{prefix}/x"
    asked = ("--persona", "data-scientist", "--action", "s3:PutObject", "--resource", resource)
    group = {"models": "models", "monitoring": "monitoring", "pipelines": "pipeline-code"}[prefix]
    for command in ("diagnose", "simulate"):
        text = flat(run(command, *asked)).partition("did not match")[0]
        named = set(re.findall(r"protect-[a-z-]+", text))
        assert named == {f"protect-{group}"}, command
    (denier,) = data(run("diagnose", *asked, "--format", "json"))["denied_by"]
    assert [place.partition(".yaml")[0] for place in denier["origins"]] == [f"activity_groups/protect-{group}"]


def test_a_resource_that_is_no_arn_is_told_and_completed_where_iam_names_it(run: "Run") -> None:
    """`role NAME` is in the account of the chosen role where the caller is cut off; a secret's name is no ARN."""
    cut = "role/launch is not authorized to perform: iam:GetRole on resource: role sagemaker-compute"
    ran = run("diagnose", cut, "--persona", "data-scientist")
    assert (ran.code, f"iam:GetRole on arn:aws:iam::{ACCOUNT}:role/sagemaker-compute" in flat(ran)) == (0, True)
    ran = run("diagnose", denied("secretsmanager:GetSecretValue", "hub-token"), "--persona", "data-scientist")
    text = "the message calls the resource of secretsmanager:GetSecretValue `hub-token`: give --resource with its ARN"
    assert text in ran.notes


def test_who_assumes_a_role_is_a_service_that_the_message_names(run: "Run") -> None:
    """Its principal is asked against the trust policy, and never the role itself; where nobody is named, that is said."""
    role = f"arn:aws:iam::{ACCOUNT}:role/sagemaker-data-scientist"
    ran = run(
        "diagnose",
        f"Provided role '{role}' cannot be assumed by principal 'events.amazonaws.com'.",
        "--persona",
        "data-scientist",
    )
    assert ran.code == 1
    assert "the request has `events.amazonaws.com`" in flat(ran)
    assert f"an Allow of sts:AssumeRole on {role} for events.amazonaws.com" in flat(ran)
    assert run("diagnose", f"Unable to assume role {role}", "--persona", "data-scientist").errors == [
        "nothing says who wants to assume the role; give --principal"
    ]


@pytest.mark.parametrize(
    ("message", "decision"),
    [
        ("An error occurred (403) when calling the HeadObject operation: Forbidden", "NotKnown"),
        ("An error occurred (AccessDenied) when calling the ListObjectsV2 operation: Access Denied", "NotKnown"),
        (f"User: {SESSION} is not authorized to perform: sagemaker:CreateTrainingJob", "NotKnown"),
        (denied("s3:GetObject", "acme-data"), "NotKnown"),
        (denied("s3:GetObject", "*"), "ImplicitlyDenied"),
        (f"User: {SESSION} is not authorized to perform: sagemaker:CreateEndpoint", "ImplicitlyDenied"),
        (f"User: {SESSION} is not authorized to perform: sagemaker:ListDomains", "Allowed"),
    ],
)
def test_a_resource_that_is_not_told_is_unknown_never_a_star(message: str, decision: str, run: "Run") -> None:
    """What some resources are allowed is not denied where nobody told the resource; what none is, is."""
    ran = run("diagnose", message, "--persona", "data-scientist", "--format", "json")
    assert data(ran)["decision"] == decision
    asked = [text for place in data(ran)["places"] for text in place.get("ask", ())]
    assert any("--resource ARN" in text for text in asked) is (decision == "NotKnown")


def test_a_deny_of_some_resources_hangs_on_the_resource(run: "Run") -> None:
    """An Allow of all does not hide a Deny of some where nobody told the resource."""
    statements = [
        {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
        {"Sid": "Closed", "Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::acme-closed/*"},
    ]
    Path("p.json").write_text(json.dumps({"Version": "2012-10-17", "Statement": statements}), encoding="utf-8")
    ran = run("diagnose", "--action", "s3:GetObject", "--policy", "p.json")
    assert ran.code == 1
    assert "NotKnown" in flat(ran)
    assert "`Closed` (p.json) denies it where the resource is one of its own; the options do not tell it" in flat(ran)


@pytest.mark.parametrize(
    ("who", "other"),
    [
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/own/ana", False),
        (f"arn:aws:iam::{ACCOUNT}:role/ml/own", False),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/AWSReservedSSO_own_0123456789abcdef/ana", False),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/owner/ana", True),
        ("arn:aws:sts::999999999999:assumed-role/own/ana", True),
        (f"arn:aws:iam::{ACCOUNT}:user/own", True),
        (f"arn:aws:iam::{ACCOUNT}:root", True),
        (f"arn:aws:sts::{ACCOUNT}:federated-user/own", True),
    ],
)
def test_a_denial_of_somebody_else_is_said(who: str, other: bool, run: "Run") -> None:
    """What the chosen role may do says nothing of a user, a role of another name or one of another account."""
    message = denied("sagemaker:ListDomains", "*", principal=who)
    chosen = ("--persona", "data-scientist", "--name", "own", "--account", ACCOUNT)
    text = flat(run("diagnose", message, *chosen))
    assert (f"AWS denied {who}, which is not the role `own` of account {ACCOUNT}" in text) is other


@pytest.mark.parametrize(
    ("message", "says"),
    [
        ("Encoded authorization failure message: abc. You are not authorized to perform this operation.", "aws sts decode-authorization-message"),
        ("An error occurred (ValidationException) when calling the CreateModel operation: Cross-account pass role is not allowed.", "a role is passed within its own account"),
        ("An error occurred (AccessDenied) when calling the AssumeRole operation: Roles may not be assumed by root accounts.", "sign in as a user or a role"),
    ],
)  # fmt: skip
def test_what_no_policy_can_answer_says_what_to_do(message: str, says: str, run: "Run") -> None:
    """An encoded message is to be decoded; what AWS lets nobody do is no matter of a policy."""
    ran = run("diagnose", message, "--persona", "data-scientist")
    assert ran.code == 2
    assert says in ran.stderr


def test_a_key_that_is_elsewhere_gives_the_same_answer(run: "Run") -> None:
    """AWS KMS says so itself."""
    reason = "because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access"
    text = flat(run("diagnose", denied("kms:GenerateDataKey", KEY, reason), "--persona", "data-scientist"))
    assert "the key may not exist, or be in another region" in text


@pytest.mark.parametrize(("reason", "layer"), [
    ("with an explicit deny in a service control policy", "service control policy"),
    ("with an explicit deny in a permissions boundary", "permissions boundary"),
    ("because no resource-based policy allows the sagemaker:CreateModel action", "resource policy"),
    ("because no session policy allows the sagemaker:CreateModel action", "session policy"),
])  # fmt: skip
def test_a_layer_that_aws_names_and_nobody_gave(run: "Run", reason: str, layer: str) -> None:
    """AWS has denied it: what is given allows it, and that is no yes."""
    policy = write("p.json", {"Effect": "Allow", "Action": "sagemaker:*", "Resource": "*"})
    ran = run("diagnose", denied("sagemaker:CreateModel", f"{SAGEMAKER}:model/m", reason), policy, "--format", "json")
    found = data(ran)
    assert (ran.code, found["decision"], found["denied_by"][0]["layer"]) == (1, "NotKnown", layer)
    assert any(text.startswith(layer) for text in found["not_given"])


def test_an_explicit_deny_whose_policy_aws_does_not_name(run: "Run") -> None:
    """A decoded message names its statement; an Allow does not help while that denies."""
    named = {"items": [{"statementId": "NoModels", "effect": "DENY"}]}
    context = {"action": "sagemaker:CreateModel", "resource": f"{SAGEMAKER}:model/m", "principal": {"arn": SESSION}}
    Path("d.json").write_text(
        json.dumps({"allowed": False, "explicitDeny": True, "matchedStatements": named, "context": context}), "utf-8"
    )
    policy = write("p.json", {"Effect": "Allow", "Action": "sagemaker:*", "Resource": "*"})
    ran = run("diagnose", "d.json", policy)
    assert ran.code == 1
    assert "no policy that is given has a statement `NoModels`, so it is in another layer" in flat(ran)
    assert "an Allow does not help while it denies" in flat(ran)
    deny = write("deny.json", {"Sid": "NoModels", "Effect": "Deny", "Action": "sagemaker:*", "Resource": "*"})
    ran = run("diagnose", "d.json", policy, deny)
    assert ran.code == 1
    assert flat(ran).startswith("ExplicitlyDenied")
    assert "another layer" not in flat(ran)


def test_trust_in_one_user_keeps_what_the_role_trusts(run: "Run") -> None:
    """Any --trust replaces all that a role trusts; the account as a whole is more than the one who asked."""
    user = f"arn:aws:iam::{ACCOUNT}:user/mia"
    message = denied("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/exec", principal=user)
    ran = run("diagnose", message, "--persona", "sagemaker-compute", "--name", "exec")
    assert f"--trust user:{user} --trust sagemaker " in flat(ran)
    assert "account:" not in flat(ran)
    mended = run("create", "--persona", "sagemaker-compute", "--trust", f"user:{user}", "--trust", "sagemaker", "-q")
    assert user in mended.stdout
    assert "sagemaker.amazonaws.com" in mended.stdout


def test_a_resource_policy_names_the_role_of_a_session(run: "Run") -> None:
    """A session's ARN would let in this one session, past the role's boundary."""
    policy = write("key.json", {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/admin"},
                                "Action": "kms:*", "Resource": "*"})  # fmt: skip
    message = denied("kms:Decrypt", KEY, "because no resource-based policy allows the kms:Decrypt action")
    ours = run("diagnose", message, "--persona", "data-scientist", "--resource-policy", policy)
    assert f"for arn:aws:iam::{ACCOUNT}:role/sagemaker-data-scientist" in flat(ours)
    alone = write("p.json", {"Effect": "Allow", "Action": "kms:*", "Resource": "*"})
    theirs = run("diagnose", message, alone, "--resource-policy", policy)
    assert f"for arn:aws:iam::{ACCOUNT}:role/sagemaker-data-scientist (with the role's path)" in flat(theirs)
