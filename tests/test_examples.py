"""
The examples are true: each role file renders to the role beside it, and each command prints what is shown.

``pytest tests/test_examples.py --update-golden`` rewrites the roles.
"""

import re
import shlex
from pathlib import Path

import pytest
from tests.conftest import Run

TOP = Path(__file__).resolve().parents[1]
EXAMPLES = TOP / "examples"
README = (EXAMPLES / "README.md").read_text()
LAYERS = (EXAMPLES / "layers" / "README.md").read_text()
ROLES = sorted(path.parent.name for path in EXAMPLES.glob("*/role.yaml"))
EXPORTS = re.findall(
    r"^rolemgr ((?:create|preview|report|scp|rcp|s3-policy|boundary|resource-policy|detective) .*) "
    r"-o (examples/(?:exports|templates|reviews|reports|layers|detective)/\S+)$",
    README + LAYERS,
    re.MULTILINE,
)
RENDERED = re.findall(r"^rolemgr (.*) -o (examples/\S+/)$", README, re.MULTILINE)
"""Commands whose result is a folder."""
MADE = {path for _, folder in RENDERED for path in (TOP / folder).rglob("*") if path.suffix == ".yaml"} - set(
    EXAMPLES.glob("*/every-day.yaml")
)
BLUEPRINTS = sorted(path.parent.name for path in EXAMPLES.glob("*/blueprint.yaml"))
BUILT = {path for name in BLUEPRINTS for path in (EXAMPLES / name / "build").rglob("*.yaml")}
STAND_INS = EXAMPLES / "role-manager" / "aws-stand-ins.yaml"
"""A template of CloudFormation, which is to be judged."""
YAML = sorted(
    {path.relative_to(TOP).as_posix() for path in {*EXAMPLES.rglob("*.yaml")} - MADE - BUILT - {STAND_INS}}
    - {path for _, path in EXPORTS}
)  # fmt: skip
COMMANDS = re.findall(r"^\$ rolemgr (.*)\n((?:(?!\$ |```).*\n)*)", README + LAYERS, re.MULTILINE)
SCHEMA_LINE = re.compile(r"# yaml-language-server: \$schema=(\S+\.schema\.json)")


@pytest.fixture(autouse=True)
def at_the_top(clean_environment: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work where a reader of the examples does: at the top of the repository."""
    monkeypatch.chdir(TOP)


@pytest.mark.parametrize("name", ROLES)
def test_role_file_renders_to_the_role_beside_it(name: str, run: Run, update_golden: bool) -> None:
    """`rolemgr create --role` prints `role.json`, for exactly what the file names: no default is left to a note."""
    ran = run("create", "--role", f"examples/{name}/role.yaml")
    assert (ran.code, ran.errors) == (0, [])
    expected = (
        "inline policy is full", "give the other roles the same value", "can't narrow", "for what it starts as",
        "--abac Project", "nothing is proven beyond that", "what permissions boundary", "names no ids",
        "whoever sets the tag Project of a session",
    )  # fmt: skip
    assert [note for note in ran.notes if not any(text in note for text in expected)] == []
    beside = EXAMPLES / name / "role.json"
    if update_golden:
        beside.write_text(ran.stdout, encoding="utf-8")
    assert beside.read_text(encoding="utf-8") == ran.stdout


@pytest.mark.parametrize(("command", "path"), EXPORTS, ids=lambda text: text.rpartition("/")[2])
def test_export_is_what_its_command_writes(command: str, path: str, run: Run, update_golden: bool) -> None:
    """Each form of the one role is what the README's line gives today."""
    ran = run(*shlex.split(command))
    assert (ran.code, ran.errors) == (0, [])
    if update_golden:
        (TOP / path).write_text(ran.stdout, encoding="utf-8")
    assert (TOP / path).read_text(encoding="utf-8") == ran.stdout


@pytest.mark.parametrize(("command", "folder"), RENDERED, ids=lambda text: text[-30:])
def test_a_folder_is_what_its_command_writes(
    command: str, folder: str, run: Run, update_golden: bool, tmp_path: Path
) -> None:
    """Each file of it, and no other."""
    ran = run(*shlex.split(command), "-o", f"{tmp_path}/")
    assert (ran.code, ran.errors) == (0, [])
    made = {path.relative_to(tmp_path).as_posix(): path.read_text() for path in tmp_path.rglob("*") if path.is_file()}
    for name, text in made.items() if update_golden else ():
        (TOP / folder / name).parent.mkdir(parents=True, exist_ok=True)
        (TOP / folder / name).write_text(text, encoding="utf-8")
    there = [path for path in (TOP / folder).rglob("*") if path.is_file()]
    assert {path.relative_to(TOP / folder).as_posix(): path.read_text() for path in there} == made


def test_every_export_has_its_command() -> None:
    """No file of the folder is without the line that writes it."""
    written = {(TOP / path).name for _, path in EXPORTS}
    templates = set(re.findall(r"--template examples/templates/(\S+)", README))
    folders = ("exports", "templates", "reviews", "reports", "layers", "detective")
    found = {path.name for folder in folders for path in (EXAMPLES / folder).iterdir()}
    assert found == {*written, *templates, "team.yaml", "role.yaml", "role.json", "README.md"}
    assert len(templates) == 2


@pytest.mark.parametrize(("command", "output"), COMMANDS, ids=lambda text: text[:60])
def test_command_of_the_readme_prints_what_is_shown(command: str, output: str, run: Run) -> None:
    """A reader who types the command sees the output, `...` standing for anything."""
    ran = run(*shlex.split(command))
    wanted = ".*".join(map(re.escape, output.split("...")))
    assert (ran.code, ran.errors) == (0, [])
    assert re.fullmatch(wanted, ran.stdout, re.DOTALL), ran.stdout


@pytest.mark.parametrize("name", BLUEPRINTS)
def test_blueprint_builds_to_the_folder_beside_it(name: str, run: Run, update_golden: bool, tmp_path: Path) -> None:
    """`rolemgr build` of each example writes what is there, file by file and byte by byte, and nothing else."""
    beside = EXAMPLES / name / "build"
    folder = str(beside) if update_golden else str(tmp_path)
    ran = run("build", f"examples/{name}/blueprint.yaml", "-o", folder, *(["--prune"] if update_golden else []))
    assert (ran.code, ran.errors) == (0, [])
    assert _files(beside) == _files(Path(folder))


def _files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", BLUEPRINTS)
def test_blueprint_is_what_init_writes(name: str, run: Run) -> None:
    """`rolemgr init --blueprint` writes the example, but for the line that leads editors to the schema."""
    ran = run("init", "--blueprint", name.removeprefix("blueprint-"), "-o", "-")
    assert (ran.code, ran.errors) == (0, [])
    _, _, text = (EXAMPLES / name / "blueprint.yaml").read_text(encoding="utf-8").partition("\n")
    assert text == ran.stdout


def test_the_policy_tests_among_the_examples_pass(run: Run) -> None:
    """Each project of `one-role-six-projects` reaches its own bucket and not the five others."""
    ran = run("test", "examples/tests")
    assert (ran.code, ran.errors) == (0, [])
    assert ran.stdout.endswith(" passed in 3 files\n")
    six = (EXAMPLES / "tests" / "one-role-six-projects.yaml").read_text(encoding="utf-8")
    assert len(re.findall(r"^  - name: (\w+) reads its own data$", six, re.MULTILINE)) == 6
    assert len(re.findall(r"^  - name: (\w+) does not (?:read|write) what is (?!\1)\w+'s$", six, re.MULTILINE)) == 60


@pytest.mark.parametrize("name", YAML)
def test_first_line_names_a_schema_that_exists(name: str) -> None:
    """An editor finds the schema of every YAML file among the examples."""
    path = TOP / name
    found = SCHEMA_LINE.fullmatch(path.read_text(encoding="utf-8").partition("\n")[0])
    assert found, "the first line names no schema"
    assert (path.parent / found[1]).resolve().parent == TOP / "schemas"
    assert (path.parent / found[1]).is_file()


def test_every_folder_is_in_the_readme() -> None:
    """No example is without its line, and no line is without its example."""
    listed = re.findall(r"^\| \[([a-z-]+)\]\(\1(?:/role\.yaml)?\) \|", README, re.MULTILINE)
    assert sorted(listed) == sorted(path.name for path in EXAMPLES.iterdir() if path.is_dir())


def test_there_are_examples_and_commands() -> None:
    """Collecting nothing must not look like passing."""
    assert len(ROLES) >= 6
    assert len(COMMANDS) >= 4
    assert len(BLUEPRINTS) == 4
