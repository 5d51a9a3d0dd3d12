"""README and docs are true: generated parts are current, console blocks print what they say."""

import json
import os
import re
import shlex
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from tests.conftest import Run
from tools.explanation_pages import facts
from tools.reference_pages import names, since_text

from rolemgr.check.examples import examples_of

TOP = Path(__file__).resolve().parents[1]
ROLEMGR = (sys.executable, "-m", "rolemgr.cli.main")
BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)


def test_generated_pages_and_schemas_are_current() -> None:
    """`python tools/docs.py --check` finds nothing stale."""
    found = subprocess.run(
        [sys.executable, TOP / "tools/docs.py", "--check"], capture_output=True, text=True, check=False
    )
    assert (found.stdout + found.stderr, found.returncode) == ("", 0)


def _steps(block: str) -> list[tuple[str, str]]:
    """Return the commands of a console *block*, each with the output below it."""
    texts = re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
    return [(command, output) for text in texts for command, _, output in [text.partition("\n")]]


def _as_shown(printed: str, output: str) -> bool:
    """Tell whether *printed* is the *output* of a page, `...` standing for anything; notes are left out of pages."""
    lines = re.sub(r"[ \t]+$", "", re.sub(r"^note: .*\n", "", printed, flags=re.MULTILINE), flags=re.MULTILINE)
    return re.fullmatch(".*".join(map(re.escape, output.split("..."))), lines, re.DOTALL) is not None


def _blocks() -> list[tuple[str, str]]:
    """Return the commands of the README's console blocks with the output printed below each."""
    return [step for block in BLOCK.findall((TOP / "README.md").read_text()) for step in _steps(block)]


@pytest.mark.parametrize(("command", "output"), _blocks(), ids=lambda text: text[:60])
def test_readme_console_blocks_are_what_is_printed(command: str, output: str) -> None:
    """A reader who types the command sees the output, `...` standing for anything."""
    program, *arguments = shlex.split(command)
    assert program == "rolemgr"
    ran = subprocess.run([*ROLEMGR, *arguments], capture_output=True, text=True, check=False)
    assert _as_shown(ran.stdout + ran.stderr, output), ran.stdout + ran.stderr


def test_the_readme_is_read_in_five_minutes() -> None:
    """Tables and pictures are a link away."""
    assert len((TOP / "README.md").read_text().split()) < 900


def test_the_readmes_way_from_file_to_account_is_typed_as_it_stands(tmp_path: Path) -> None:
    """In an empty folder, line by line, as far as nothing touches AWS."""
    part = (TOP / "README.md").read_text().partition("## From file to account")[2].partition("\n## ")[0]
    (block,) = re.findall(r"```sh\n(.*?)```", part, re.DOTALL)
    offline = [line for line in block.splitlines() if not re.search(r"rolemgr (plan|apply|drift)", line)]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for line in offline:
        ran = subprocess.run(["/bin/sh", "-c", line], cwd=tmp_path, env={**os.environ, "PATH": path}, capture_output=True,
                             text=True, check=False)  # fmt: skip
        assert (ran.returncode, line) == (0, line), ran.stderr
    assert len(offline) == 4
    assert (tmp_path / "churn.yaml").is_file()


LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]*)(#[^)\s]+)?\)")
PAGES = [TOP / "README.md", TOP / "CONTRIBUTING.md", TOP / "CHANGELOG.md", *sorted((TOP / "docs").glob("*.md")),
         TOP / "examples/README.md"]  # fmt: skip


def test_links_lead_somewhere() -> None:
    """To a file that is there, and to a heading that it has."""
    anchors_of = cache(lambda path: _anchors(path.read_text()))
    for page in PAGES:
        for name, heading in LINK.findall(page.read_text()):
            to = page.parent / name if name else page
            assert to.exists(), f"{page.name}: {name}"
            assert not heading or heading[1:] in anchors_of(to), f"{page.name}: {name}{heading}"


def test_the_site_leads_to_every_page() -> None:
    """A page of docs/ stands once in the navigation of mkdocs.yml, and what stands there is a page."""
    navigation = (TOP / "mkdocs.yml").read_text().partition("\nnav:\n")[2]
    listed = re.findall(r"([\w-]+\.md)$", navigation, re.MULTILINE)
    assert sorted(listed) == sorted(page.name for page in (TOP / "docs").glob("*.md"))


def test_no_page_of_the_site_leads_out_of_it() -> None:
    """The strict build refuses it: link examples.md or security.md, and name other files without a link."""
    pages = sorted((TOP / "docs").glob("*.md"))
    assert [(page.name, link) for page in pages for link in re.findall(r"\]\((\.\./[^)]*)\)", page.read_text())] == []


def test_what_is_new_is_there_since_the_version_that_is_made() -> None:
    """And what was there keeps its version, whatever comes after."""
    known = {kind: dict.fromkeys(found[1:], "1.0") for kind, found in names().items()}
    found = json.loads(since_text(known, "2.3.4"))
    assert set(found) == {"personas", "groups", "guardrails", "profiles", "separations", "rules"}
    for kind, versions in found.items():
        first, *others = names()[kind]
        assert versions[first] == "2.3"
        assert {versions[one] for one in others} == {"1.0"}


@pytest.mark.parametrize(
    ("kind", "page"),
    [("personas", "personas"), ("groups", "catalog"), ("guardrails", "guardrails"), ("profiles", "guardrails"),
     ("separations", "separations"), ("rules", "rules")],
)  # fmt: skip
def test_each_entry_has_an_anchor_and_a_version(kind: str, page: str) -> None:
    """A link to any of them can be sent to somebody, and says since when it is there."""
    text = (TOP / f"docs/{page}.md").read_text()
    parts = {part.split(None, 1)[0]: part for part in re.split(r"^### ", text, flags=re.MULTILINE)[1:]}
    for name in names()[kind]:
        assert re.search(r"^Since \d+\.\d+\.$", parts[name], re.MULTILINE), name
        about_no_policy = kind == "rules" and examples_of(name) is None
        assert about_no_policy or "```" in parts[name], f"{name} has no example"


def _anchors(text: str) -> set[str]:
    """Return the anchors that GitHub makes of the headings of *text*."""
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_write_a_group_page_is_true(tmp_path: Path, run: Run) -> None:
    """The group and the persona of the how-to page compose, and its two simulations decide as it says."""
    page = (TOP / "docs/write-an-activity-group.md").read_text()
    group, *blocks = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    never = [text for text in blocks if text.startswith("never:")]
    files = {text.split()[1]: text for text in blocks if text not in never}
    for name, text in {"our-catalog/activity_groups/read-secrets.yaml": group, **files}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    persona = "title: T\ndescription: T.\nextends: data-scientist\n"
    for number, text in enumerate(never):
        (tmp_path / f"our-catalog/personas/never-{number}.yaml").write_text(persona + text)
    commands = re.findall(r"^(rolemgr .*?[^\\])$", page, re.MULTILINE | re.DOTALL)
    for name in ("feature-engineer", *(f"never-{number}" for number in range(len(never)))):
        commands.append(f"rolemgr create --persona {name} --catalog our-catalog --add read-prompts")
    assert (len(files), len(commands)) == (4, 6)
    for command in commands:
        ran = run(*shlex.split(command.replace("\\\n", " "))[1:])
        assert ran.code == 0, ran.stderr


def test_the_write_a_persona_page_is_true(tmp_path: Path, run: Run) -> None:
    """Both personas of the page are right, and its commands say what it says."""
    page = (TOP / "docs/write-a-persona.md").read_text()
    first, second = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    (tmp_path / "our-catalog/personas").mkdir(parents=True)
    (tmp_path / "our-catalog/personas/forecaster.yaml").write_text(first)
    (tmp_path / second.split()[1]).write_text(second)
    commands = re.findall(r"^(rolemgr .*?[^\\])$", page, re.MULTILINE | re.DOTALL)
    assert len(commands) == 4
    for command in commands:
        ran = run(*shlex.split(command.replace("\\\n", " "))[1:])
        assert ran.code == 0, ran.stderr


STEP = re.compile(r"Save this as `([\w/.-]+)`:\n\n```yaml\n(.*?)```|```console\n(.*?)```", re.DOTALL)


@pytest.mark.parametrize(("page", "count"), [("tutorial", 22), ("use-abac", 4), ("use-with-a-landing-zone", 3)])
def test_a_page_is_typed_as_it_stands(page: str, count: int, tmp_path: Path) -> None:
    """Every file saved, every command run in its order, and each prints what the page shows."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    who = {f"GIT_{one}_{what}": "a@b.c" for one in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environment = {**os.environ, **who, "PATH": path, "GIT_CONFIG_GLOBAL": os.devnull}
    environment.pop("COLUMNS", None)
    folder, typed = tmp_path, 0
    for name, text, block in STEP.findall((TOP / f"docs/{page}.md").read_text()):
        if name:
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(text)
        for command, output in _steps(block):
            typed += 1
            if command.startswith("cd "):
                folder /= command.removeprefix("cd ")
                continue
            ran = subprocess.run(["/bin/sh", "-c", command], cwd=folder, env=environment, stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, text=True, check=False)  # fmt: skip
            assert _as_shown(ran.stdout, output), f"{command}\n{ran.stdout}"
            refused = 2 if output.startswith("error:") else 0
            assert ran.returncode == (1 if command.startswith("rolemgr diff") else refused), command
    assert typed == count


def test_the_create_page_is_true(tmp_path: Path, run: Run) -> None:
    """The role file of the page composes, and each of its commands runs, one file or many."""
    page = (TOP / "docs/create-a-role.md").read_text()
    (file,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    (tmp_path / "roles").mkdir()
    for path in ("churn.yaml", "roles/churn.yaml"):
        (tmp_path / path).write_text(file)
    commands = [line for block in re.findall(r"```sh\n(.*?)```", page, re.DOTALL) for line in block.splitlines()]
    assert len(commands) == 6
    made = [run(*shlex.split(one)[1:]) for one in commands]
    assert [one.code for one in made] == [0] * 6
    assert (tmp_path / "churn.json").read_bytes() == (tmp_path / "out/churn-ds.json").read_bytes()
    assert "churn-ds" in made[0].stdout


def test_the_stand_ins_are_judged_by_the_command_that_the_page_names() -> None:
    """The figures of the page are what `rolemgr check` prints of the file, and each role of AWS's is in it."""
    command = [*ROLEMGR, "check", "examples/role-manager/aws-stand-ins.yaml", "--format", "json"]
    ran = subprocess.run(command, cwd=TOP, capture_output=True, text=True, check=False)
    found = json.loads(ran.stdout)
    (total,) = re.findall(
        r"^\| all \|  \| (\d+) \| (\d+) \| (\d+) \|$", (TOP / "docs/role-manager.md").read_text(), re.MULTILINE
    )
    assert (ran.returncode, sum(map(int, total)), found["not_judged"]) == (1, len(found["findings"]), [])


def test_each_decision_is_held_by_a_file_that_is_there() -> None:
    """Of the repository, and each says what AWS does not say, what is done, and what if it is otherwise."""
    decisions = json.loads((TOP / "tools/decisions.json").read_text())
    assert [one["held"] for one in decisions if not (TOP / one["held"]).is_file()] == []
    assert {frozenset(one) for one in decisions} == {frozenset({"open", "decided", "otherwise", "held"})}


def test_every_fact_has_evidence_of_a_known_kind() -> None:
    """A source that is no page, model, code or report of AWS's would pass for code."""
    found = list(facts())
    assert len(found) > 500
    known = (
        r"https://|(PyPI )?botocore |aws/|aws-\w+/|sagemaker-python-sdk |AWS managed policies |the evaluator |see each"
    )
    assert [one.source for one in found if not re.match(known, one.source)] == []


def test_the_export_page_is_true(tmp_path: Path, run: Run) -> None:
    """Each of its `rolemgr` commands runs as it stands, and the module is where the page's `source` says."""
    page = (TOP / "docs/export.md").read_text()
    (file,) = re.findall(r"```yaml\n(.*?)```", (TOP / "docs/create-a-role.md").read_text(), re.DOTALL)
    (tmp_path / "roles").mkdir()
    (tmp_path / "roles/churn.yaml").write_text(file)
    commands = re.findall(r"^rolemgr (.*)$", page, re.MULTILINE)
    assert len(commands) == 6
    assert [run(*shlex.split(command)).code for command in commands] == [0] * 6
    (source,) = re.findall(r'source = "(.*)"', page)
    assert (tmp_path / source / "role.tf.json").is_file()


def test_the_layers_page_is_true(tmp_path: Path, run: Run) -> None:
    """Each of its commands runs as it stands; a training job that says nothing is denied by the SCP."""
    page = (TOP / "docs/layers.md").read_text()
    commands = re.findall(r"^rolemgr (.*)$", page, re.MULTILINE)
    assert len(commands) == 10
    made = [run(*shlex.split(one)) for one in commands]
    assert [one.code for one in made] == [0] * 10
    assert made[6].stdout.startswith("ExplicitlyDenied")
    assert all(": proven (" in one.stdout for one in made[7:])
