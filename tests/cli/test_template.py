"""`rolemgr create --template`: one role, many roles, and what it does not go with."""

import re
import shlex
from pathlib import Path

import pytest
from tests.conftest import Run

ROLE = ("create", "--persona", "sagemaker-compute", "--account", "123456789012", "--region", "eu-west-1")


@pytest.fixture
def template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Write a template into an empty folder, and work there."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "page.md.j2").write_text(
        "# {{ role.RoleName }}\n{{ arn }} {{ account }} {{ region }} {{ partition }} {{ persona.Name }}\n"
        "{{ activity_groups | length }} {{ explanation.Persona }} {{ role.ManagedPolicyArns | join }}"
        "{{ role.PermissionsBoundary | default('none') }}\n"
    )
    return "page.md.j2"


def test_a_role_goes_through_the_template(template: str, run: Run, tmp_path: Path) -> None:
    """To stdout, to a file of any ending, and into a folder under the role's name and the template's ending."""
    ran = run(*ROLE, "--template", template)
    first, second, third = ran.stdout.splitlines()
    assert (ran.code, first) == (0, "# sagemaker-compute")
    assert second == "arn:aws:iam::123456789012:role/sagemaker-compute 123456789012 eu-west-1 aws sagemaker-compute"
    assert third.endswith(" sagemaker-compute none")
    for output, path in (("x.json", "x.json"), ("out/", "out/sagemaker-compute.md")):
        assert run(*ROLE, "--template", template, "-o", output).code == 0
        assert (tmp_path / path).read_text() == ran.stdout


def test_many_roles_go_through_the_template(template: str, run: Run, tmp_path: Path) -> None:
    """Each has a file; one that the template can't render is said, and stops no other."""
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text(
            f"persona: sagemaker-compute\nname: role-{name}\naccount: '123456789012'\n"
        )
    ran = run("create", "--role", "*.yaml", "--template", template, "-o", "out")
    assert (ran.code, ran.errors) == (0, [])
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["role-a.md", "role-b.md"]
    (tmp_path / template).write_text("{{ role.Tags[0].Key }}\n")
    (tmp_path / "b.yaml").write_text("persona: sagemaker-compute\nname: role-b\naccount: '123456789012'\ntag: {A: b}\n")
    ran = run("create", "--role", "*.yaml", "--template", template, "-o", "tags")
    assert ran.code == 2
    assert "a.yaml: page.md.j2:1: nothing is called `0` there" in ran.errors[0]
    assert (tmp_path / "tags/role-b.md").read_text() == "A\n"


@pytest.mark.parametrize("name", ["page", "page.j2", "page.jinja2"])
def test_a_template_without_an_ending_makes_text(template: str, name: str, run: Run, tmp_path: Path) -> None:
    """The file ends in `.txt` then."""
    (tmp_path / template).rename(tmp_path / name)
    assert run(*ROLE, "--template", name, "-o", "out/").code == 0
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["sagemaker-compute.txt"]


WRONG = {
    "a format": (["--format", "json"], "--template: goes without --format"),
    "apply": (["--apply", "--yes"], "--template: goes without --apply"),
    "explain": (["--explain"], "--explain: goes without --template"),
    "parameterize": (["--parameterize"], "--parameterize: goes without --template"),
    "units": (["--organizational-unit", "ou-a1b2-c3d4e5f6"], "--organizational-unit: goes without --template"),
    "an instance": (["--sso-instance", "arn:aws:sso:::instance/ssoins-1"], "--sso-instance: goes without --template"),
}


@pytest.mark.parametrize(("options", "said"), WRONG.values(), ids=list(WRONG))
def test_no_option_is_ignored(template: str, options: list[str], said: str, run: Run) -> None:
    """What a template can't heed is refused, and nothing is rendered."""
    ran = run(*ROLE, "--template", template, *options)
    assert (ran.code, ran.stdout) == (2, "")
    assert said in ran.errors[0]


def test_what_is_wrong_is_said_before_any_role_is_made(template: str, run: Run, tmp_path: Path) -> None:
    """A file that is not there, and a template that can't be read, each with its name."""
    ran = run(*ROLE, "--template", "no.j2")
    assert (ran.code, ran.stdout) == (2, "")
    assert "no.j2" in ran.errors[0]
    (tmp_path / template).write_text("a\n{% fro %}")
    ran = run("create", "--persona", "no-such-persona", "--template", template)
    assert (ran.code, ran.stdout) == (2, "")
    assert "page.md.j2:2: encountered unknown tag `fro`" in ran.errors[0]


def test_stdin_is_one_thing(template: str, run: Run) -> None:
    """A template may be piped, but not beside a piped role."""
    ran = run(*ROLE, "--template", "-", stdin="{{ role.Path }}\n")
    assert (ran.code, ran.stdout) == (0, "/\n")
    ran = run("create", "--role", "-", "--template", "-", stdin="{{ role.Path }}\n")
    assert ran.code == 2
    assert "can't be stdin where the role is" in ran.errors[0]


def test_the_page_on_templates_is_true(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its commands run, for one role and for many, with the template of the examples."""
    top = Path(__file__).resolve().parents[2]
    commands = re.findall(r"^rolemgr (.*)$", (top / "docs/use-templates.md").read_text("utf-8"), re.MULTILINE)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "roles").mkdir()
    (tmp_path / "roles/churn.yaml").write_text("persona: data-scientist\nname: churn-ds\naccount: '123456789012'\n")
    (tmp_path / "wiki.md.j2").write_text((top / "examples/templates/wiki.md.j2").read_text("utf-8"))
    assert [run(*shlex.split(one)).code for one in commands] == [0, 0]
    assert (tmp_path / "churn.md").read_bytes() == (tmp_path / "wiki/churn-ds.md").read_bytes()
