"""`rolemgr test`: policy tests in YAML pass, fail with their reason, and are never overlooked."""

import json
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest

if TYPE_CHECKING:
    from tests.conftest import Run

TOP = Path(__file__).resolve().parents[2]
JOB = "arn:aws:sagemaker:us-east-1:111122223333:training-job"
STOP = {"action": "sagemaker:DeleteTrainingJob"}
"""What no test's role may do."""


def write(name: str, text: str) -> str:
    """Write a file in the working folder and return its name."""
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(dedent(text), encoding="utf-8")
    return name


def case(expect: str, more: str = "", **request: str) -> str:
    """Return a case of a test file in one line of flow style."""
    asked = json.dumps({"action": "sagemaker:CreateTrainingJob", "resource": f"{JOB}/churn", **request})
    return f"  - {{name: a case, request: {asked}, expect: {expect}{more}}}\n"


@pytest.fixture
def role(small_catalog: Path) -> str:
    """Return the first lines of a test file about the small catalog's persona."""
    return f"persona: tester\nrole: {{catalog: {small_catalog}}}\ncases:\n"


def test_tests_that_hold_pass(run: "Run", role: str) -> None:
    """A dot each, and a count."""
    name = write("a.yaml", role + case("Allowed") + case("ImplicitlyDenied", **STOP))
    ran = run("test", name)
    assert (ran.code, ran.errors) == (0, [])
    assert ran.stdout == "a.yaml ..\n\n2 passed\n"


def test_a_test_that_fails_says_why(run: "Run", role: str) -> None:
    """Its line, what was expected and why, what came instead and by which statement of which catalog file."""
    name = write("a.yaml", role + case("ImplicitlyDenied", ", why: because I say so") + case("Allowed"))
    ran = run("test", name)
    assert ran.code == 1
    assert ran.stdout.startswith("a.yaml F.\n")
    assert ran.stdout.endswith("1 failed, 1 passed\n")
    for text in ("FAILED a.yaml:4: a case", "why: because I say so", "expected ImplicitlyDenied", "got Allowed",
                 "`TrainingJobs`", "from catalog/activity_groups/run-jobs.yaml:"):  # fmt: skip
        assert text in ran.stdout


def test_a_denial_shows_the_nearest_misses(run: "Run", role: str) -> None:
    """Where an Allow was expected, the Allows that came near are told, with what they lacked."""
    request = {"action": "iam:PassRole", "resource": "arn:aws:iam::111122223333:role/other"}
    ran = run("test", write("a.yaml", role + case("Allowed", **request)))
    assert ran.code == 1
    assert "the identity policy does not allow it" in ran.stdout
    assert "Allow identity policy (policy 0): `PassRoles` did not match" in ran.stdout


def test_the_deciding_statement_can_be_named(run: "Run", role: str) -> None:
    """`by` is a Sid of the role or of the catalog, and another one fails the test."""
    assert run("test", write("a.yaml", role + case("Allowed", ", by: TrainingJobs"))).code == 0
    ran = run("test", write("b.yaml", role + case("Allowed", ", by: PassRoles")))
    assert ran.code == 1
    assert "expected Allowed by `PassRoles`" in ran.stdout


def test_several_decisions_may_do(run: "Run", role: str) -> None:
    """A test that only cares that it is denied says so."""
    denied = "[ExplicitlyDenied, ImplicitlyDenied]"
    assert run("test", write("a.yaml", role + case(denied, **STOP))).code == 0


def test_a_role_file_is_found_beside_the_test(run: "Run", small_catalog: Path) -> None:
    """Paths start from the test file, wherever the command runs; so do those of the role file."""
    write("roles/tester.yaml", f"persona: tester\ncatalog: [../{small_catalog}]\n")
    write("tests/deep/a.yaml", "role: ../../roles/tester.yaml\ncases:\n" + case("Allowed"))
    assert run("test", "tests").code == 0


POLICY = """\
policies:
  Version: "2012-10-17"
  Statement: {Sid: All, Effect: Allow, Action: "sagemaker:*", Resource: "*"}
principal: arn:aws:iam::111122223333:role/trainer
"""


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        ("", "Allowed"),
        ("boundary_policy: {Statement: {Effect: Allow, Action: 's3:*', Resource: '*'}}", "ImplicitlyDenied"),
        ("session_policy: [{Statement: {Effect: Allow, Action: 's3:*', Resource: '*'}}]", "ImplicitlyDenied"),
        ("scp: {Statement: {Effect: Deny, Action: 'sagemaker:Create*', Resource: '*'}}", "ExplicitlyDenied"),
        ("scp: {Statement: {Effect: Deny, Action: 'sagemaker:Delete*', Resource: '*'}}", "Allowed"),
        ("scp: [[deny.json], [allow-s3.json]]", "ImplicitlyDenied"),
        ("scp: [deny.json, allow-all.json]", "Allowed"),
        ("rcp: {Statement: {Effect: Deny, Principal: '*', Action: '*', Resource: '*'}}", "Allowed"),
        ("vpc_endpoint_policy: {Statement: {Effect: Allow, Principal: '*', Action: 's3:*', Resource: '*'}}",
         "ImplicitlyDenied"),
        ("resource_policy: {Statement: {Effect: Deny, Principal: '*', Action: '*', Resource: '*'}}",
         "ExplicitlyDenied"),
    ],
)  # fmt: skip
def test_layers_limit(layer: str, expected: str, run: "Run") -> None:
    """Each layer that the file names has its say, but RCPs, for they do not reach SageMaker; FullAWSAccess is there."""
    write("deny.json", '{"Statement": {"Effect": "Deny", "Action": "iam:*", "Resource": "*"}}')
    write("allow-s3.json", '[{"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}]')
    write("allow-all.json", '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}')
    ran = run("test", write("a.yaml", f"{POLICY}{layer}\ncases:\n{case(expected)}"))
    assert (ran.code, ran.errors) == (0, []), ran.stdout


def test_an_rcp_reaches_a_bucket(run: "Run") -> None:
    """S3 is among the services that support resource control policies."""
    text = """\
    policies: {Statement: {Effect: Allow, Action: "s3:*", Resource: "*"}}
    principal: arn:aws:iam::111122223333:role/trainer
    rcp: {Statement: {Effect: Deny, Principal: "*", Action: "s3:Get*", Resource: "*"}}
    cases:
      - name: the bucket
        request: {action: s3:GetObject, resource: "arn:aws:s3:::acme/a"}
        expect: ExplicitlyDenied
    """
    ran = run("test", write("a.yaml", text))
    assert (ran.code, ran.errors) == (0, []), ran.stdout


def test_a_case_may_have_a_resource_policy_of_its_own(run: "Run") -> None:
    """The bucket's for one request, the key's for another; accounts differ, and both sides must allow."""
    text = """\
    policies: {Statement: {Effect: Allow, Action: ["s3:*", "kms:*"], Resource: "*"}}
    principal: arn:aws:iam::111122223333:role/trainer
    resource_policy:
      Statement: {Effect: Allow, Principal: {AWS: "111122223333"}, Action: "s3:GetObject", Resource: "arn:aws:s3:::acme/*"}
    cases:
      - name: the bucket
        request: {action: s3:GetObject, resource: "arn:aws:s3:::acme/a", resource_account: 444455556666}
        expect: Allowed
      - name: the key leaves it to its own account
        request: &key {action: kms:Decrypt, resource: "arn:aws:kms:us-east-1:444455556666:key/1"}
        resource_policy: {Statement: {Effect: Allow, Principal: {AWS: "444455556666"}, Action: "kms:*", Resource: "*"}}
        expect: ImplicitlyDenied
      - name: the key allows the role
        request: *key
        resource_policy:
          Statement:
            {Effect: Allow, Principal: {AWS: "arn:aws:iam::111122223333:role/trainer"}, Action: "kms:*", Resource: "*"}
        expect: Allowed
    """
    ran = run("test", write("a.yaml", text))
    assert (ran.code, ran.stdout) == (0, "a.yaml ...\n\n3 passed\n")


def test_a_trust_policy_is_a_resource_policy(run: "Run") -> None:
    """Who may assume the role is tested like anything else, by the role's trust policy."""
    text = """\
    resource_policy: {Statement: {Effect: Allow, Principal: {Service: sagemaker.amazonaws.com}, Action: "sts:AssumeRole"}}
    cases:
      - name: SageMaker may
        request: &assume
          {action: sts:AssumeRole, resource: "arn:aws:iam::111122223333:role/r", principal: sagemaker.amazonaws.com}
        expect: Allowed
      - name: EC2 may not
        request:
          {action: sts:AssumeRole, resource: "arn:aws:iam::111122223333:role/r", principal: ec2.amazonaws.com}
        expect: ImplicitlyDenied
    """
    assert run("test", write("a.yaml", text)).stdout == "a.yaml ..\n\n2 passed\n"


def test_calls_must_be_allowed_and_their_twins_not(run: "Run", role: str) -> None:
    """The days in the life of the personas are test files as they stand."""
    days = run("test", str(TOP / "tests" / "days"))
    assert days.errors == []
    assert " passed in " in days.stdout.splitlines()[-1]
    calls = (
        role.replace("cases:", "calls:")
        + f"""\
  - call: trains
    requests: [{{action: sagemaker:CreateTrainingJob, resource: "{JOB}/churn"}}]
    twin: {{why: it is tuning, request: {{action: sagemaker:DescribeTrainingJob, resource: "{JOB}/churn"}}}}
"""
    )
    ran = run("test", write("a.yaml", calls))
    assert ran.code == 1
    assert ran.stdout.startswith("a.yaml .F\n")
    assert "trains: twin" in ran.stdout
    assert "why: it is tuning" in ran.stdout


def test_shared_context_can_be_overridden(run: "Run") -> None:
    """A request's own keys win over the file's, whatever their case; an empty list takes one away."""
    text = """\
    policies:
      Version: "2012-10-17"
      Statement:
        Effect: Allow
        Action: sagemaker:AddTags
        Resource: "*"
        Condition: {StringEquals: {"aws:RequestTag/Project": churn}}
    context: {aws:RequestTag/Project: churn}
    cases:
    """
    cases = "".join(
        f"  - {{name: n, request: {{action: sagemaker:AddTags, resource: '{JOB}/x', context: {context}}}, expect: {expect}}}\n"
        for context, expect in (
            ("{}", "Allowed"),
            ("{AWS:RequestTag/project: fraud}", "ImplicitlyDenied"),
            ("{aws:RequestTag/Project: []}", "ImplicitlyDenied"),
        )
    )
    assert run("test", write("a.yaml", dedent(text) + cases)).stdout == "a.yaml ...\n\n3 passed\n"


def test_json_has_every_test(run: "Run", role: str) -> None:
    """A program reads what was asked, expected and decided."""
    name = write("a.yaml", role + case("Allowed") + case("ExplicitlyDenied"))
    ran = run("test", name, "--format", "json")
    data = json.loads(ran.stdout)
    assert (ran.code, data["passed"], data["failed"]) == (1, 1, 1)
    assert data["tests"][1] | {"by": []} == {
        "name": "a case", "file": "a.yaml", "line": 5, "action": "sagemaker:CreateTrainingJob",
        "resource": f"{JOB}/churn", "expected": ["ExplicitlyDenied"], "decision": "Allowed", "passed": False, "by": [],
        "missing": [], "notes": [],
    }  # fmt: skip


def test_an_xml_file_is_junit(run: "Run", role: str) -> None:
    """The text form was written into it without a word, and the step of CI that reads it then failed."""
    name = write("t.yaml", role + case("Allowed"))
    assert run("test", name, "-o", "results.xml").code == run("test", name, "--format", "junit").code
    assert Path("results.xml").read_text("utf-8").startswith("<?xml")
    assert run("test", name, "--format", "text", "-o", "other.xml").code == 2
    assert not Path("other.xml").exists()


def test_junit_is_what_ci_reads(run: "Run", role: str) -> None:
    """A suite per file, a case per request, a failure with its explanation; no character that XML can't hold."""
    odd = case("ExplicitlyDenied").replace("a case", '"a <case> \\x01"')
    name = write("a.yaml", role + case("Allowed") + odd)
    ran = run("test", name, "--format", "junit", "-o", "results.xml")
    assert (ran.code, ran.stdout) == (1, "")
    root = ElementTree.fromstring(Path("results.xml").read_text("utf-8"))  # noqa: S314 - our own
    suite = root[0]
    assert (root.get("tests"), root.get("failures"), suite.get("name")) == ("2", "1", "a.yaml")
    assert suite[0].get("name") == f"a case [sagemaker:CreateTrainingJob on {JOB}/churn]"
    failure = suite[1][0]
    assert failure.get("message") == "expected ExplicitlyDenied, got Allowed"
    assert "`TrainingJobs`" in (failure.text or "")


def test_folders_are_searched(run: "Run", role: str) -> None:
    """Test files are found below the folder; hidden folders are left alone, and other files are named."""
    write("tests/a/one.yaml", role.replace("catalog: ", "catalog: ../../") + case("Allowed"))
    write("tests/two.yml", role.replace("catalog: ", "catalog: ../") + case("Allowed"))
    write("tests/.cache/three.yaml", "cases: broken")
    write("tests/role.yaml", "persona: tester\n")
    write("tests/template.yaml", "Resources: {Role: !GetAtt x}\n")
    ran = run("test", "tests")
    assert (ran.code, ran.stdout.splitlines()[-1]) == (0, "2 passed in 2 files")
    assert ran.notes == [
        "tests/role.yaml and 1 more YAML files: no tests there (neither `cases` nor `calls`), left out"
    ]


def test_stdin_is_a_test_file(run: "Run", role: str) -> None:
    """A dash is stdin, as everywhere."""
    assert run("test", "-", stdin=role + case("Allowed")).stdout == "<stdin> .\n\n1 passed\n"


def test_same_tests_same_bytes(run: "Run", role: str) -> None:
    """No clock and no machine in the result."""
    name = write("a.yaml", role + case("Allowed") + case("ExplicitlyDenied"))
    for form in ("text", "json", "junit"):
        assert run("test", name, "--format", form) == run("test", name, "--format", form)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("persona: tester\ncases: []\n", "a.yaml:1: there is no test: give `cases` or `calls`"),
        ("cases:\n" + case("Allowed"), "a.yaml:1: there is nothing to ask"),
        ("persona: x\npolicies: a.json\ncases:\n" + case("Allowed"), "a.yaml:1: `policies` stand instead of a role"),
        ("persona: data-scientst\ncases:\n" + case("Allowed"), "a.yaml:1: unknown persona `data-scientst`; did you mean"),
        ("persona: x\ncases:\n" + case("allowed"), "a.yaml:3: `cases[0].expect` is `allowed`; use one of"),
        ("persona: x\ncases:\n" + case("Allowed", ", expct: x"), "a.yaml:3: unknown key `cases[0].expct`; did you mean expect"),
        ("persona: x\ncase:\n" + case("Allowed"), "a.yaml:2: unknown key `case`; did you mean cases"),
        ("persona: x\ncases:\n" + case("ImplicitlyDenied", ", by: A"), "a.yaml:3: in `cases[0]`: an implicit deny has no"),
        ("role: nope.yaml\ncases:\n" + case("Allowed"), "a.yaml:1: there is no file `nope.yaml` beside this one"),
        ("policies: nope.json\ncases:\n" + case("Allowed"), "a.yaml:1: there is no file `nope.json` beside this one"),
        ("role: [x]\ncases:\n" + case("Allowed"), "a.yaml:1: `role` is the path of a role file, or its keys"),
        ("policies: 3\ncases:\n" + case("Allowed"), "a.yaml:1: a policy is the path of its file"),
        ("policies: {Statement: {Effect: allow, Action: '*', Resource: '*'}}\ncases:\n" + case("Allowed"),
         "a.yaml:1: `Statement.Effect` is `allow`; use one of Allow or Deny"),
        ("persona: data-scientist\nrole:\n  bukcet: a\ncases:\n" + case("Allowed"), "a.yaml:3: unknown key `bukcet`; did you mean bucket"),
        ("persona: data-scientist\ncases:\n" + case("ImplicitlyDenied", action="s3:GetObjct"),
         "a.yaml:3: unknown action `s3:GetObjct`; did you mean s3:GetObject"),
        ("persona: data-scientist\ncases:\n" + case("ImplicitlyDenied", resource="bucket/x"), "a.yaml:3: `bucket/x` is not an ARN"),
        ("persona: data-scientist\ncases:\n" + case("ImplicitlyDenied", principal="ana"), "a.yaml:3: `ana` is not a principal"),
        ("persona: data-scientist\ncases:\n" + case("ImplicitlyDenied", resource_account="12"), "a.yaml:3: in `cases[0].request.resource_account`: `12` is not an AWS account id"),
        ("persona: data-scientist\nresource_policy: {Statement: {Effect: Allow, Principal: '*', Action: '*', Resource: '*', Condition: {Foo: {a: b}}}}\ncases:\n" + case("ImplicitlyDenied"),
         "a.yaml:4: statement 0: unknown condition operator `Foo`"),
    ],
)  # fmt: skip
def test_bad_files_are_refused_by_their_line(text: str, says: str, run: "Run") -> None:
    """One line each: where, what, and the nearest right thing; no test runs."""
    ran = run("test", write("a.yaml", text))
    assert (ran.code, ran.stdout) == (2, "")
    assert any(error.startswith(says) for error in ran.errors), ran.errors


def test_a_misspelt_list_of_tests_is_not_left_out(run: "Run") -> None:
    """In a folder, a file that nearly has `cases` is refused and not skipped."""
    write("tests/a.yaml", "persona: data-scientist\ncase:\n" + case("Allowed"))
    ran = run("test", "tests")
    assert ran.code == 2
    assert "tests/a.yaml:2: unknown key `case`; did you mean cases" in " ".join(ran.errors)


@pytest.mark.parametrize("args", [("empty",), ()])
def test_nothing_to_test_is_an_error(args: tuple[str, ...], run: "Run") -> None:
    """A green run that ran nothing would be a lie."""
    Path("empty").mkdir()
    ran = run("test", *args)
    assert (ran.code, ran.stdout) == (2, "")
    assert ran.errors[0].startswith("no policy test is found")


def test_a_missing_path_is_an_error(run: "Run") -> None:
    """A path that was mistyped is said, also where others exist."""
    assert run("test", "nope").errors == ["nope: there is no such file or folder"]


def test_the_examples_pass(run: "Run") -> None:
    """What ships as a sample holds."""
    ran = run("test", str(TOP / "examples" / "tests"))
    assert (ran.code, ran.errors) == (0, [])


NAMES = """\
policies: {Version: "2012-10-17", Statement: {Effect: Allow, Action: "*", Resource: "*"}}
principal: arn:aws:iam::111122223333:role/trainer
context: {aws:PrincipalTags/Project: churn}
cases:
  - name: a slip in each place
    expect: Allowed
    request:
      action: sagemaker:CreateTrainingJob
      resource: arn:aws:sagemaker:us-est-1:111122223333:training-job/x
      context:
        sagemaker:InstanceTypes: [ml.m5.hugee]
        sagemaker:RootAccess: Enabled
  - {name: another, expect: Allowed, request: {action: "sagemaker:CreateTraningJob", resource: "*"}}
  - name: a third
    expect: Allowed
    request: {action: "s3:GetObject", resource: "arn:aws:s3:::acme"}
"""


def test_every_wrong_name_is_an_error_with_its_line(run: "Run") -> None:
    """All of a file at once, and no test runs."""
    ran = run("test", write("a.yaml", NAMES))
    assert (ran.code, ran.stdout) == (2, "")
    starts = (
        "a.yaml:3: unknown condition key `aws:PrincipalTags/Project`; did you mean aws:PrincipalTag/Project",
        "a.yaml:9: unknown region `us-est-1`; did you mean us-west-1, us-east-1",
        "a.yaml:11: unknown instance type `ml.m5.hugee`; did you mean ml.m5.",
        "a.yaml:12: AWS does not send `sagemaker:RootAccess` with sagemaker:CreateTrainingJob; it comes with",
        "a.yaml:13: unknown action `sagemaker:CreateTraningJob`; did you mean sagemaker:CreateTrainingJob",
        "a.yaml:16: `arn:aws:s3:::acme` is not a resource of s3:GetObject; its form is arn:",
    )
    assert len(ran.errors) == len(starts)
    for error, start in zip(ran.errors, starts, strict=True):
        assert error.startswith(start)
        assert error.endswith("name it under `unknown_ok` where AWS has it")


def test_what_aws_has_added_since_is_excused(run: "Run") -> None:
    """By its name, wherever in the file it stands; then the tests run."""
    known = """\
unknown_ok: ["aws:PrincipalTags/Project", us-est-1, ml.m5.hugee, "sagemaker:RootAccess", "sagemaker:CreateTraningJob", "arn:aws:s3:::acme"]
"""
    ran = run("test", write("a.yaml", known + NAMES))
    assert (ran.code, ran.errors) == (0, [])
    assert "3 passed" in ran.stdout


def test_an_excuse_that_nothing_needs_is_refused(run: "Run", role: str) -> None:
    """The day that the reference knows the name, or the slip is mended, the excuse has to go."""
    ran = run("test", write("a.yaml", 'unknown_ok: ["s3:GetObject"]\n' + role + case("Allowed")))
    assert ran.errors == [
        "a.yaml:1: `s3:GetObject` needs no excuse: nothing in this file is unknown by that name; leave it out"
    ]


def test_what_can_never_be_a_name_is_not_excused(run: "Run", role: str) -> None:
    """Whatever AWS adds, an account has 12 digits."""
    asked = {"resource": "arn:aws:sagemaker:us-east-1:1234:training-job/x"}
    ran = run("test", write("a.yaml", role + case("ImplicitlyDenied", **asked)))
    assert ran.code == 2
    assert ran.errors[0].startswith("a.yaml:4: `1234` is not an account id of 12 digits, in arn:")
    assert "unknown_ok" not in ran.errors[0]


def test_a_wrong_role_and_wrong_names_are_said_together(run: "Run") -> None:
    """Whoever mends the one sees the other in the same run."""
    ran = run("test", write("a.yaml", "persona: data-scientst\ncases:\n" + case("Allowed", action="s3:GetObjct")))
    assert [error.partition(";")[0] for error in ran.errors] == [
        "a.yaml:1: unknown persona `data-scientst`",
        "a.yaml:3: unknown action `s3:GetObjct`",
    ]


def test_what_aws_refuses_itself_is_said_beside_the_decision(run: "Run") -> None:
    """The policies allow it, the test passes, and AWS answers all the same that nobody may."""
    asked = {"action": "iam:DeletePolicy", "resource": "arn:aws:iam::aws:policy/AdministratorAccess"}
    text = 'policies: {Version: "2012-10-17", Statement: {Effect: Allow, Action: "iam:*", Resource: "*"}}\ncases:\n'
    ran = run("test", write("a.yaml", text + case("Allowed", **asked)))
    assert ran.code == 0
    assert any("AWS lets nobody change an AWS managed policy" in note for note in ran.notes)


def test_an_rcp_that_reaches_nothing_is_said(run: "Run", role: str) -> None:
    """Resource control policies are for some services; SageMaker is not among them."""
    rcp = 'rcp: {Version: "2012-10-17", Statement: {Effect: Deny, Principal: "*", Action: "s3:*", Resource: "*"}}\n'
    ran = run("test", write("a.yaml", rcp + role + case("Allowed")))
    assert any("resource control policies do not reach sagemaker" in note for note in ran.notes)


MISSPELT = '{Version: "2012-10-17", Statement: {Effect: Deny, Action: "sagemaker:CreateTraningJob", Resource: "*"}}'


@pytest.mark.parametrize("layer", ["scp", "boundary_policy", "session_policy"])
def test_a_wrong_name_in_a_policy_of_the_file_is_an_error(layer: str, run: "Run", role: str) -> None:
    """A Deny on an action that nobody has denies nothing, and its test would show it as holding."""
    ran = run("test", write("a.yaml", f"{layer}: {MISSPELT}\n" + role + case("Allowed")))
    assert ran.code == 2
    assert ran.errors[0].startswith("a.yaml:1: statement 0: unknown action `sagemaker:CreateTraningJob`; did you mean")


def test_a_wrong_name_in_a_policy_beside_the_file_is_noted(run: "Run", role: str) -> None:
    """It may be AWS's own, or in use for years: the tests run, and stderr says what part takes none in them."""
    write("deny.yaml", MISSPELT)
    ran = run("test", write("a.yaml", "scp: deny.yaml\n" + role + case("Allowed")))
    assert ran.code == 0
    assert any(note.startswith("a.yaml:1: deny.yaml, statement 0: unknown action") for note in ran.notes)


def test_a_doubtful_value_of_the_role_is_an_error(run: "Run") -> None:
    """The keys of a role that stand in the test file are names of it like all others."""
    text = "persona: data-scientist\nrole:\n  guardrail: {instance-types: [ml.m5.hugee]}\ncases:\n"
    ran = run("test", write("a.yaml", text + case("Allowed")))
    assert ran.code == 2
    assert ran.errors[0].startswith("a.yaml:3: guardrail `instance-types`: unknown instance type `ml.m5.hugee`")
    write("role.yaml", "persona: data-scientist\nregion: us-est-1\n")
    beside = run("test", write("b.yaml", "role: role.yaml\ncases:\n" + case("ImplicitlyDenied", **STOP)))
    assert any("unknown region `us-est-1`" in note for note in beside.notes)


@pytest.mark.parametrize(("by", "code"), [("ProcessingJobs", 0), ("SageMakerWork", 0), ("TrainingJobs", 1)])
def test_of_a_joined_statement_the_part_that_decided_counts(by: str, code: int, run: "Run") -> None:
    """Its Sid, and the catalog's Sid of what the request is about; not that of its neighbours."""
    job = "arn:aws:sagemaker:us-east-1:111122223333:processing-job/x"
    request = {
        "action": "sagemaker:CreateProcessingJob", "resource": job,
        "context": {"sagemaker:InstanceTypes": ["ml.m5.large"], "sagemaker:MaxRuntimeInSeconds": 60},
    }  # fmt: skip
    cases = [{"name": "a", "request": request, "expect": "Allowed", "by": by}]
    assert (
        run("test", write("t.yaml", json.dumps({"title": "t", "persona": "data-scientist", "cases": cases}))).code
        == code
    )


@pytest.mark.parametrize("key", ["tests", "requests", "case"])
def test_a_file_of_tests_under_another_key_is_refused_and_not_left_out(key: str, run: "Run", role: str) -> None:
    """The tests of a role would stop running unseen; another tool's file with such a key is none of ours."""
    text = role.replace("catalog: ", "catalog: ../") + case("Allowed")
    write("t/a.yaml", text)
    write("t/b.yaml", text.replace("cases:", f"{key}:"))
    ran = run("test", "t")
    assert (ran.code, f"unknown key `{key}`; did you mean cases" in ran.stderr) == (2, True)
    write("t/b.yaml", "tests: [x]\nimage: y\n")
    assert run("test", "t").code == 0
