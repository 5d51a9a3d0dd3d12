"""What SECURITY.md promises of whoever writes a file that is read: nothing of it is run, nothing is called."""

import json
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.audit.accounts import allow, details, role
from tests.events.support import event

from rolemgr.cli.main import COMMANDS
from rolemgr.errors import InputError

if TYPE_CHECKING:
    from tests.conftest import Run

OWNED = "import pathlib; pathlib.Path('owned').write_text('x')"
CODE = f"""{OWNED}
import boto3, os
class Sly(type):
    def __new__(cls, *_):
        {OWNED}
class Run(metaclass=Sly):
    {OWNED}
def default(value=open('owned', 'w')): ...
@open('owned', 'w').write
def decorated(): ...
os.system('touch owned')
eval("open('owned', 'w')")
exec({OWNED!r})
print(f"{{open('owned', 'w')}}", [open('owned', 'w') for _ in '1'], __import__('helper'))
boto3.client('s3').put_object(Bucket='b', Key='k')
"""
BLUEPRINT = 'accounts: {ml: {id: "111122223333", region: eu-west-1}}\nroles: {ml/jobs: {persona: sagemaker-compute}}\n'
TESTS = """\
role: role.yaml
cases:
- {name: reads, request: {action: s3:GetObject, resource: "arn:aws:s3:::b/k"}, expect: ImplicitlyDenied}
"""
CALLER = "arn:aws:iam::111122223333:role/team/ds"
OFFLINE = (
    ("create", "role.yaml"), ("preview", "role.yaml", "--full"), ("check", "role.yaml"), ("prove", "role.yaml"),
    ("smoke", "role.yaml"), ("compare", "role.yaml"), ("compliance", "role.yaml"), ("report", "role.yaml"),
    ("list", "personas"), ("query", "action", "s3:GetObject"), ("diff", "role.yaml", "role.yaml"),
    ("simulate", "role.yaml", "--action", "sagemaker:CreateEndpoint"), ("scp", "no-root"), ("migrate", "--code", "train.py"),
    ("create", "role.yaml", "--format", "terraform"), ("create", "role.yaml", "--format", "cloudformation"),
    ("build", "blueprint.yaml", "-o", "out"), ("show", "blueprint", "blueprint.yaml"), ("prove", "blueprint.yaml"),
    ("compliance", "blueprint.yaml"), ("report", "blueprint.yaml", "-o", "page.html"), ("check", "."),
    ("audit", "account.json"), ("who-can", "s3:GetObject", "account.json"), ("can", "reader", "account.json"),
    ("migrate", "reader", "account.json"), ("replay", "trail.json", "--with", "role.yaml", "--principal", CALLER),
    ("tighten", "role.yaml", "trail.json", "--principal", CALLER), ("test", "tests.yaml"), ("rcp", "secure-transport"),
    ("diagnose", "--role", "role.yaml", "--action", "s3:GetObject", "--resource", "arn:aws:s3:::b/k"),
    ("boundary", "role.yaml"), ("s3-policy",), ("detective", "on-demand-jobs"), ("init",),
    ("resource-policy", "bucket", "--resource", "arn:aws:s3:::acme-curated", "--reader-role", CALLER),
    ("elevated", "--persona", "ml-engineer", "--raise", "max-runtime=72h", "--expires", "2026-12-24T18:00Z",
     "--trust", "github:acme/ml?environment=elevated"),
    ("break-glass", "--account", "111122223333", "--region", "eu-west-1", "--user", "otto", "--user", "mia",
     "--user-account", "444455556666", "--alarm-account", "777788889999", "--keeper", "arn:aws:iam::*:role/security/watch"),
    ("schema", "role"), ("completion", "bash"), ("help",),
    ("version",),
)  # fmt: skip
ASK_AWS = {"plan", "apply", "drift"}
"""Commands that ask AWS by what they are for; `mcp` calls nobody, which tests/cli/test_mcp.py shows."""


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Any]:
    """Have credentials, a role file and code in a folder of one's own; return whatever anybody wants to connect to."""
    asked: list[Any] = []

    def refuse(*args: Any, **_: Any) -> Any:
        asked.append(args)
        raise OSError("no network here")

    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.chdir(tmp_path)
    Path("role.yaml").write_text("persona: sagemaker-compute\n", "utf-8")
    Path("train.py").write_text("import boto3\nboto3.client('s3').put_object(Bucket='b', Key='k')\n", "utf-8")
    Path("blueprint.yaml").write_text(BLUEPRINT, "utf-8")
    Path("account.json").write_text(details([role("reader", allow("s3:GetObject"))]), "utf-8")
    Path("trail.json").write_text(json.dumps({"Records": [event("ListModels")]}), "utf-8")
    Path("tests.yaml").write_text(TESTS, "utf-8")
    return asked


def test_the_network_is_watched(run: "Run", connections: list[Any]) -> None:
    """A command that does ask AWS is seen, so that the silence of the others says something."""
    assert run("plan", "role.yaml").code == 3
    assert connections


def test_every_command_is_watched_or_asks_aws() -> None:
    """A command that is added belongs to those that call nobody, or SECURITY.md says that it calls."""
    assert {command[0] for command in OFFLINE} == set(COMMANDS) - ASK_AWS - {"mcp"}
    text = (Path(__file__).parents[2] / "SECURITY.md").read_text("utf-8")
    assert [name for name in ASK_AWS if f"`{name}`" not in text] == []


@pytest.mark.parametrize("command", OFFLINE, ids=" ".join)
def test_no_role_file_reaches_aws(run: "Run", connections: list[Any], command: tuple[str, ...]) -> None:
    """Whatever is asked about it, as long as no option says so, also with credentials at hand."""
    ran = run(*command)
    assert ran.code in (0, 1), ran.stderr
    assert connections == []


@pytest.mark.parametrize("name", ["train.py", "train.ipynb"])
def test_no_code_is_run(run: "Run", connections: list[Any], name: str) -> None:
    """Neither its module, its classes, defaults and decorators, nor what it imports and is read too, to its end."""
    cell: dict[str, Any] = {"cell_type": "code", "source": CODE, "metadata": {}, "outputs": [], "execution_count": None}
    book = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    Path(name).write_text(CODE if name.endswith(".py") else json.dumps(book), "utf-8")
    Path("helper.py").write_text(OWNED, "utf-8")
    Path("boto3.py").write_text(OWNED, "utf-8")
    ran = run("migrate", "--code", name)
    assert ran.code in (0, 1), ran.stderr
    assert "eval(...): what it runs is not read" in ran.stdout
    assert "import helper" not in ran.stdout
    assert not Path("owned").exists()
    assert connections == []


@pytest.mark.parametrize(
    "text",
    [
        "!!python/object/apply:os.system ['touch owned']", "!!python/name:os.system", "'{{ ().__class__ }}'",
        "'{{ open(\"owned\", \"w\") }}'", "'{{ region | attr(\"x\") }}'", "'{% set x = 1 %}{{ x }}'",
    ],
)  # fmt: skip
@pytest.mark.parametrize("place", ["activity_groups/run-jobs.yaml", "personas/tester.yaml"])
def test_no_text_of_a_catalog_is_run(run: "Run", small_catalog: Path, place: str, text: str) -> None:
    """A placeholder is a name and no expression; a YAML tag makes nothing."""
    path = small_catalog / place
    data = path.read_text("utf-8")
    if place.startswith("activity"):
        begin, _, rest = data.partition("resources:")
        data = f"{begin}resources: [{text}]{rest[rest.index(chr(10)) :]}"
    else:
        data = f"{data}\nnever:\n  - {text}\n"
    path.write_text(data, "utf-8")
    ran = run("create", "--persona", "tester", "--catalog", "catalog")
    assert (ran.code, ran.stdout) == (2, "")
    assert place in ran.stderr
    assert not Path("owned").exists()


def test_nobody_is_asked_at_an_address_that_is_not_safe(monkeypatch: pytest.MonkeyPatch) -> None:
    """A scheduler's is refused before anything is sent there: its first message could be code."""
    pytest.importorskip("distributed", reason="the extra `dask` is not installed")
    from rolemgr.workflow.cluster import cluster

    asked: list[Any] = []
    monkeypatch.setattr("rolemgr.workflow.cluster.Client", lambda *given, **_: asked.append(given))
    with pytest.raises(InputError, match="another machine without TLS"), cluster("tcp://10.0.0.5:8786", 1):
        pass
    assert asked == []


FILES = {
    "a role file": ("role.yaml", "persona: sagemaker-compute\nparameter: {{job_names: {}}}\n", ("create", "role.yaml")),
    "settings": ("rolemgr.yaml", "tag: {{Team: {}}}\n", ("create", "role.yaml")),
    "a blueprint": ("blueprint.yaml", BLUEPRINT.replace("{", "{{").replace("}", "}}") + "projects: {}\n", ("build", "blueprint.yaml", "-o", "out")),
    "a policy": ("p.yaml", "Version: '2012-10-17'\nStatement:\n- {{Effect: Allow, Action: {}, Resource: '*'}}\n", ("check", "p.yaml")),
    "a template": ("t.yaml", "Resources:\n  P:\n    Type: AWS::IAM::ManagedPolicy\n    Properties: {}\n", ("check", "t.yaml")),
}  # fmt: skip
"""Files that somebody else may have written: where a text stands in them, and the command that reads them."""
TAGS = ("!!python/object/apply:os.system ['touch owned']", "!!python/object/new:os.system ['touch owned']")


@pytest.mark.parametrize("text", [*TAGS, '\'{{ open("owned", "w") }}\'', '"$(touch owned) `touch owned`"'])
@pytest.mark.parametrize("kind", FILES)
def test_no_text_of_a_file_is_run(run: "Run", connections: list[Any], kind: str, text: str) -> None:
    """Role files, settings, blueprints, and what is checked: a YAML tag makes nothing, and a text stays one."""
    name, content, command = FILES[kind]
    Path(name).write_text(content.format(text), "utf-8")
    ran = run(*command)
    assert not Path("owned").exists()
    assert "Traceback" not in ran.stderr
    if text in TAGS:
        assert ran.code in (1, 2)
        assert f"{name}:" in ran.stdout + ran.stderr
    assert connections == []
