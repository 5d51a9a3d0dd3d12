"""The interface for programs: what is public, that it is cheap and typed, and that it refuses what the commands do."""

import ast
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import rolemgr
from rolemgr import api
from rolemgr.files.write import to_json

TOP = Path(rolemgr.__file__).parent
FUNCTIONS = ("check", "compare", "compose", "evaluate", "load_catalog", "prove", "render")
MODULES = {"check": "check.run", "compare": "compare.compare", "compose": "compose.role", "prove": "prove.proof",
           "evaluate": "evaluate.decision", "render": "render.documents"}  # fmt: skip
CHOICES: dict[str, Any] = {"persona": "data-scientist", "account": "123456789012", "bucket": ["acme"]}
ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
OWN = "arn:aws:iam::123456789012:policy/team"


def python(program: str) -> str:
    """Return what *program* prints in a fresh process."""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def seen_by_mypy() -> set[str]:
    """Return the names that the `TYPE_CHECKING` block of the interface imports."""
    body = ast.parse((TOP / "api/__init__.py").read_text("utf-8")).body
    (block,) = [one for one in body if isinstance(one, ast.If) and ast.unparse(one.test) == "TYPE_CHECKING"]
    return {alias.name for one in block.body if isinstance(one, ast.ImportFrom) for alias in one.names}


def test_what_is_public_is_there_and_typed() -> None:
    """Each name can be had, is in the list, and mypy sees the real thing."""
    assert {name for name in api.__all__ if getattr(api, name) is None} == set()
    assert seen_by_mypy() == set(api.__all__) == set(dir(api))
    assert set(FUNCTIONS) <= set(api.__all__)
    assert (TOP / "py.typed").is_file()


def test_another_name_is_none() -> None:
    """Neither package answers for what it does not have."""
    with pytest.raises(AttributeError, match="compsoe"):
        getattr(api, "compsoe")  # noqa: B009 - mypy knows better
    with pytest.raises(AttributeError, match="compsoe"):
        getattr(rolemgr, "compsoe")  # noqa: B009 - as above


def test_importing_loads_nothing() -> None:
    """`import rolemgr` and its interface cost nothing before a name is used."""
    loaded = python("import sys, rolemgr, rolemgr.api; rolemgr.api; print(*sorted(sys.modules))").split()
    assert {name for name in loaded if name.startswith("rolemgr")} == {"rolemgr", "rolemgr.api"}
    assert {"pydantic", "jinja2", "yaml", "boto3", "click"}.isdisjoint(loaded)


@pytest.mark.sampled(6)
@pytest.mark.parametrize("name", sorted({path.name for path in TOP.iterdir() if (path / "__init__.py").is_file()}))
@pytest.mark.parametrize("first", [True, False], ids=["room first", "interface first"])
def test_a_function_stays_a_function_in_any_order(name: str, first: bool) -> None:
    """Each room, imported before or after, leaves all functions what they are, and stays a package itself."""
    room = f"import rolemgr.{name}, rolemgr.{MODULES.get(name, name)}\n"
    names = f"import rolemgr.api\nfound = [getattr(rolemgr.api, one) for one in {FUNCTIONS}]\n"
    again = f"assert found == [getattr(rolemgr.api, one) for one in {FUNCTIONS}] and all(map(callable, found))\n"
    print_kind = f"print(type(rolemgr.{name}).__name__)"
    assert python((room + names if first else names + room) + again + print_kind) == "module\n"


def test_all_functions_are_documented_with_what_they_raise() -> None:
    """What goes in, what comes out, and the errors."""
    for name in FUNCTIONS:
        assert "Raises" in (getattr(api, name).__doc__ or ""), name


def test_a_role_is_what_create_makes(tmp_path: Path) -> None:
    """From a mapping, a file or a `RoleSpec` the same bytes as from the command."""
    file = tmp_path / "role.yaml"
    file.write_text("persona: data-scientist\naccount: '123456789012'\nbucket: [acme]\n")
    command = [sys.executable, "-m", "rolemgr.cli.main", "create", "--role", str(file), "--region", "us-east-1"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for role in (CHOICES, file, str(file), api.RoleSpec.model_validate(CHOICES)):
        assert to_json(api.render(api.compose(role)).to_properties()) == printed


def test_a_catalog_beside_the_role_file_is_found(tmp_path: Path) -> None:
    """A relative folder counts from the role file, and two catalogs are refused instead of one being ignored."""
    personas = tmp_path / "ours/personas"
    personas.mkdir(parents=True)
    (personas / "helper.yaml").write_text("title: H\ndescription: H.\nextends: data-scientist\n")
    file = tmp_path / "role.yaml"
    file.write_text("persona: helper\ncatalog: ours\n")
    assert api.compose(file).persona.id == "helper"
    assert api.compose({"persona": "helper"}, api.load_catalog(tmp_path / "ours")).persona.id == "helper"
    with pytest.raises(api.InputError, match="another is given"):
        api.compose(file, api.load_catalog())


WRONG = {
    "a misspelt persona": ({"persona": "data-sciencist"}, "did you mean data-scientist"),
    "a misspelt key": ({"persona": "data-scientist", "buckt": ["a"]}, "did you mean bucket"),
    "a broken separation": ({"persona": "data-scientist", "add": ["deploy-endpoints"]}, "must never"),
    "a policy that AWS has not": (
        {"persona": "data-scientist", "managed_policy": ["arn:aws:iam::aws:policy/amazonS3ReadOnlyAccess"]},
        "did you mean",
    ),
}


@pytest.mark.parametrize(("choices", "said"), WRONG.values(), ids=list(WRONG))
def test_what_create_refuses_is_refused(choices: dict[str, Any], said: str) -> None:
    """No way round the checks of the command leads through the interface."""
    with pytest.raises(api.RolemgrError, match=said):
        api.compose(choices)


def test_an_unknown_policy_makes_the_answer_unknown() -> None:
    """What an attached policy or a boundary says is not known: neither yes nor no."""
    asked = ("s3:GetObject", "arn:aws:s3:::acme/a.csv")
    assert api.evaluate(api.compose(CHOICES), *asked).allowed is True
    bounded = api.evaluate(api.compose({**CHOICES, "boundary": OWN}), *asked)
    assert (bounded.decision, bounded.allowed, bounded.not_judged) == ("Allowed", None, (OWN,))
    attached = api.evaluate(api.compose({**CHOICES, "managed_policy": [OWN]}), "ec2:RunInstances", "*")
    assert (attached.decision, attached.allowed, attached.not_judged) == ("ImplicitlyDenied", None, (OWN,))
    known = api.Policies(permissions_boundary=api.IdentityPolicy.model_validate(ALL))
    assert api.evaluate(api.compose({**CHOICES, "boundary": OWN}), *asked, around=known).allowed is True


def test_a_known_attached_policy_counts() -> None:
    """The text of AWS's own policy is asked like the role's own."""
    role = api.compose({**CHOICES, "managed_policy": ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"]})
    assert api.evaluate(role, "s3:ListAllMyBuckets").allowed is True
    assert api.evaluate(api.render(role), "s3:ListAllMyBuckets").allowed is True


def test_what_aws_refuses_is_not_allowed() -> None:
    """No policy allows to change AWS's own managed policies."""
    asked = api.evaluate([ALL], "iam:CreatePolicyVersion", "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
    assert (asked.decision, asked.allowed) == ("Allowed", False)
    assert asked.refused_by_aws


def test_a_misspelt_action_is_said() -> None:
    """It is denied like any other, and the notes name the right one."""
    answer = api.evaluate([ALL], "s3:GetObjct", "arn:aws:s3:::acme/a")
    assert any("GetObject" in note for note in answer.notes)


def test_a_policy_that_iam_refuses_is_refused() -> None:
    """Plain data goes through the same model as files."""
    with pytest.raises(api.RolemgrError, match="policy 0"):
        api.evaluate([{"Statement": [{"Effect": "Allwo", "Action": "*", "Resource": "*"}]}], "s3:GetObject")


def test_check_says_what_it_cannot_judge(tmp_path: Path) -> None:
    """What holds no policy is an error, a policy that is not known is named, and a wrong type is refused."""
    role = api.compose({**CHOICES, "managed_policy": [OWN]})
    for subject in (role, api.render(role)):
        assert [one.reason for one in api.check(subject).not_judged] != []
    with pytest.raises(api.InputError, match="holds no policy"):
        api.check({"a": 1})
    with pytest.raises(api.InputError, match="no policy"):
        api.check(tmp_path)
    with pytest.raises(api.InputError, match="use one of"):
        api.check(ALL, kind="identiy")
    with pytest.raises(api.InputError, match="not with a role"):
        api.check(role, kind="identity")


def test_check_finds_the_same_in_data_and_in_a_file(tmp_path: Path) -> None:
    """A policy as data, and as the file that holds it."""
    file = tmp_path / "policy.json"
    file.write_text(to_json(ALL))
    assert {one.rule for one in api.check(ALL).findings} == {one.rule for one in api.check(file).findings} != set()
    assert {one.rule for one in api.check(ALL, kind="boundary").findings} == set()


def test_what_the_catalog_accepts_is_apart() -> None:
    """A role of the catalog is clean, and what it means to have comes with the reason."""
    found = api.check(api.compose(CHOICES))
    assert found.findings == ()
    assert all(one.reason for one in found.accepted)
    assert len(api.check(api.render(api.compose(CHOICES))).findings) == len(found.accepted) > 0


def test_compare_goes_both_ways() -> None:
    """A role is the same as itself; a wider one gives more and takes nothing."""
    role = api.compose(CHOICES)
    assert api.compare(role, api.render(role)).same
    wider = api.compare(role, api.compose({**CHOICES, "bucket": ["acme", "other"]}))
    assert (wider.same, wider.gives_no_more) == (False, False)
    some = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
    assert api.compare(ALL, some).gives_no_more
    assert not api.compare([some], [ALL]).gives_no_more
    with pytest.raises(api.InputError, match="same type"):
        api.compare(some, api.render(role).trust_policy)


def test_prove_answers_for_a_role_that_breaks_its_separation() -> None:
    """It is a proof that fails, not bad input; the role as composed is proven as what describes it."""
    proofs = api.prove({**CHOICES, "add": ["deploy-endpoints"]})
    assert [proof.name for proof in proofs if not proof.holds] == ["separation", "overlap"]
    assert proofs[0].counter_examples
    assert [proof[:3] for proof in api.prove(api.compose(CHOICES))] == [proof[:3] for proof in api.prove(CHOICES)]
