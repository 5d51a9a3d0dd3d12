"""`rolemgr diff`: what one allows and the other does not, in words, as data, and as commands that can be pasted."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.support import write

if TYPE_CHECKING:
    from tests.conftest import Run

READ = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::acme/*"}
TRAIN = {"Sid": "Train", "Effect": "Allow", "Action": "sagemaker:CreateTrainingJob", "Resource": "*"}


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    """Return a policy document."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def test_the_same_in_other_words_is_no_difference(run: "Run") -> None:
    """Order, case, Sids, scalars and lists, one statement or two: exit code 0 and one line."""
    one = write("a.json", document(READ, TRAIN))
    parts = [
        {**TRAIN, "Sid": "Other", "Resource": ["*"]},
        {**READ, "Action": "S3:PUTOBJECT"},
        {**READ, "Action": "s3:getobject", "Sid": "X"},
    ]
    ran = run("diff", one, write("b.json", document(*parts)))
    assert (ran.code, ran.stderr) == (0, "")
    assert ran.stdout == "no difference: permissions allow the same (3 actions compared)\n"


def test_what_is_gained_and_lost_is_told_both_ways(run: "Run") -> None:
    """Each difference names its statement, its actions and a request; the exit code is 1."""
    ran = run(
        "diff", write("a.json", document(READ)), write("b.json", document({**READ, "Action": "s3:GetObject"}, TRAIN))
    )
    assert ran.code == 1
    assert ran.stdout == (
        "a.json -> b.json\n"
        "  + gains  sagemaker:CreateTrainingJob on *\n"
        "  - loses  s3:PutObject on acme/*\n"
        "1 gain, 1 loss. Each with a request: --explain\n"
    )
    assert run("diff", "a.json", "b.json", "--explain").stdout == (
        "a.json -> b.json\n"
        "  + gains  sagemaker:CreateTrainingJob on *\n"
        "      statement Train\n"
        "        rolemgr simulate b.json --action sagemaker:CreateTrainingJob"
        " --resource arn:aws:sagemaker:us-east-1:111122223333:training-job/example\n"
        "  - loses  s3:PutObject on acme/*\n"
        "      statement 0 of policy 0\n"
        "        rolemgr simulate a.json --action s3:PutObject --resource arn:aws:s3:::acme/example\n"
        "1 gain, 1 loss\n"
    )


def test_json_has_a_shape(run: "Run") -> None:
    """One object: a, b, same, parts with gained, lost and unknown, values."""
    narrow = {**READ, "Condition": {"StringEquals": {"aws:PrincipalTag/Team": "ml"}}}
    ran = run("diff", write("a.json", document(narrow)), write("b.json", document(READ)), "--format", "json")
    found = json.loads(ran.stdout)
    assert list(found) == ["a", "b", "same", "parts", "values", "changes"]
    (part,) = found["parts"]
    assert (part["part"], part["same"], part["lost"], part["unknown"]) == ("permissions", False, [], [])
    (gained,) = part["gained"]
    assert gained["actions"] == ["s3:GetObject", "s3:PutObject"]
    assert gained["request"] == {"action": "s3:GetObject", "resource": "arn:aws:s3:::acme/example", "context": {}}
    assert (gained["otherwise"], gained["doubts"], gained["future"]) == ("ImplicitlyDenied", [], False)


def test_github_annotations(run: "Run") -> None:
    """What is gained is an error, what is lost a warning."""
    ran = run("diff", write("a.json", document(READ)), write("b.json", document(TRAIN)), "--format", "github")
    assert [line.partition(" ")[0] for line in ran.stdout.splitlines()] == ["::error", "::warning"]


def test_annotations_of_stdin_name_no_file(run: "Run") -> None:
    """GitHub would show them nowhere."""
    ran = run("diff", write("a.json", document(READ)), "-", "--format", "github", stdin=json.dumps(document(TRAIN)))
    assert [line.partition(": ")[0] for line in ran.stdout.splitlines()] == ["::error::<stdin>", "::warning::<stdin>"]


def test_text_of_others_is_no_command(run: "Run") -> None:
    """A description can neither write a workflow command nor move the cursor."""
    made = json.loads(run("create", "--persona", "sagemaker-compute").stdout)
    old, new = write("a.json", made), write("b,1.json", {**made, "Description": "x\n::error::50%\x1b[2J"})
    (line,) = run("diff", old, new, "--format", "github").stdout.splitlines()
    assert line.startswith("::warning file=b%2C1.json::~ value Description ")
    assert line.endswith(r" -> x\n::error::50%25\x1b[2J")
    assert "x\\n::error::50%\\x1b[2J" in run("diff", old, new).stdout


POLICIES = {
    "identity": (document({**READ, "Condition": {"StringLike": {"aws:PrincipalTag/Team": "it's *"}}}), document()),
    "resource": (
        document({**READ, "Principal": {"AWS": "111122223333"}, "Condition": {"StringEquals": {"aws:SourceVpc": "v"}}}),
        document(),
    ),
    "inside": (
        document({**READ, "Principal": {"AWS": "arn:aws:iam::111122223333:user/u"}}),
        document({**READ, "Principal": {"AWS": "111122223333"}}),
    ),
    "federated": (
        document({**READ, "Principal": {"AWS": "arn:aws:sts::111122223333:federated-user/u"}}), document(),
    ),
    "federated, by the user": (
        document({**READ, "Principal": {"AWS": "arn:aws:iam::111122223333:user/u"}}),
        document({**READ, "Principal": "*", "Condition": {"StringNotEquals": {"aws:PrincipalType": "FederatedUser"}}}),
    ),
    "root": (
        document(),
        document({**READ, "Principal": "*", "Effect": "Deny", "Condition": {"StringEquals": {"aws:PrincipalType": "Account"}}}),
    ),
    "anonymous": (
        document({**READ, "Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalAccount": "anonymous"}}}),
        document(),
    ),
    "lifted": (document(), document({**READ, "Principal": "*", "Effect": "Deny"})),
    "trust": (
        document({"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}),
        document(),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", POLICIES)
def test_the_command_can_be_pasted(name: str, run: "Run") -> None:
    """A shell that runs the printed line gets the answer Allowed."""
    new, old = POLICIES[name]
    kind = {"identity": "identity", "trust": "trust"}.get(name, "resource")
    ran = run("diff", write("old's.json", old), write("new's.json", new), "--type", kind, "--explain")
    (line, *_) = [line.strip() for line in ran.stdout.splitlines() if "rolemgr simulate" in line]
    program = f'rolemgr() {{ {sys.executable} -m rolemgr.cli.main "$@"; }}; {line} --expect Allowed'
    bash = shutil.which("bash")
    assert bash
    done = subprocess.run([bash, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("error")) == (0, 0), done.stderr


def test_roles_are_compared_part_by_part(run: "Run") -> None:
    """Permissions and trust by meaning, the rest as values; the name is no difference."""
    made = json.loads(run("create", "--persona", "sagemaker-compute").stdout)
    old = write("old.json", made)
    assert run("diff", old, write("new.json", {**made, "RoleName": "other"})).code == 0
    changed = {**made, "MaxSessionDuration": 7200, "PermissionsBoundary": "arn:aws:iam::111122223333:policy/b"}
    changed["AssumeRolePolicyDocument"] = document(
        {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
    )
    ran = run("diff", old, write("new.json", changed))
    assert ran.code == 1
    assert "+ gains  sts:AssumeRole by sagemaker.amazonaws.com, in the trust policy\n" in ran.stdout
    assert "~ value  MaxSessionDuration 1 h -> 2 h\n" in ran.stdout
    assert "~ value  PermissionsBoundary none -> arn:aws:iam::111122223333:policy/b\n" in ran.stdout


def test_a_role_file_is_composed(run: "Run") -> None:
    """A role file is compared as the role that `create` makes of it."""
    write("role.json", run("create", "--persona", "sagemaker-compute").stdout)
    write("role.yaml", "persona: sagemaker-compute\n")
    assert run("diff", "role.yaml", "role.json").code == 0
    write("wider.yaml", "persona: sagemaker-compute\nbucket: [acme-churn]\n")
    ran = run("diff", "role.yaml", "wider.yaml", "--explain")
    assert ran.code == 1
    assert "rolemgr create --role wider.yaml | rolemgr simulate -" in ran.stdout


def test_stdin_is_one_side(run: "Run") -> None:
    """`-` is stdin, once."""
    name = write("a.json", document(READ))
    assert run("diff", name, "-", stdin=json.dumps(document(READ))).code == 0
    assert run("diff", "-", "-", stdin="").code == 2


@pytest.mark.parametrize(
    ("a", "b", "says"),
    [
        (document(READ), document({**READ, "Principal": "*"}), "is of another type than a.json"),
        ({"x": 1}, document(READ), "a.json"),
        (document({**READ, "Effect": "allow"}), document(READ), "a.json:"),
        (document({**READ, "Condition": {"StringEqual": {"aws:x": "1"}}}), document(READ), "a.json:3: statement 0: unknown condition operator `StringEqual`"),
    ],
)  # fmt: skip
def test_bad_input_is_exit_code_2(a: Any, b: Any, says: str, run: "Run") -> None:
    """With one clear line, and nothing on stdout."""
    ran = run("diff", write("a.json", a), write("b.json", b))
    assert (ran.code, ran.stdout) == (2, "")
    assert says in ran.stderr
    assert all(line.startswith("error: ") for line in ran.stderr.splitlines())


def test_an_scp_is_compared_as_what_it_lets_through(run: "Run") -> None:
    """An SCP that only denies stands beside FullAWSAccess."""
    deny = {"Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*"}
    ran = run("diff", write("a.json", document(deny)), write("b.json", document()), "--type", "scp", "--format", "json")
    (part,) = json.loads(ran.stdout)["parts"]
    assert {action for one in part["gained"] for action in one["actions"]} == {"s3:DeleteBucket"}
    assert part["lost"] == []


def test_only_what_is_gained_may_fail(run: "Run") -> None:
    """With `--fail-on gained` less access, or another description, is in order; more, or another boundary, is not."""
    more, less = write("more.json", document(READ, TRAIN)), write("less.json", document(TRAIN))
    assert run("diff", more, less, "--fail-on", "gained").code == 0
    assert run("diff", less, more, "--fail-on", "gained").code == 1
    create = ("create", "--persona", "sagemaker-compute", "--account", "123456789012", "--region", "eu-west-1")
    run(*create, "-o", "role.json")
    run(*create, "--description", "Other", "-o", "described.json")
    run(*create, "--boundary", "arn:aws:iam::123456789012:policy/b", "-o", "bounded.json")
    assert run("diff", "role.json", "described.json", "--fail-on", "gained").code == 0
    assert run("diff", "role.json", "described.json").code == 1
    assert run("diff", "bounded.json", "role.json", "--fail-on", "gained").code == 1


def test_what_a_file_says_is_no_command_of_a_terminal_or_of_ci(run: "Run") -> None:
    """A description may hold line breaks: none begins a workflow command, ends a code block or colours a terminal."""
    role = json.loads(run("create", "--persona", "sagemaker-compute").stdout)
    Path("old.json").write_text(json.dumps(role))
    Path("new.json").write_text(json.dumps({**role, "Description": "a\n::error::no\n````\n\x1b[31m"}))
    shown = run("diff", "old.json", "new.json").stdout
    assert (shown.count("\n"), "\x1b" in shown) == (4, False)
    assert not [line for line in shown.splitlines() if line.startswith("::")]
    assert run("diff", "old.json", "new.json", "--format", "github").stdout.count("\n") == 1


def test_the_policies_of_endpoints_are_compared(run: "Run") -> None:
    """A name that says what they are must not make them unreadable."""
    wide, narrow = ({**READ, "Principal": "*", "Action": action} for action in ("s3:*", "s3:GetObject"))
    ran = run("diff", write("vpce-old.json", document(narrow)), write("vpce-new.json", document(wide)))
    assert ran.code == 1
    assert "+ gains  s3:" in ran.stdout


DEPLOY_NEVER = {"Effect": "Deny", "Action": "sagemaker:CreateEndpoint", "Resource": "*"}
EXPORT_NEVER = {"Sid": "Keep", "Effect": "Deny", "Action": "s3:Put*", "NotResource": "arn:aws:s3:::acme/*"}


def role(*statements: dict[str, Any]) -> dict[str, Any]:
    """Return a role as `create` writes it, with a policy attached of which the file has the ARN alone."""
    return {
        "RoleName": "r",
        "ManagedPolicyArns": ["arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"],
        "Policies": [{"PolicyName": "p", "PolicyDocument": document(*statements)}],
    }


@pytest.mark.parametrize("whole", [document, role], ids=["policy", "role"])
@pytest.mark.parametrize("kept", [(), (READ,)], ids=["denies alone", "beside an Allow"])
@pytest.mark.parametrize("gone", [DEPLOY_NEVER, EXPORT_NEVER], ids=["all", "some"])
@pytest.mark.parametrize("kind", [(), ("--type", "boundary")], ids=["told", "boundary"])
def test_a_deny_that_is_gone_is_a_difference_whoever_allows(
    whole: Any, kept: tuple[dict[str, Any], ...], gone: dict[str, Any], kind: tuple[str, ...], run: "Run"
) -> None:
    """What the policies at hand don't allow another may: an attached one, or the resource's in the same account."""
    if kind and whole is role:
        pytest.skip("a boundary is no role")
    old, new = write("a.json", whole(*kept, gone)), write("b.json", whole(*kept))
    ran = run("diff", old, new, "--fail-on", "gained", *kind)
    assert ran.code == 1
    assert ", no longer denied by " in ran.stdout
    assert "beside a policy that allows it" in ran.stdout
    assert run("diff", new, old, "--fail-on", "gained", *kind).code == 0
    assert run("diff", old, old, *kind).code == 0


def test_the_line_for_a_deny_that_is_gone_answers_allowed(run: "Run") -> None:
    """The request is asked beside a policy that allows everything; where the Deny is, it is denied."""
    write("a.json", document(READ, DEPLOY_NEVER))
    write("b.json", document(READ))
    line = next(
        text for text in run("diff", "a.json", "b.json", "--explain").stdout.splitlines() if "rolemgr simulate" in text
    )
    for name, decision in (("b.json", "Allowed"), ("a.json", "ExplicitlyDenied")):
        asked = (
            line.strip().replace("rolemgr", str(Path(sys.executable).with_name("rolemgr")), 1).replace("b.json", name)
        )
        made = subprocess.run([shutil.which("bash") or "bash", "-c", asked], capture_output=True, text=True, check=True)
        assert made.stdout.startswith(decision)


def test_the_same_denies_in_other_words_are_no_difference(run: "Run") -> None:
    """One Deny or two, whatever their order; a Deny that another covers already counts for nothing."""
    two: list[dict[str, Any]] = [
        {**DEPLOY_NEVER, "Action": ["sagemaker:CreateEndpoint", "sagemaker:CreateModel"]},
        EXPORT_NEVER,
    ]
    parts: list[dict[str, Any]] = [
        {**DEPLOY_NEVER, "Action": "SageMaker:createmodel"},
        EXPORT_NEVER,
        DEPLOY_NEVER,
        {**DEPLOY_NEVER, "Resource": "arn:aws:sagemaker:*:*:endpoint/a"},
    ]
    ran = run("diff", write("a.json", document(READ, *two)), write("b.json", document(READ, *parts)))
    assert (ran.code, ran.stdout) == (0, "no difference: permissions allow the same (2 actions compared)\n")


def test_an_scp_that_denies_what_it_does_not_allow_is_no_difference(run: "Run") -> None:
    """Each level of an organization must allow: nothing beside it can."""
    allows = {**READ, "Resource": "*"}
    ran = run(
        "diff", write("a.json", document(allows, DEPLOY_NEVER)), write("b.json", document(allows)), "--type", "scp"
    )
    assert ran.code == 0


def test_what_one_file_alone_has_can_not_be_told(run: "Run") -> None:
    """A role's trust policy beside a policy without one is no proof that they are the same."""
    trust = {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
    plain = role(READ)
    whole, bare = write("a.json", {**plain, "AssumeRolePolicyDocument": document(trust)}), write("b.json", plain)
    for old, new in ((whole, bare), (bare, whole)):
        ran = run("diff", old, new)
        assert ran.code == 1
        assert "? can't tell  whether the trust differs: one of the two does not have it" in ran.stdout
        found = json.loads(run("diff", old, new, "--format", "json").stdout)
        assert (found["same"], found["only_in_one"]) == (False, ["trust"])
        assert "::error file=" in run("diff", old, new, "--format", "github").stdout


def test_a_whole_role_without_attached_policies_stands_alone(run: "Run") -> None:
    """A bucket less takes its Allow and its Deny along: no other policy of the role is there to allow it."""
    trust = {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
    deny = {"Effect": "Deny", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::acme/models/*"}

    def whole(*statements: dict[str, Any], attached: tuple[str, ...] = ()) -> dict[str, Any]:
        arns = {"ManagedPolicyArns": list(attached)}
        return {**role(*statements), **arns, "AssumeRolePolicyDocument": document(trust)}

    old, new = write("a.json", whole(READ, deny)), write("b.json", whole({**TRAIN, "Effect": "Deny"}))
    assert run("diff", old, new, "--fail-on", "gained").code == 0
    arn = ("arn:aws:iam::aws:policy/AmazonSageMakerFullAccess",)
    old, new = write("a.json", whole(READ, deny, attached=arn)), write("b.json", whole(TRAIN, attached=arn))
    assert "no longer denied" in run("diff", old, new, "--fail-on", "gained").stdout


@pytest.mark.parametrize("kind", ["trust", "resource"])
def test_all_whom_a_statement_names_are_told(kind: str, run: "Run") -> None:
    """One request needs one principal; who else gets in by the same statement is not left out."""
    action = {"trust": "sts:AssumeRole", "resource": "s3:GetObject"}[kind]
    asked = {"Action": action, **({"Resource": "arn:aws:s3:::acme/*"} if kind == "resource" else {})}
    service = {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, **asked}
    named = ["arn:aws:iam::222233334444:root", "arn:aws:iam::666677778888:role/ci", "arn:aws:iam::999988887777:user/x"]
    tagged = {"StringEquals": {"aws:PrincipalTag/team": "ml"}}
    others = {"Effect": "Allow", "Principal": {"AWS": named}, **asked, "Condition": tagged}
    old, new = write("a.json", document(service)), write("b.json", document(service, others))
    said = "any principal of account 222233334444 that its administrators allow"
    for files, way in (((old, new), "+ gains"), ((new, old), "- loses")):
        told = " ".join(run("diff", *files, "--type", kind).stdout.split())
        assert f"{way} {action}" in told
        assert f"by {said} or {' or '.join(named[1:])}, where aws:PrincipalTag/team is ml, in the {kind} policy" in told
