"""What SECURITY.md promises of whoever writes a role file, a catalog or code: nothing of it is run, nothing is called."""

import json
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

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
OFFLINE = (
    ("create", "role.yaml"), ("preview", "role.yaml", "--full"), ("check", "role.yaml"), ("prove", "role.yaml"),
    ("smoke", "role.yaml"), ("compare", "role.yaml"), ("compliance", "role.yaml"), ("report", "role.yaml"),
    ("list", "personas"), ("query", "action", "s3:GetObject"), ("diff", "role.yaml", "role.yaml"),
    ("simulate", "role.yaml", "--action", "sagemaker:CreateEndpoint"), ("scp", "no-root"), ("migrate", "--code", "train.py"),
    ("create", "role.yaml", "--format", "terraform"), ("create", "role.yaml", "--format", "cloudformation"),
)  # fmt: skip


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
    return asked


def test_the_network_is_watched(run: "Run", connections: list[Any]) -> None:
    """A command that does ask AWS is seen, so that the silence of the others says something."""
    assert run("plan", "role.yaml").code == 3
    assert connections


@pytest.mark.parametrize("command", OFFLINE, ids=" ".join)
def test_no_role_file_reaches_aws(run: "Run", connections: list[Any], command: tuple[str, ...]) -> None:
    """Whatever is asked about it, as long as no option says so, also with credentials at hand."""
    ran = run(*command)
    assert ran.code in (0, 1), ran.stderr
    assert connections == []


@pytest.mark.parametrize("name", ["train.py", "train.ipynb"])
def test_no_code_is_run(run: "Run", connections: list[Any], name: str) -> None:
    """Neither its module, its classes, defaults and decorators, nor what it imports; it is read to its end."""
    cell: dict[str, Any] = {"cell_type": "code", "source": CODE, "metadata": {}, "outputs": [], "execution_count": None}
    book = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    Path(name).write_text(CODE if name.endswith(".py") else json.dumps(book), "utf-8")
    Path("helper.py").write_text(OWNED, "utf-8")
    Path("boto3.py").write_text(OWNED, "utf-8")
    ran = run("migrate", "--code", name)
    assert ran.code in (0, 1), ran.stderr
    assert "import helper" in ran.stdout
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
