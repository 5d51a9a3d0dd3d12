"""`rolemgr detective`: controls by name, several in one stack, in each form; bad input is one line."""

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from tests.detective.support import CATALOG, NAMES, OTHER_KEY, ROLE, Watch, event, shaped
from tests.export.test_terraform import PLUGINS, TERRAFORM, needs_terraform

from rolemgr.files.yaml import read_yaml

if TYPE_CHECKING:
    from tests.conftest import Run

REPOSITORY = Path(__file__).resolve().parents[2]
ROLE_FILE = """\
persona: ml-engineer
name: churn
account: "111122223333"
region: eu-west-1
bucket: [acme-churn]
abac: [Project]
tag: {Project: churn}
pass_role: ["arn:aws:iam::111122223333:role/churn-jobs"]
guardrail: {instance-types: [ml.m5.*], max-runtime: 12h}
trust: [{kind: role, value: "arn:aws:iam::444455556666:role/deployer"}]
"""


@pytest.fixture
def role_file() -> str:
    """Write a role file into the test's folder; return its name."""
    Path("churn.yaml").write_text(ROLE_FILE, encoding="utf-8")
    return "churn.yaml"


def test_without_a_name_the_controls_are_listed(run: "Run") -> None:
    """As a table, or as data; the same as `rolemgr list detective-controls`."""
    listed = run("detective")
    assert listed.stdout == run("list", "detective-controls").stdout
    assert all(name in listed.stdout for name in NAMES)
    data = json.loads(run("detective", "--format", "json").stdout)
    assert [one["id"] for one in data] == NAMES
    assert {one["id"] for one in data if one["stops"]} == {"jobs-outside-vpc", "on-demand-jobs", "outside-guardrails"}


@pytest.mark.parametrize("name", NAMES)
def test_a_control_is_shown(name: str, run: "Run") -> None:
    """What it finds, what it can't, what it costs; as data all that its file says."""
    text = run("show", "detective-control", name)
    assert text.code == 0
    for head in ("Why", "Can't find", "Cost", "Sources"):
        assert head in text.stdout
    data = json.loads(run("show", "detective-control", name, "--format", "json").stdout)
    assert data["title"] == CATALOG.detective_control(name).value.title


@pytest.mark.parametrize("name", ["on-demand-jobs", "untagged-resources", "data-events"])
def test_the_command_prints_a_template_and_nothing_else(name: str, run: "Run", tmp_path: Path) -> None:
    """YAML by default and JSON on request are the same template, on stdout or in a file, each time."""
    asked = run("detective", name, "--format", "json")
    (tmp_path / "default.yaml").write_text(run("detective", name).stdout)
    assert (asked.code, asked.errors) == (0, [])
    assert read_yaml(tmp_path / "default.yaml").data == json.loads(asked.stdout)
    written = run("detective", name, "--format", "json", "-o", "control.json")
    assert written.stdout == ""
    assert (tmp_path / "control.json").read_text() == asked.stdout


def test_the_options_reach_the_template(run: "Run") -> None:
    """Tag keys once each in their order, Project by default and said; stopping with the rights for it."""
    named = run("detective", "untagged-resources", "--tag-key", "Owner", "--tag-key", "Project", "--tag-key", "Owner")
    assert "TAG_KEYS: Owner,Project\n" in named.stdout
    assert named.notes == []
    bare = run("detective", "untagged-resources")
    assert "TAG_KEYS: Project\n" in bare.stdout
    assert bare.notes == ["tag key Project; choose others with --tag-key"]
    assert "sagemaker:Stop" not in run("detective", "on-demand-jobs").stdout
    stopping = run("detective", "on-demand-jobs", "--stop").stdout
    assert "STOP: 'true'\n" in stopping
    assert "Action: sagemaker:StopTrainingJob\n" in stopping
    assert "AWS::SSM::Document" in run("detective", "mutable-image-tags", "--remediate").stdout


def test_several_controls_make_one_stack_with_one_topic(run: "Run") -> None:
    """Each once, whatever the order and however often it is named."""
    asked = json.loads(
        run("detective", "on-demand-jobs", "untagged-resources", "on-demand-jobs", "--format", "json").stdout
    )
    kinds = [one["Type"] for one in asked["Resources"].values()]
    assert kinds.count("AWS::SNS::Topic") == 1
    assert kinds.count("AWS::Lambda::Function") == 2
    assert asked["Metadata"].keys() == {"OnDemandJobs", "UntaggedResources"}


def test_all_leaves_out_what_has_nothing_to_judge_by_and_says_so(run: "Run") -> None:
    """Bare, the controls that need guardrails and roles are not there; and what is charged is named."""
    ran = run("detective", "all", "--format", "json")
    found = json.loads(ran.stdout)
    assert "OutsideGuardrailsRule" not in found["Resources"]
    assert "PassedRolesRule" not in found["Resources"]
    assert [note for note in ran.notes if "is left out" in note] == [
        "outside-guardrails is left out, as it has nothing to judge by; "
        "give --guardrail NAME, --guardrail-profile NAME or --role FILE",
        "passed-roles is left out, as it has nothing to judge by; give --role FILE or --pass-role ARN",
    ]
    assert any(note.startswith("AWS charges for") and "data-events" in note for note in ran.notes)
    assert any("bytes: above 51,200" in note for note in ran.notes)


def test_a_role_file_says_what_is_meant(run: "Run", role_file: str) -> None:
    """Its guardrails, tag keys, roles to pass, buckets and trust."""
    stack = json.loads(run("detective", "all", "--role", role_file, "--format", "json").stdout)
    outside = Watch(stack, "OutsideGuardrails")
    request = shaped("CreateTrainingJob", {"ResourceConfig.InstanceType": "ml.p5.48xlarge"})
    assert "instance-types (InstanceTypes" in (outside.says(event("CreateTrainingJob", request)) or "")
    passed = Watch(stack, "PassedRoles")
    for arn, found in (("arn:aws:iam::111122223333:role/churn-jobs", False), (ROLE, True)):
        assert bool(passed.says(event("CreateTrainingJob", shaped("CreateTrainingJob", {"RoleArn": arn})))) is found
    [rule] = stack["Resources"]["ExternalAccessAnalyzer"]["Properties"]["ArchiveRules"]
    assert {"Property": "principal.AWS", "Eq": ["arn:aws:iam::444455556666:role/deployer"]} in rule["Filter"]
    assert {"Property": "resource", "Eq": ["arn:aws:iam::111122223333:role/churn"]} in rule["Filter"]
    assert "acme-churn" in json.dumps(stack["Resources"]["DataEventsTrail"])
    assert (
        stack["Resources"]["UntaggedResourcesFunction"]["Properties"]["Environment"]["Variables"]["TAG_KEYS"]
        == "Project"
    )


def test_role_files_together_allow_what_any_of_them_allows(run: "Run", role_file: str) -> None:
    """Lists are joined; what takes one value must be the same, or be said by hand."""
    other = ROLE_FILE.replace("ml.m5.*", "ml.p5.*").replace("name: churn", "name: fraud")
    Path("fraud.yaml").write_text(other, encoding="utf-8")
    stack = json.loads(run("detective", "outside-guardrails", "--role", "*.yaml", "--format", "json").stdout)
    one = Watch(stack, "OutsideGuardrails")
    for kind, outside in (("ml.p5.48xlarge", False), ("ml.m5.large", False), ("ml.g5.xlarge", True)):
        request = shaped("CreateTrainingJob", {"ResourceConfig.InstanceType": kind})
        assert ("instance-types" in (one.says(event("CreateTrainingJob", request)) or "")) is outside
    Path("fraud.yaml").write_text(other.replace("12h", "6h"), encoding="utf-8")
    ran = run("detective", "outside-guardrails", "--role", "*.yaml")
    assert ran.code == 2
    assert ran.errors == [
        "fraud.yaml:9: role files differ in `max-runtime`: 43200 and 21600; give --guardrail max-runtime=VALUE, "
        "which counts for all"
    ]
    assert run("detective", "outside-guardrails", "--role", "*.yaml", "--guardrail", "max-runtime=6h").code == 0


def test_guardrails_by_hand(run: "Run") -> None:
    """With short forms, and whatever the role files say."""
    ran = run(
        "detective",
        "outside-guardrails",
        "--guardrail",
        "volume-kms-key",
        "--volume-key",
        OTHER_KEY,
        "--format",
        "json",
    )
    one = Watch(json.loads(ran.stdout), "OutsideGuardrails")
    for key, found in ((OTHER_KEY, False), (OTHER_KEY.replace("9", "1"), True)):
        request = shaped("CreateNotebookInstance", {"KmsKeyId": key, "InstanceType": "ml.t3.medium"})
        assert bool(one.says(event("CreateNotebookInstance", request))) is found


def test_guardrails_whose_calls_no_control_reads_are_named(run: "Run") -> None:
    """Bedrock's calls are not in the rule, and nobody takes them for watched; alone they are nothing to judge by."""
    ran = run(
        "detective", "outside-guardrails", "--guardrail", "bedrock-regions=eu-west-1", "--guardrail", "max-runtime=6h"
    )
    assert "no control reads calls limited by bedrock-regions: SageMaker's are read, and no other's" in ran.notes
    assert "InvokeModel" not in ran.stdout
    alone = run("detective", "outside-guardrails", "--guardrail", "bedrock-regions=eu-west-1")
    assert (alone.code, "nothing to judge by" in alone.stderr) == (2, True)


def test_guardrails_without_a_managed_rule_are_named(run: "Run") -> None:
    """Nobody takes them for covered."""
    ran = run("detective", "config-guardrails", "--guardrail", "max-runtime=6h", "--guardrail", "root-access")
    assert "no managed rule of AWS Config judges max-runtime; outside-guardrails does" in ran.notes
    assert "SAGEMAKER_NOTEBOOK_INSTANCE_ROOT_ACCESS_CHECK" in ran.stdout


def test_a_pack_and_the_accelerator_have_rules_alone(run: "Run") -> None:
    """Of `all` the others are left out, which is said; one that is named is refused."""
    pack = run("detective", "all", "--format", "conformance-pack", "--region", "eu-west-1")
    assert {one["Type"] for one in yaml.safe_load(pack.stdout.replace("!Ref", ""))["Resources"].values()} == {
        "AWS::Config::ConfigRule"
    }
    assert any("rules of AWS Config alone: ai-threats" in note for note in pack.notes)
    zurich = run("detective", "config-guardrails", "--format", "conformance-pack", "--region", "eu-central-2")
    assert any(
        note.startswith("eu-central-2 has no sagemaker-notebook-instance-root-access-check") for note in zurich.notes
    )
    config = yaml.safe_load(run("detective", "config-guardrails", "--format", "lza").stdout)
    assert config["awsConfig"]["ruleSets"]


def test_terraform_deploys_the_same_stack(run: "Run") -> None:
    """The template as text, its parameters as variables; and nothing in it that Terraform would fill."""
    asked = run("detective", "ai-threats", "untagged-resources", "--format", "terraform")
    module = json.loads(asked.stdout)
    [stack] = module["resource"]["aws_cloudformation_stack"].values()
    text = stack["template_body"].replace("$${", "${")
    assert json.loads(text) == json.loads(
        run("detective", "ai-threats", "untagged-resources", "--format", "json").stdout
    )
    assert stack["parameters"].keys() == json.loads(text)["Parameters"].keys()
    assert module["variable"].keys() == {"detector", "email", "topic_arn"}
    assert "${" not in stack["template_body"].replace("$${", "")


@needs_terraform
def test_terraform_takes_the_module(run: "Run", tmp_path: Path) -> None:
    """Its own validation, with the provider of AWS."""
    module = run("detective", "all", "--format", "terraform").stdout
    (tmp_path / "main.tf.json").write_text(module, encoding="utf-8")
    mirror = f'provider_installation {{\n  filesystem_mirror {{ path = "{PLUGINS}" }}\n}}\n'
    (tmp_path / "terraformrc").write_text(mirror)
    environment = {**os.environ, "TF_CLI_CONFIG_FILE": str(tmp_path / "terraformrc"), "CHECKPOINT_DISABLE": "1"}
    for step in (("init", "-input=false"), ("validate",)):
        done = subprocess.run(
            [str(TERRAFORM), *step], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


BAD: list[tuple[tuple[str, ...], str]] = [
    (("on-demand-job",), "unknown detective control `on-demand-job`; did you mean on-demand-jobs?"),
    (("x",), "unknown detective control `x`; see `rolemgr list detective-controls`"),
    (
        ("on-demand-jobs", "--tag-key", "Project"),
        "--tag-key: `on-demand-jobs` looks at no tags; it goes with config-tags, untagged-resources",
    ),
    (
        ("untagged-resources", "--stop"),
        "--stop: `untagged-resources` stops nothing; it goes with jobs-outside-vpc, on-demand-jobs, outside-guardrails",
    ),
    (
        ("untagged-resources", "--remediate"),
        "--remediate: `untagged-resources` has no remedy; it goes with broad-managed-policies, config-guardrails, mutable-image-tags",
    ),
    (
        ("untagged-resources", "--tag-key", "a,b"),
        "--tag-key: `a,b` is not a tag key: 1 to 128 of letters, digits, space, _.:/=+-@; not aws:",
    ),
    (
        ("untagged-resources", "--tag-key", "aws:x"),
        "--tag-key: `aws:x` is not a tag key: 1 to 128 of letters, digits, space, _.:/=+-@; not aws:",
    ),
    (
        ("passed-roles", "--pass-role", "*"),
        "--pass-role: `*` is not the ARN of a role; such as arn:aws:iam::111122223333:role/sagemaker-*",
    ),
    (
        ("outside-guardrails",),
        "`outside-guardrails` has nothing to judge by; give --guardrail NAME, --guardrail-profile NAME or --role FILE",
    ),
    (
        ("config-guardrails", "--guardrail", "max-runtime=6h"),
        "`config-guardrails` has nothing to judge by; give --guardrail of one that a managed rule judges",
    ),
    (("passed-roles",), "`passed-roles` has nothing to judge by; give --role FILE or --pass-role ARN"),
    (
        ("data-events", "--bucket", "A_b"),
        "--bucket: S3 lets no new bucket be called `A_b`; a bucket name is 3 to 63 of a-z, 0-9, dot and hyphen",
    ),
    (
        ("config-tags", "--format", "conformance-pack", "--region", "x"),
        "--region: `x` is not an AWS region such as us-east-1",
    ),
    (
        ("config-tags", "--region", "eu-west-1"),
        "--region: `yaml` is for every region; it goes with --format conformance-pack",
    ),
    (
        ("on-demand-jobs", "--bucket", "acme-churn"),
        "--bucket: `on-demand-jobs` logs no buckets; it goes with data-events",
    ),
    (
        ("on-demand-jobs", "--pass-role", ROLE),
        "--pass-role: `on-demand-jobs` looks at no roles that are passed; it goes with passed-roles",
    ),
    (
        ("on-demand-jobs", "--idle-role", ROLE),
        "--idle-role: `on-demand-jobs` looks at no idle roles; it goes with unused-access",
    ),
    (("x", "all"), "unknown detective control `x`; see `rolemgr list detective-controls`"),
    (
        ("unused-access", "--idle-role", "arn:aws:iam::111122223333:role/*"),
        "--idle-role: `arn:aws:iam::111122223333:role/*` has a wildcard, and an archive rule of Access Analyzer takes "
        "whole ARNs; name each role",
    ),
    (
        ("on-demand-jobs", "--subnet", "subnet-0a"),
        "--subnet: `on-demand-jobs` judges by no guardrails of yours; it goes with config-guardrails, outside-guardrails",
    ),
    (
        ("on-demand-jobs", "--format", "lza"),
        "--format: `lza` has rules of AWS Config alone, and `on-demand-jobs` has none; give --format cloudformation",
    ),
    (
        ("config-guardrails", "--remediate", "--format", "conformance-pack"),
        "--format: `conformance-pack` can't hold the runbooks and roles of --remediate; give --format cloudformation",
    ),
    (
        ("--guardrail", "root-access"),
        "--guardrail: goes with a control; name one, or all (`rolemgr list detective-controls`)",
    ),
    (("--stop",), "--stop: goes with a control; name one, or all (`rolemgr list detective-controls`)"),
    (("all", "--role", "none.yaml"), "none.yaml: can't be read: No such file or directory"),
]


@pytest.mark.parametrize(("args", "error"), BAD)
def test_bad_input_is_one_line(args: tuple[str, ...], error: str, run: "Run") -> None:
    """What is wrong and the nearest right thing; nothing on stdout."""
    ran = run("detective", *args)
    assert (ran.code, ran.stdout, ran.errors) == (2, "", [error])


OWN = """\
title: t
finds: f
why: w
cannot: [x]
cost: c
sources: [a, b]
"""


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("config_rules: [{rule: SAGEMAKER_MODEL_IN_VPCC}]", "unknown managed rule of AWS Config `SAGEMAKER_MODEL_IN_VPCC`; did you mean"),
        ("config_rules: [{rule: SAGEMAKER_NOTEBOOK_INSTANCE_PLATFORM_VERSION}]", "needs the parameter `supportedPlatformIdentifierVersions`"),
        ('config_rules: [{rule: SAGEMAKER_NOTEBOOK_INSTANCE_INSIDE_VPC, parameters: {Subnets: "x"}}]', "did you mean SubnetIds?"),
        ('config_rules: [{rule: SAGEMAKER_NOTEBOOK_INSTANCE_INSIDE_VPC, parameters: {SubnetIds: "{{ subnets"}}]', "is not a placeholder"),
        ('config_rules: [{rule: SAGEMAKER_NOTEBOOK_INSTANCE_INSIDE_VPC, parameters: {SubnetIds: "{{ subnets }}"}}]', "nothing fills `subnets`; there are tag_keys"),
        ("config_rules: [{rule: SAGEMAKER_MODEL_IN_VPC, guardrail: vpcc}]", "unknown guardrail `vpcc`; did you mean vpc?"),
        ("events: {calls: [CreateTraningJob], function: every-call}", "`CreateTraningJob` is not a call that SageMaker is known to have"),
        ("events: {calls: [CreateModel], function: publish}", "unknown function `publish`; there are aws-findings, every-call"),
        ("events: {calls: [CreateModel], function: aws-findings}", "`aws-findings` judges findings of AWS alone"),
        ("events: {detail_types: [X], function: every-call}", "`every-call` judges calls alone"),
        ("events: {calls: [CreateModel], function: passed-roles}", "`passed-roles` goes with `calls_of: roles`"),
        ("events: {calls_of: roles, function: every-call}", "`every-call` goes without `calls_of`"),
        ("events: {calls: [CreateModel], function: every-call, stops: {CreateModel: {action: sagemaker:DeleteModel, resource: model, name: modelName}}}", "`every-call` stops nothing"),
        ("events: {calls: [CreateTrainingJob], function: on-demand-jobs, stops: {CreateTrainingJob: {action: sagemaker:StopJobs, resource: x, name: y}}}", "`sagemaker:StopJobs` is not an action"),
        ("events: {calls_of: guardrails, function: outside-guardrails, uses: [{guardrail: vpc, only: [Nope]}]}", "unknown Sid of the guardrail `Nope`"),
        ("", "a control has `events`, `config_rules`, an `analyzer`, a `trail` or a `detector`"),
    ],
)  # fmt: skip
def test_what_a_control_of_one_s_own_names_must_be_there(text: str, error: str, run: "Run") -> None:
    """With its line: a control that is misspelt would find nothing for ever."""
    folder = Path("ours/detective_controls")
    folder.mkdir(parents=True)
    (folder / "our-own.yaml").write_text(f"{OWN}{text}\n", encoding="utf-8")
    ran = run("detective", "our-own", "--catalog", "ours")
    assert (ran.code, ran.stdout, len(ran.errors)) == (2, "", 1)
    assert ran.errors[0].startswith("ours/detective_controls/our-own.yaml:")
    assert error in ran.errors[0]


def test_trust_in_github_is_never_archived(run: "Run") -> None:
    """A role that somebody opens to any repository has the same provider: its finding must show."""
    text = ROLE_FILE.replace(
        '{kind: role, value: "arn:aws:iam::444455556666:role/deployer"}', '"github:acme/deploy?environment=prod"'
    )
    Path("ci.yaml").write_text(text, encoding="utf-8")
    stack = json.loads(run("detective", "external-access", "--role", "ci.yaml", "--format", "json").stdout)
    assert "ArchiveRules" not in stack["Resources"]["ExternalAccessAnalyzer"]["Properties"]


def test_a_control_of_one_s_own(run: "Run") -> None:
    """A file in `detective_controls/` of a catalog folder adds one, or takes the place of ours."""
    folder = Path("ours/detective_controls")
    folder.mkdir(parents=True)
    text = (REPOSITORY / "detective_controls" / "shared-with-others.yaml").read_text()
    (folder / "our-own.yaml").write_text(text.replace("PutEndpointPolicy", "CreateEndpoint"), encoding="utf-8")
    assert "our-own" in run("detective", "--catalog", "ours").stdout
    made: Any = json.loads(run("detective", "our-own", "--catalog", "ours", "--format", "json").stdout)
    assert (
        Watch(made, "OurOwn").says(event("CreateEndpoint", {"endpointName": "e"})) == "CreateEndpoint: endpointName e"
    )
    (folder / "our-own.yaml").write_text(text.replace("every-call", "no-such"), encoding="utf-8")
    ran = run("detective", "our-own", "--catalog", "ours")
    assert (ran.code, len(ran.errors)) == (2, 1)
    assert "unknown function `no-such`" in ran.errors[0]


def test_where_all_calls_come_from_is_not_watched_and_said(run: "Run") -> None:
    """The rule is the one of sessions: of no other call it says that nothing can be told."""
    chosen = "caller-network=203.0.113.0/24"
    limits = ("detective", "outside-guardrails", "--guardrail", "max-runtime=6h", "--guardrail")
    plain, every = run(*limits, chosen), run(*limits, f"{chosen},actions:all")
    assert every.stdout == plain.stdout
    said = "caller-network: the sessions are read, and not from where all other calls come: its own Deny holds those"
    assert (said in every.notes, said in plain.notes) == (True, False)
