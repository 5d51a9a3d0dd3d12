"""What newcomers stumbled on, each answered with what to do: names of outputs, YAML, guardrails, pipes, forms."""

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.conftest import Run

ROLE = 'persona: data-scientist\nname: {}\naccount: "111122223333"\nregion: eu-west-1\n'
GUARDRAIL = """title: T
description: D
scope: [jobs]
{}:
  - sid: X
    why: W
    actions: {}
    conditions: {{StringNotEquals: {{"sagemaker:RootAccess": {}}}}}
"""


@pytest.fixture(autouse=True)
def files(clean_environment: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Work in a folder with two role files."""
    monkeypatch.chdir(tmp_path)
    Path("a.yaml").write_text(ROLE.format("one"), "utf-8")
    Path("b.yaml").write_text(ROLE.format("two"), "utf-8")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("create", "a.yaml", "b.yaml", "-o", "both.yaml"), "both.yaml: is named as a file, and several role files give several; give a folder, -o both/"),
        (("create", "a.yaml", "-o", "x.pdf"), "x.pdf: no command writes PDF; print a page of --format html"),
        (("create", "a.yaml", "-o", "x.md"), "x.md: is named as Markdown, and the result is JSON"),
        (("check", "a.yaml", "-o", "x.xlsx"), "x.xlsx: no command writes Excel's form; give --format csv"),
        (("boundary", "a.yaml", "b.yaml"), "several role files give several results; give a folder, -o DIR"),
        (("scp", "vpc"), "command line: `vpc` is a guardrail, and no scp; give --guardrail vpc"),
        (("scp", "max-runtime=24h"), "command line: `max-runtime` is a guardrail, and no scp; give --guardrail max-runtime=24h"),
        (("rcp", "vpc", "--organization-id", "o-a1b2c3d4e5"), None),
        (("replay", "t.json"), "missing option '--with'; such as `rolemgr replay"),
        (("tighten", "a.yaml", "--trail", "t.json"), "no such option: --trail; give the trails as they are"),
        (("prove", "a.yaml", "--format", "sarif"), "invalid value for '--format': 'sarif' is not one of 'text', 'json'; `rolemgr check`, `audit` and `drift` give sarif"),
        (("compare", "a.yaml", "--format", "junit"), "`rolemgr test` gives junit"),
    ],
    ids=lambda one: " ".join(one) if isinstance(one, tuple) else "",
)  # fmt: skip
def test_a_stumble_is_answered(words: tuple[str, ...], says: str | None, run: Run) -> None:
    """In one line, with the nearest right thing; nothing is written."""
    before = set(Path().iterdir())
    ran = run(*words)
    assert ran.code == 2
    assert says is None or says in ran.errors[0], ran.stderr
    assert set(Path().iterdir()) == before


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("persona: data-scientist\n  name: x\n", "w.yaml:2: is not valid YAML: mapping values are not allowed in this context; the line is indented deeper"),
        ("persona: x\nguardrail:\n  max-runtime: 24h\n instance-types: ml.m5.large\n", "w.yaml:4: is not valid YAML: did not find expected key; indent the line as the other keys"),
        ("persona: x\nadd:\n- a\n\t- b\n", "w.yaml:4: is not valid YAML: found a tab character that violates indentation; indent with blanks"),
        ("persona: x\nbucket: {{ bucket }}\n", 'w.yaml:2: has a key that is not a plain string; put a value that begins with a brace in quotes, such as "{{ bucket }}"'),
        ("persona: x\nbucket: [a\nname: b\n", "close the bracket, or put a comma between the entries"),
        ('persona: "x\n', "close the quote that is open"),
    ],
)  # fmt: skip
def test_yaml_says_what_was_expected(text: str, says: str, run: Run) -> None:
    """The line, and what to do with it."""
    Path("w.yaml").write_text(text, "utf-8")
    ran = run("create", "w.yaml")
    assert ran.code == 2
    assert says in ran.errors[0], ran.stderr


@pytest.mark.parametrize(
    ("key", "actions", "value", "says"),
    [
        ("denies", "supported", "Enabled", "unknown key `denies`; did you mean deny?"),
        ("deny", "suported", "Enabled", "`deny[0].actions` is `suported`; use one of supported or all"),
        ("deny", "supported", "{{ value }}", "put a value that begins with a brace in quotes"),
    ],
)
def test_a_guardrail_of_ones_own(key: str, actions: str, value: str, says: str, run: Run) -> None:
    """Its usual slips are told with the right name."""
    Path("cat/guardrails").mkdir(parents=True)
    Path("cat/guardrails/mine.yaml").write_text(GUARDRAIL.format(key, actions, value), "utf-8")
    ran = run("create", "--persona", "data-scientist", "--catalog", "cat", "--guardrail", "mine")
    assert ran.code == 2
    assert any(says in one for one in ran.errors), ran.stderr


def test_two_roles_of_one_name_are_told_apart(run: Run) -> None:
    """By the file behind the name."""
    Path("b.yaml").write_text(ROLE.format("one").replace("data-scientist", "ml-engineer"), "utf-8")
    text = run("compare", "a.yaml", "b.yaml").stdout
    assert "one (a.yaml)" in text
    assert "one (b.yaml)" in text
    assert "(a.yaml)" not in run("compare", "a.yaml").stdout


@pytest.mark.parametrize("suffix", [""])
@pytest.mark.parametrize("words", [("simulate", "--action", "sagemaker:ListModels"), ("check",), ("preview",)])
def test_a_file_of_another_name_is_told_by_its_content(words: tuple[str, ...], suffix: str, run: Run) -> None:
    """As the same file with .yaml is."""
    Path(f"role{suffix}").write_text(ROLE.format("one"), "utf-8")
    ran, same = run(words[0], f"role{suffix}", *words[1:]), run(words[0], "a.yaml", *words[1:])
    assert (ran.code, ran.stdout) == (same.code, same.stdout), ran.stderr


BASH = shutil.which("bash")


@pytest.mark.skipif(BASH is None, reason="there is no bash")
@pytest.mark.parametrize("words", ["simulate {} --action sagemaker:ListModels", "check {}"])
def test_what_comes_through_a_pipe_is_told_by_its_content(words: str) -> None:
    """As `<(command)` of a shell gives it: it can be read once."""
    program = shlex.quote(str(Path(sys.executable).with_name("rolemgr")))
    command = f"{program} {words.format('<(cat a.yaml)')}"
    ran = subprocess.run([BASH or "bash", "-c", command], capture_output=True, text=True, check=False)
    assert "not valid JSON" not in ran.stderr
    assert ran.returncode in (0, 1), ran.stderr
    assert ran.stdout
