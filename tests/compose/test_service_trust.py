"""Trust in an AWS service by name: what is asked of it, who gets in, and what is refused and said."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.compose.test_trust_kinds import allowed
from tests.conftest import Run
from tests.support import PARTITION_REGIONS, composed, role_spec

from rolemgr.catalog.load import Catalog
from rolemgr.catalog.personas import resolve_persona
from rolemgr.compose.service_trust import wrong_services
from rolemgr.compose.trust import compose_trust, trust_notes
from rolemgr.errors import RolemgrError, raise_all
from rolemgr.model.trust_text import as_text
from rolemgr.reference.names import service_principal_doubt
from rolemgr.reference.service_trust import service_of_principal, trusted_services
from rolemgr.render.statements import trust_policy

OWN, OTHER = "111122223333", "444455556666"


def document(*trust: str, **choices: Any) -> dict[str, Any]:
    """Return the trust policy of a compute role that trusts *trust*."""
    made = compose_trust(role_spec(persona="sagemaker-compute", trust=list(trust), **choices).value)
    found: dict[str, Any] = trust_policy(made).to_json_value()
    return found


def notes(*trust: str, **choices: Any) -> list[str]:
    """Return what is said of a role that trusts *trust* by name."""
    return [*trust_notes(role_spec(persona="sagemaker-compute", trust=list(trust), **choices).value)]


def refusal(*trust: str) -> str:
    """Return why a role can't trust *trust*."""
    with pytest.raises(RolemgrError) as caught:
        raise_all([*wrong_services(role_spec(persona="sagemaker-compute", trust=list(trust)))])
    return str(caught.value)


@pytest.mark.parametrize("name", trusted_services())
def test_each_service_gets_in_as_its_page_shows_and_from_this_account_alone(name: str) -> None:
    """What it sends for a thing of the role's account is let in; for another account's it is not, where it sends one."""
    service = trusted_services()[name]
    policy = document(f"service:{name}")
    (statement,) = policy["Statement"]
    assert statement["Principal"] == {"Service": service.principal}
    assert statement["Action"] == list(service.actions)

    def sent(account: str) -> dict[str, Any]:
        place = {"partition": "aws", "region": "us-east-1", "account": account, "name": "x"}
        arns = [service.resources[kind].format(**place) for kind in service.usual]
        found = {"aws:SourceArn": arns[0]} if arns else {}
        return found | ({"aws:SourceAccount": account} if "account" in service.sends else {})

    for action in service.actions:
        assert allowed(policy, service.principal, action, sent(OWN))
        assert allowed(policy, service.principal, action, sent(OTHER)) is not bool(service.asks)
        assert allowed(policy, service.principal, action, {}) is not bool(service.asks)


@pytest.mark.parametrize("name", trusted_services())
def test_each_service_is_known_and_has_its_page(name: str) -> None:
    """The principal is one that IAM's reference knows; what is asked for is sent, and each ARN has its page."""
    service = trusted_services()[name]
    assert service_principal_doubt(service.principal) is None
    assert service_of_principal(service.principal) is service
    assert service.source.startswith("https://docs.aws.amazon.com/")
    assert service.asks <= service.sends <= {"account", "arn"}
    assert ("arn" in service.sends) == bool(service.resources) == bool(service.usual)
    assert set(service.usual) <= set(service.resources)
    assert not service.sends or not service.tags, "the note on a missing source key would be wrong"


@pytest.mark.parametrize(("partition", "region"), PARTITION_REGIONS.items())
def test_the_arns_are_of_the_role_s_partition_and_region(partition: str, region: str) -> None:
    """A schedule group in another partition or region can't make the Scheduler use the role."""
    (statement,) = document("service:scheduler", region=region)["Statement"]
    assert statement["Condition"] == {
        "StringEquals": {"aws:SourceAccount": OWN},
        "ArnLike": {"aws:SourceArn": f"arn:{partition}:scheduler:{region}:{OWN}:schedule-group/*"},
    }


@pytest.mark.parametrize(
    ("trust", "condition"),
    [
        (
            "service:scheduler?name=ml,nightly-*&source=arn",
            {"ArnLike": {"aws:SourceArn": [f"arn:aws:scheduler:us-east-1:{OWN}:schedule-group/{one}"
                                           for one in ("ml", "nightly-*")]}},
        ),
        ("service:codebuild?name=image", {"ArnLike": {"aws:SourceArn": f"arn:aws:codebuild:us-east-1:{OWN}:project/image"}}),
        (
            "service:states?source=account",
            {"StringEquals": {"aws:SourceAccount": OWN}},
        ),
        (
            "service:bedrock?resource=evaluation-job&source=arn",
            {"ArnLike": {"aws:SourceArn": f"arn:aws:bedrock:us-east-1:{OWN}:evaluation-job/*"}},
        ),
        (
            "service:pods.eks?namespace=ml&service-account=trainer,tuner&cluster=prod",
            {"StringEquals": {
                "aws:RequestTag/kubernetes-namespace": "ml",
                "aws:RequestTag/kubernetes-service-account": ["trainer", "tuner"],
                "aws:RequestTag/eks-cluster-arn": f"arn:aws:eks:us-east-1:{OWN}:cluster/prod",
            }},
        ),
        (
            "service:datazone",
            {"StringEquals": {"aws:SourceAccount": OWN}, "ForAllValues:StringLike": {"aws:TagKeys": "datazone*"}},
        ),
    ],
)  # fmt: skip
def test_options_narrow_what_is_asked(trust: str, condition: dict[str, Any]) -> None:
    """Each option becomes the condition that the service's page shows."""
    (statement,) = document(trust)["Statement"]
    assert statement["Condition"] == condition


def test_a_thing_of_another_name_does_not_get_in() -> None:
    """A narrowed trust is judged by the evaluator: the named project alone; the named namespace, not another one."""
    built = document("service:codebuild?name=image")
    arn = f"arn:aws:codebuild:us-east-1:{OWN}:project/"
    assert allowed(built, "codebuild.amazonaws.com", "sts:AssumeRole", {"aws:SourceArn": f"{arn}image"})
    assert not allowed(built, "codebuild.amazonaws.com", "sts:AssumeRole", {"aws:SourceArn": f"{arn}image-of-others"})
    pods = document("service:pods.eks?namespace=ml")
    for action in ("sts:AssumeRole", "sts:TagSession"):
        assert allowed(pods, "pods.eks.amazonaws.com", action, {"aws:RequestTag/kubernetes-namespace": "ml"})
        assert not allowed(pods, "pods.eks.amazonaws.com", action, {"aws:RequestTag/kubernetes-namespace": "web"})
        assert not allowed(pods, "pods.eks.amazonaws.com", action, {})


@pytest.mark.parametrize(
    ("trust", "says"),
    [
        (("service:sheduler",), "unknown service in trust `sheduler`; did you mean scheduler?"),
        (("service:zzz",), "unknown service in trust `zzz`; known are bedrock, codebuild,"),
        (("service:sagemaker",), "SageMaker is a kind of trust of its own; write `sagemaker`"),
        (("service:glue?source=arn",), "shows neither source key: a condition on aws:SourceArn might let nobody in"),
        (("service:datazone?source=both",), "shows aws:SourceAccount: a condition on aws:SourceArn might let nobody in"),
        (("service:datazone?name=x",), "datazone.amazonaws.com shows no aws:SourceArn, so it can't be kept to names"),
        (("service:servicecatalog?name=x",), "an aws:SourceArn of the account alone, so it can't be kept to names"),
        (("service:scheduler?source=account&name=x",), "asked of aws:SourceArn, which source=account leaves out"),
        (("service:lambda?name=x",), "asked of aws:SourceArn, which AWS's own page on lambda.amazonaws.com leaves out"),
        (("service:scheduler?resource=schedule",), "no aws:SourceArn of a `schedule`; it is schedule-group"),
        (("service:events?cluster=x",), "no session tag by which cluster= could be asked; it is for pods.eks"),
        (("service:events", "service:events?name=x"), "`service:events` is given twice"),
        (("service:events?name=${aws:x}",), "`${aws:x}` is not a name or a pattern of names"),
        (("service:EVENTS",), "`EVENTS` is not the name of a service such as scheduler"),
        (("service:pods.eks?namespace=Ml",), "`Ml` is not a name as Kubernetes takes it"),
        (("service",), "service needs to be told whom: service:NAME"),
        (("service:events?session-tags=a",), "AWS's services bring no tags of yours"),
        (("account:444455556666?namespace=ml",), "`namespace` is not for account, only for service"),
    ],
)  # fmt: skip
def test_what_no_page_shows_is_refused(trust: tuple[str, ...], says: str) -> None:
    """Each with the nearest right thing."""
    assert says in refusal(*trust)


def test_what_no_condition_keeps_out_is_said() -> None:
    """A service without a source key, and one whose key was left out; pods whose tags are off do not get in."""
    assert "AWS's page shows no key" in notes("service:glue")[0]
    assert "source=both and name= narrow it" in notes("service:lambda")[0]
    assert not notes("service:lambda?source=both&name=reward-*")
    assert "only iam:PassRole decides who lets it use the role" in notes("service:lambda")[0]
    assert "source=none asks for no key" in notes("service:events?source=none")[0]
    assert "cluster=, namespace=, service-account= narrow it" in notes("service:pods.eks")[0]
    assert "whose session tags are disabled does not get in" in notes("service:pods.eks?cluster=prod")[0]
    assert not notes("service:scheduler", "sagemaker")
    assert (
        "called Project would stand in place"
        in notes("service:job.sagemaker", abac=["Project"], tag={"Project": "x"})[-1]
    )


def test_a_template_for_any_account_leaves_the_place_of_sources_open(run: Run) -> None:
    """CloudFormation fills in account, region and partition, as it does for SageMaker."""
    ran = run("create", "--persona", "sagemaker-compute", "--trust", "service:scheduler", "--format", "cloudformation")
    assert ran.code == 0
    assert "${AWS::Partition}:scheduler:${AWS::Region}:${AWS::AccountId}:schedule-group/*" in ran.stdout


def test_preview_says_who_and_from_where(run: Run) -> None:
    """WHO names the service, its account and its source; a service that sends nothing is under no condition."""
    ran = run("preview", "--persona", "sagemaker-compute", "--trust", "service:scheduler", "--trust", "service:lambda")
    page = " ".join(ran.stdout.split())
    assert (
        f"scheduler.amazonaws.com, for account {OWN}, from arn:aws:scheduler:us-east-1:{OWN}:schedule-group/*" in page
    )
    assert "lambda.amazonaws.com, under no condition" in page


def test_the_words_of_a_trust_read_back_as_the_same() -> None:
    """The short form is what the wizard and lock files write."""
    text = "service:pods.eks?namespace=ml&service-account=trainer,tuner"
    (trust,) = role_spec(persona="sagemaker-compute", trust=[text]).value.trust
    assert as_text(trust) == text


def test_an_elevated_role_is_not_taken_by_a_service(run: Run) -> None:
    """Nobody approves what a service does."""
    ran = run(
        "elevated", "--persona", "data-scientist", "--raise", "max-runtime=48h", "--trust", "service:events",
        "--expires", "2026-12-24T18:00Z",
    )  # fmt: skip
    assert ran.code == 2
    assert "an AWS service asks nobody" in ran.stderr


def test_a_role_without_such_a_trust_reads_nothing_of_it(tmp_path: Path) -> None:
    """A cold start pays for the data file only where a service is trusted."""
    script = (
        "import sys\nfrom rolemgr.cli.main import main\n"
        "try:\n    main(['create', '--persona', 'sagemaker-compute', '-o', sys.argv[1]])\nexcept SystemExit:\n    pass\n"
        "print([name for name in sys.modules if name.endswith(('reference.service_trust', 'compose.service_trust'))])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "role.json")], capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "[]"


PERSONA = """\
title: Nightly
description: Starts things.
activity_groups: [read-logs]
trust: [{trust}]
sources: [https://docs.aws.amazon.com/scheduler/latest/UserGuide/setting-up.html]
"""


def custom(tmp_path: Path, trust: str, **more: str) -> Catalog:
    """Return the catalog with a persona `nightly` that names *trust*, and another that extends it."""
    folder = tmp_path / "catalog" / "personas"
    folder.mkdir(parents=True)
    (folder / "nightly.yaml").write_text(PERSONA.format(trust=trust))
    (folder / "nightly-too.yaml").write_text("title: T\ndescription: D\nextends: nightly\n")
    return Catalog((folder.parent,))


def test_a_persona_says_which_service_takes_it(tmp_path: Path) -> None:
    """Unless the user says otherwise, also where another persona extends it."""
    catalog = custom(tmp_path, "service:scheduler, sagemaker")
    for name in ("nightly", "nightly-too"):
        role = composed(catalog, persona=name)
        principals = [one.principal["Service"] for one in role.trust]
        assert principals == [("sagemaker.amazonaws.com",), ("scheduler.amazonaws.com",)]
        assert [one.kind for one in role.spec.trust] == ["service", "sagemaker"]
    chosen = composed(catalog, persona="nightly", trust=["account:444455556666"])
    assert [one.principal for one in chosen.trust] == [{"AWS": ("arn:aws:iam::444455556666:root",)}]


@pytest.mark.parametrize(
    ("trust", "says"),
    [("account:444455556666", "a persona names AWS's services alone"), ("servce:x", "use one of sagemaker, service")],
)
def test_a_persona_s_trust_is_read_with_its_line(tmp_path: Path, trust: str, says: str) -> None:
    """A persona can't open its role to people or accounts that its user did not name."""
    with pytest.raises(RolemgrError) as caught:
        resolve_persona(custom(tmp_path, trust), "nightly")
    assert "nightly.yaml:4" in str(caught.value)
    assert says in str(caught.value)


def test_check_knows_which_services_send_a_source(run: Run, tmp_path: Path) -> None:
    """RM801 speaks of the Scheduler, which sends one, in any region's spelling, and not of Lambda."""
    for name, found in (("scheduler", True), ("states.eu-west-1", True), ("lambda", False), ("job.sagemaker", False)):
        statement = {
            "Effect": "Allow", "Principal": {"Service": f"{name}.amazonaws.com"}, "Action": "sts:AssumeRole",
        }  # fmt: skip
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
        ran = run("check", "--type", "trust", "--format", "json", str(path))
        rules = {one["rule"] for one in json.loads(ran.stdout)["findings"]}
        assert ("RM801" in rules) is found, name


def test_diagnose_and_simulate_ask_as_the_service(run: Run) -> None:
    """What the service sends for the role's account is filled in, and said."""
    choice = ("--persona", "sagemaker-compute", "--trust", "service:scheduler?name=ml")
    ran = run(
        "diagnose", *choice, "--principal", "scheduler.amazonaws.com", "--action", "sts:AssumeRole",
        "--resource", f"arn:aws:iam::{OWN}:role/sagemaker-compute",
    )  # fmt: skip
    assert "schedule-group/ml" in ran.stdout


def test_a_service_has_roles_of_several_kinds() -> None:
    """A project's role of Unified Studio gets tags of other names than the domain's, and a source identity."""
    domain, project = document("service:datazone"), document("service:datazone?role=project")
    sent = {"aws:SourceAccount": OWN, "aws:TagKeys": ["AmazonDataZoneProject", "datazone:userId"]}
    service = "datazone.amazonaws.com"
    assert allowed(project, service, "sts:AssumeRole", sent)
    assert allowed(project, service, "sts:SetSourceIdentity", sent)
    assert not allowed(project, service, "sts:AssumeRole", {**sent, "aws:SourceAccount": OTHER})
    assert not allowed(domain, service, "sts:AssumeRole", sent)
    assert not allowed(domain, service, "sts:SetSourceIdentity", {"aws:SourceAccount": OWN})


def test_a_kind_of_role_that_no_page_shows_is_refused() -> None:
    """It would be taken by nobody, or by more than was meant."""
    assert "it is project" in refusal("service:datazone?role=domain")
    assert "leave out role=" in refusal("service:scheduler?role=project")


def test_every_kind_of_role_has_its_page() -> None:
    """Each is what a page of AWS shows, and none has kinds of its own."""
    kinds = [kind for one in trusted_services().values() for kind in one.roles.values()]
    assert kinds
    assert all(kind.source.startswith("https://docs.aws.amazon.com/") and not kind.roles for kind in kinds)
