"""The wizard in a real pseudo-terminal: what it shows, where it leads, and that it gives what it says it gives."""

import json
import re
import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests import terminal
from tests.servers import served

from rolemgr.catalog.load import Catalog
from rolemgr.catalog.personas import resolve_persona
from rolemgr.errors import RolemgrError
from rolemgr.wizard.answers import Answers, spec_of
from rolemgr.wizard.questions import forbidden_in
from rolemgr.workflow.role import render_spec

if TYPE_CHECKING:
    from tests.conftest import Run


class Session(terminal.Session):
    """A session that asks all questions: `more` is typed at the first."""

    def until_prompt(self) -> str:
        """Return what appears until the next prompt; the first is answered with `more`."""
        found = super().until_prompt()
        if not self._asked_more and "Persona [" in plain(found):
            self._asked_more = True
            self.press(b"more\n")
            return super().until_prompt()
        return found

    _asked_more = False


def played(
    *args: str, lines: Iterable[str], stdout: Path | None = None, columns: int = 400, **variables: str
) -> tuple[int, str]:
    """Return what `tests.terminal.played` does, of a session that asks all questions."""
    with Session(*args, stdout=stdout, columns=columns, **variables) as session:
        session.type(*lines)
        return session.end(), session.shown


PERSONAS = tuple(Catalog().found("personas"))
KEY = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
SKIP_ALL = (">", ">", ">")
"""From the persona's question behind: the rest of step 1, steps 2, 3 and 4."""
TESTER = ("create", "--catalog", "catalog")
COMMAND_LINE = re.compile(r"The same role by command line:\n(.*?)\n\n", re.DOTALL)


def printed_command(shown: str) -> list[str]:
    """Return the arguments of the command line on the last page, as a shell reads them."""
    pages = COMMAND_LINE.findall(plain(shown))
    program, *arguments = shlex.split(pages[-1].replace("\\\n", " "))
    assert program == "rolemgr"
    return list(arguments)


def plain(shown: str) -> str:
    """Return *shown* without colours and other escapes."""
    return re.sub(r"\x1b\[[?\d;]*[a-zA-Z]", "", shown)


@pytest.mark.sampled(1)
@pytest.mark.parametrize("persona", PERSONAS)
def test_each_persona_with_every_default(persona: str, run: "Run", tmp_path: Path) -> None:
    """Enter at every question gives the persona's own role: that of the printed command line, byte for byte."""
    result = tmp_path / "role.json"
    code, shown = played("create", lines=[persona, ">", *SKIP_ALL, "yes", "no"], stdout=result)
    assert code == 0, shown
    arguments = printed_command(shown)
    assert arguments == ["create", "--persona", persona, "--region", "us-east-1"]
    assert run(*arguments).stdout.encode() == result.read_bytes()


def _groups() -> tuple[list[str], list[str]]:
    """Return the groups of a data scientist, and the others, each in the order in which the wizard numbers them."""
    catalog = Catalog()
    persona = resolve_persona(catalog, "data-scientist")
    own = sorted(persona.groups)
    others = [name for name in catalog.found("activity_groups") if name not in own]
    return own, [name for name in others if forbidden_in(catalog, persona, name) is None]


def held(name: str) -> int:
    """Return the number of the group *name* among those that may be removed."""
    return _groups()[0].index(name) + 1


def offered(name: str) -> int:
    """Return the number of the group *name* among those that may be added."""
    return _groups()[1].index(name) + 1


SCRIPTS: dict[str, tuple[list[str], list[str]]] = {
    "names, buckets and a value": (
        ["data-scientist", "123456789012", "eu-west-1", "use-mlflow use-jumpstart", "tune-hyperparameters",
         "acme-churn, acme-data", "self", "job_names, data_keys", KEY, "churn-*, fraud-*", "", "", "max-runtime",
         "12h", "", "Project=churn, Team=data science", "subnet-0a1b", "sg-0a", "", "", "y", "n", "churn-ds", "/ml/",
         "Data scientist's \"role\" & $HOME, 100 % of it", "sagemaker account:123456789012?external-id=a%2Bb", "8h",
         "arn:aws:iam::aws:policy/PowerUserAccess", ""],
        ["--name churn-ds", "--account 123456789012", "--region eu-west-1", "--add use-mlflow", "--add use-jumpstart",
         "--remove tune-hyperparameters", f"--parameter data_keys={KEY}", "--parameter job_names=churn-*,fraud-*",
         "--bucket acme-churn", "--bucket acme-data", "--pass-role self", "--subnet subnet-0a1b",
         "--security-group sg-0a", "--guardrail max-runtime=12h", "--guardrail network-isolation",
         "--tag Project=churn", "--tag Team=data science", "--trust sagemaker",
         "--trust account:123456789012?external-id=a%2Bb", "--path /ml/",
         "--description Data scientist's \"role\" & $HOME, 100 % of it",
         "--boundary arn:aws:iam::aws:policy/PowerUserAccess", "--max-session 8h"],
    ),
    "keys that a profile of step 2 asks for in step 3": (
        ["ml-engineer", "123456789012", "eu-west-1", "", "", "acme", "", "", "yes", "encrypted", "", "Project",
         "Project=churn", "", "", "", KEY, KEY],
        ["--account 123456789012", "--region eu-west-1", "--bucket acme", f"--data-key {KEY}", f"--volume-key {KEY}",
         "--guardrail-profile encrypted", "--no-default-guardrails", "--abac Project", "--tag Project=churn"],
    ),
    "numbers, and another partition": (
        [f"{PERSONAS.index('data-scientist') + 1}", "-", "cn-north-1", f"{offered('read-model-registry')} {offered('record-runs')}", f"{held('open-studio')},{held('pull-images')}", "", "", "5", "", "no", "2"],
        ["--region cn-north-1", "--add read-model-registry", "--add record-runs", "--remove open-studio",
         "--remove pull-images", "--guardrail-profile cost-foundation-models"],
    ),
}  # fmt: skip


@pytest.mark.sampled(2)
@pytest.mark.parametrize("name", SCRIPTS)
def test_wizard_command_line_and_role_file_give_the_same_bytes(name: str, run: "Run", tmp_path: Path) -> None:
    """What the wizard writes, what the line that it prints writes, and what the file that it saves gives are one."""
    result, (lines, options) = tmp_path / "role.json", SCRIPTS[name]
    with Session("create", stdout=result) as session:
        session.type(*lines)
        while "Is this the role?" not in session.until_prompt():
            session.press(b"\n")
        session.press(b"\n")
        session.type("saved.yaml")
        assert session.end() == 0, session.shown
    arguments = printed_command(session.shown)
    given = [option for option in " ".join(arguments[3:]).split(" --") if option]
    assert sorted(f"--{option.removeprefix('--')}" for option in given) == sorted(options)
    by_line, by_file = run(*arguments), run("create", "--role", "saved.yaml")
    assert (by_line.code, by_file.code) == (0, 0), (by_line.stderr, by_file.stderr)
    assert by_line.stdout.encode() == result.read_bytes() == by_file.stdout.encode()
    assert len(json.loads(result.read_bytes())["Policies"]) == 1


def test_flags_are_answers(small_catalog: Path, run: "Run", tmp_path: Path) -> None:
    """What the flags give is in brackets and needs no typing, and options of `create` itself are on the line too."""
    flags = (*TESTER, "--account", "123456789012", "--bucket", "acme", "--tag", "Project=churn", "--strict")
    code, shown = played(
        *flags, "--format", "yaml", "--explain", "-o", "role.yaml", lines=["tester", ">", ">", ">", ">", "", ""]
    )
    assert code == 0, shown
    assert "Account [123456789012]" in plain(shown)
    arguments = printed_command(shown)
    assert arguments[-5:] == ["--format", "yaml", "--explain", "--output", "role.yaml"]
    assert {"--strict", "123456789012", "acme", "Project=churn"} <= set(arguments)
    written = Path("role.yaml").read_bytes()
    Path("role.yaml").unlink()
    assert run(*arguments).code == 0
    assert Path("role.yaml").read_bytes() == written


def test_what_the_environment_and_settings_give_is_on_the_line(
    small_catalog: Path, run: "Run", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The printed line gives the same role where neither the variable nor rolemgr.yaml is."""
    Path("rolemgr.yaml").write_text(
        "bucket: acme\nguardrail: {max-runtime: 12h}\ntrust: [{kind: account, value: 123456789012, mfa: true}]\ncatalog: [catalog]\n"
    )
    monkeypatch.setenv("ROLEMGR_TAG", "Project=churn")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    result = tmp_path / "role.json"
    lines = ["tester", ">", *(">",) * 3, "<", "<", "<", "<", "<", "sagemaker", ">", "yes", "no"]
    code, shown = played("create", lines=lines, stdout=result)
    assert code == 0, shown
    Path("rolemgr.yaml").unlink()
    monkeypatch.delenv("ROLEMGR_TAG")
    monkeypatch.delenv("AWS_REGION")
    arguments = printed_command(shown)
    assert {"eu-west-1", "max-runtime=12h", "Project=churn", "catalog", "sagemaker"} <= set(arguments)
    assert run(*arguments).stdout.encode() == result.read_bytes()


def test_what_stands_outside_cannot_be_emptied(small_catalog: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable would come back on the printed line, so an answer can't take it away."""
    monkeypatch.setenv("ROLEMGR_BUCKET", "acme")
    code, shown = played(*TESTER, lines=["tester", "", "", "", "", "-", "q"])
    assert code == 1
    assert "error: `bucket` comes from ROLEMGR_BUCKET, which no flag can empty" in plain(shown)


WRONG = [
    (["nobody"], "error: unknown persona `nobody`; see `rolemgr list personas`"),
    (["testr"], "error: unknown persona `testr`; did you mean tester?"),
    (["99"], f"error: there is no number 99; choose from 1 to {len(PERSONAS) + 1}"),
    ([""], "error: a role needs a persona; give its name or number"),
    (["tester", "12"], "error: `12` is not an AWS account id of 12 digits"),
    (["tester", "", "eu west"], "error: `eu west` is not an AWS region such as us-east-1"),
    (["tester", "", "", "run-job"], "error: unknown activity group `run-job`; did you mean run-jobs"),
    (["tester", "", "", "", "read-file"], "error: unknown activity group of this role `read-file`; did you mean read-files"),
    (["tester", "", "", "", "read-files, run-jobs"], "error: no activity group is left; a role needs at least one"),
    (["tester", "", "", "", "", "Bad_Bucket"], "error: parameter `data_buckets`: `Bad_Bucket` is not a bucket name: 3 to 63 of a-z, 0-9, dot and hyphen"),
    (["tester", "", "", "", "", "", "", "jobnames"], "error: unknown parameter `jobnames`; did you mean job_names?"),
    (["data-scientist", "", "", "deploy-endpoints"], "error: separations/no-deployment.yaml:7: the persona must never be able to do"),
    (["data-scientist", "", "", "use-notebook-instances", "", "", "", "", ""], "error: activity_groups/use-notebook-instances.yaml"),
    (["tester", "", "", ">", "subnet"], "error: `subnet` is not a subnet id such as subnet-0a1b2c3d"),
    (["tester", ">", ">", ">", "a b"], "error: `a b` is not a role name: 1 to 64 letters, digits and _+=,.@-"),
    (["tester", ">", ">", ">", "", "ml"], "error: `ml` is not a path: it starts and ends with a slash"),
    (["tester", ">", ">", ">", "", "", "", "people:x"], "error: `trust[0]` is `people`; use one of sagemaker, service, account, user, role, saml, oidc, github"),
    (["tester", ">", ">", ">", "", "", "", "", "20h"], "error: a role's sessions last from 1h to 12h, not 20 h"),
    (["tester", ">", ">", ">", "", "", "", "", "", "nothing"], "error: `nothing` is not an ARN of a managed policy"),
    (["tester", "? nobody"], "error: unknown entry `nobody`"),
    (["tester", "< nowhere"], "error: unknown earlier question `nowhere`; there are persona"),
]  # fmt: skip


@pytest.mark.sampled(2)
@pytest.mark.parametrize(("lines", "says"), WRONG, ids=[" / ".join(lines) for lines, _ in WRONG])
def test_a_wrong_answer_is_said_and_asked_again(lines: list[str], says: str, small_catalog: Path) -> None:
    """One line, in the words of the flags, and the same question again; nothing is written."""
    code, shown = played(*TESTER, lines=[*lines, "q"])
    assert code == 1
    shown = plain(shown)
    assert says in shown, shown
    asked = [line for line in shown.splitlines() if line.endswith("]")]
    assert asked[-1] == asked[-2]
    assert "Traceback" not in shown


def test_back_leads_to_every_question_before(small_catalog: Path, tmp_path: Path) -> None:
    """From the last page `<` goes back question by question to the first, each with what was answered."""
    with Session(*TESTER, columns=400) as session:
        session.type("tester", "123456789012", ">", ">", ">", "churn", ">")
        asked = []
        while "this is the first question" not in session.shown:
            session.until_prompt()
            asked.append(plain(session.shown).splitlines()[-2])
            session.press(b"<\n")
        session.type(">", "q")
        assert session.end() == 1
    assert "Is this the role?" in asked[0]
    assert [line for line in asked if line.endswith("]")][-1] == "Persona [tester]"
    assert {"Account [123456789012]", "Name [churn]", "Region [us-east-1]", "Subnets [none]"} <= set(asked)
    assert len(asked) - 1 == len(set(asked)) == 27  # the first question stays where it is


def test_back_to_a_question_by_name(small_catalog: Path, run: "Run", tmp_path: Path) -> None:
    """`< NAME` leads straight to an earlier question, also from the last page's questions by `<`."""
    result = tmp_path / "role.json"
    lines = [
        "tester",
        ">",
        ">",
        ">",
        ">",
        "back",
        "< bucket",
        "acme",
        ">",
        ">",
        ">",
        "no",
        "<",
        ">",
        "yes",
        "<",
        "y",
        "",
    ]
    code, shown = played(*TESTER, lines=lines, stdout=result)
    assert code == 0, shown
    arguments = printed_command(shown)
    assert "--bucket acme" in " ".join(arguments)
    assert run(*arguments).stdout.encode() == result.read_bytes()


def test_another_persona_after_going_back(run: "Run", tmp_path: Path) -> None:
    """What the first persona's groups asked for and the new one has not is asked again, not kept in silence."""
    lines = ["data-scientist", "", "", "", "tune-hyperparameters", "< persona", "business-analyst", ">", "", "",
             "-", ">", ">", ">", "yes", "no"]  # fmt: skip
    result = tmp_path / "role.json"
    code, shown = played("create", lines=lines, stdout=result)
    assert code == 0, shown
    assert "error: unknown activity group of this role `tune-hyperparameters`" in plain(shown)
    arguments = printed_command(shown)
    assert arguments == ["create", "--persona", "business-analyst", "--region", "us-east-1"]
    assert run(*arguments).stdout.encode() == result.read_bytes()


PLACES = {
    "the first question": [],
    "step 1": ["tester"],
    "step 2": ["tester", ">"],
    "step 3": ["tester", ">", ">"],
    "step 4": ["tester", ">", ">", ">"],
    "the last page": ["tester", ">", ">", ">", ">"],
    "the offer to save": ["tester", ">", ">", ">", ">", "yes"],
}


@pytest.mark.sampled(4)
@pytest.mark.parametrize("how", ["q", "quit", "the end of input", "Ctrl-C"])
@pytest.mark.parametrize("place", PLACES)
def test_quitting_writes_nothing(place: str, how: str, small_catalog: Path) -> None:
    """At each step, by word, Ctrl-D and Ctrl-C: an exit code that is no success, one line, and no file."""
    with Session(*TESTER, "-o", "role.json") as session:
        session.type(*PLACES[place])
        session.until_prompt()
        if how == "Ctrl-C":
            session.interrupt()
        else:
            session.press(b"\x04" if how == "the end of input" else how.encode() + b"\n")
        code = session.end()
    assert code == (130 if how == "Ctrl-C" else 1)
    last = plain(session.shown).strip().splitlines()[-1]
    assert last == ("error: interrupted" if how == "Ctrl-C" else "error: stopped; nothing was written")
    assert [path.name for path in Path().iterdir()] == ["catalog"]


def test_quitting_keeps_stdout_empty(small_catalog: Path, tmp_path: Path) -> None:
    """Nothing but the result ever goes to stdout."""
    code, _ = played(*TESTER, lines=["tester", "?", "nonsense", "q"], stdout=tmp_path / "role.json")
    assert (code, (tmp_path / "role.json").read_bytes()) == (1, b"")


def test_an_existing_role_file_is_replaced_only_if_told_to(small_catalog: Path) -> None:
    """A path that is taken leads to a question, whose default is no; then another path can be given."""
    Path("mine.yaml").write_text("persona: mine\n")
    agreed = ["tester", ">", ">", ">", ">", "yes"]
    code, shown = played(
        *TESTER, "-o", "a.json", lines=[*agreed, "mine.yaml", "", "./a.json", "mine.yaml/b.yaml", "new/b.yaml"]
    )
    assert code == 0, shown
    assert "mine.yaml exists. Replace it? [no]" in plain(shown)
    assert "error: `./a.json` is where the result goes; give another path" in plain(shown)
    assert "error: mine.yaml" in plain(shown)
    assert Path("mine.yaml").read_text() == "persona: mine\n"
    assert "persona: tester" in Path("new/b.yaml").read_text()
    code, _ = played(*TESTER, "-o", "a.json", lines=[*agreed, "mine.yaml", "yes"])
    assert (code, "persona: tester" in Path("mine.yaml").read_text()) == (0, True)


def test_the_last_two_questions_explain_themselves(small_catalog: Path) -> None:
    """`?` is help there too, and neither it nor a yes is taken for a path."""
    code, shown = played(
        *TESTER, "-o", "a.json", lines=["tester", ">", ">", ">", ">", "?", "yes", "?", "yes", ">", "no"]
    )
    assert code == 0, shown
    shown = " ".join(plain(shown).split())
    assert "Enter or yes gives the role that is shown above" in shown
    assert "The answers as YAML" in shown
    assert "error: `yes` is not a path; give one such as roles/churn.yaml, or no" in shown
    assert {"?", "yes", ">"}.isdisjoint(path.name for path in Path().iterdir())


def test_a_saved_role_file_finds_its_catalog(small_catalog: Path, run: "Run", tmp_path: Path) -> None:
    """Catalog folders are written relative to the file, wherever it lies."""
    Path("roles").mkdir()
    result = tmp_path / "role.json"
    lines = ["tester", ">", ">", ">", ">", "yes", "roles/tester.yaml"]
    assert played(*TESTER, lines=lines, stdout=result)[0] == 0
    assert "../catalog" in Path("roles/tester.yaml").read_text()
    assert run("create", "--role", "roles/tester.yaml").stdout.encode() == result.read_bytes()


def test_the_last_page_is_the_preview(small_catalog: Path, run: "Run", monkeypatch: pytest.MonkeyPatch) -> None:
    """It shows what `preview` shows of the same role."""
    monkeypatch.setenv("COLUMNS", "100")
    _, shown = played(*TESTER, lines=["tester", ">", ">", ">", ">", "q"], columns=100)
    page = run("preview", "--persona", "tester", "--catalog", "catalog", "--region", "us-east-1").stdout
    assert page in "".join(line.rstrip() + "\n" for line in plain(shown).splitlines())


def test_a_narrow_terminal_folds_everything(small_catalog: Path) -> None:
    """On 40 columns no line is wider; what is to be copied, the command line, is never folded by us."""
    _, shown = played(*TESTER, lines=["?", "tester", ">", "?", "1", ">", ">", ">", "?", "q"], columns=40)
    assert [line for line in plain(shown).splitlines() if len(line) > 40] == []
    assert "run-jobs" in shown


def test_colour_and_no_colour() -> None:
    """Steps and errors stand out on a terminal, and NO_COLOR takes the colours away."""
    colour = re.compile(r"\x1b\[[\d;]*3\dm")
    assert colour.search(played("create", lines=["nobody", "q"])[1])
    assert not colour.search(played("create", lines=["nobody", "q"], NO_COLOR="1")[1])


def test_help_has_the_catalogs_own_words() -> None:
    """`?` explains the question and lists the titles, `? NAME` and `? NUMBER` explain one entry."""
    catalog = Catalog()
    _, shown = played(
        "create",
        lines=["?", "data-scientist", ">", "?", "? use-jumpstart", "?approve-models", "? 1", "q"],
        columns=4000,
    )
    shown = plain(shown)
    assert "Who is the role for?" in shown
    assert catalog.persona("data-scientist").value.title in shown
    for group in ("use-jumpstart", "approve-models"):
        assert catalog.activity_group(group).value.description in shown
    assert catalog.activity_group("label-data").value.title in shown


def test_tab_completes_names() -> None:
    """Where stdout is the terminal too, readline completes what the question lists."""
    pytest.importorskip("readline")
    with Session("create", "-o", "role.json", columns=400) as session:
        session.until_prompt()
        session.press(b"data-s\t")
        session.press(b"\n")
        session.type("", "", "use-ju\t", "q")
        assert session.end() == 1
    assert "Persona [none]\n> data-scientist" in plain(session.shown)
    assert "> use-jumpstart" in plain(session.shown)


def test_a_value_that_is_a_word_of_the_wizard(small_catalog: Path, run: "Run", tmp_path: Path) -> None:
    """A role may be called `back`: behind a `=` the word is the answer."""
    result = tmp_path / "role.json"
    code, shown = played(*TESTER, lines=["tester", ">", ">", ">", "=back", ">", "", ""], stdout=result)
    assert code == 0, shown
    assert json.loads(result.read_bytes())["RoleName"] == "back"
    assert run(*printed_command(shown)).stdout.encode() == result.read_bytes()


@pytest.mark.sampled(2)
@pytest.mark.parametrize(
    "text",
    ["\x1b[31mred\x1b[0m", "[bold]x[/bold]", "[/nothing]", "a" * 3000, "$(touch pwned)", "%s{0}\\", "-x", "--help"],
)
def test_strange_text_is_an_answer_like_any_other(text: str, small_catalog: Path, run: "Run", tmp_path: Path) -> None:
    """Escapes, markup, shell syntax and option names in a description are text, or refused as text."""
    result = tmp_path / "role.json"
    lines = ["tester", ">", ">", ">", "", "", text, ">", "", ""]
    code, shown = played(*TESTER, lines=lines, stdout=result)
    assert (code, "Traceback" in shown, Path("pwned").exists()) == (0, False, False), shown
    assert run(*printed_command(shown)).stdout.encode() == result.read_bytes()


@pytest.mark.sampled(1)
@pytest.mark.parametrize(
    ("flags", "says"),
    [(("--account", "12"), "error: --account: `12` is not an AWS account id of 12 digits"),
     (("--catalog", "nowhere"), "error: nowhere: is not a catalog folder"),
     (("--tag", "x"), "error: --tag: `x` is not of the form KEY=VALUE")],
)  # fmt: skip
def test_wrong_flags_are_said_before_the_first_question(flags: tuple[str, str], says: str) -> None:
    """No question can mend what the command line says wrong."""
    with Session("create", *flags, NO_COLOR="1") as session:
        assert session.end() == 2
    assert says in session.shown
    assert "Persona" not in session.shown


def test_without_a_terminal_nobody_is_asked(run: "Run") -> None:
    """In a pipe it is the usage error that it always was."""
    ran = run("create")
    assert (ran.code, ran.stdout) == (2, "")
    assert ran.errors == ["no persona is chosen; give --persona NAME or --role FILE; see `rolemgr list personas`"]


@pytest.mark.sampled(2)
@pytest.mark.parametrize("place", ["rolemgr.yaml", "ROLEMGR_PERSONA", "--persona", "--role"])
def test_whoever_names_a_persona_is_not_asked(place: str, small_catalog: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A persona from settings, environment, flag or role file needs no wizard, also on a terminal."""
    Path("role.yaml").write_text("persona: tester\n")
    flags = {"--persona": ("--persona", "tester"), "--role": ("--role", "role.yaml")}.get(place, ())
    if place == "rolemgr.yaml":
        Path(place).write_text("persona: tester\n")
    elif place == "ROLEMGR_PERSONA":
        monkeypatch.setenv(place, "tester")
    with Session(*TESTER, *flags) as session:
        assert session.end() == 0
    assert "Step 1" not in session.shown
    assert '"RoleName": "sagemaker-tester"' in session.shown


@pytest.mark.sampled(2)
@pytest.mark.parametrize(("locale", "to_a_file"), [("C.UTF-8", True), ("C.UTF-8", False), ("C", True)])
def test_bytes_that_are_no_text_are_said(locale: str, to_a_file: bool, small_catalog: Path, tmp_path: Path) -> None:
    """What is not UTF-8 is no answer, with readline (which in the C locale eats such bytes) and without."""
    with Session(*TESTER, stdout=tmp_path / "role.json" if to_a_file else None, LC_ALL=locale, TERM="dumb") as session:
        session.type("tester", ">", ">", ">")
        session.until_prompt()
        session.press(b"\xff\xfe\n")
        session.type("q")
        assert session.end() == 1
    assert "UTF-8" in session.shown
    assert "Traceback" not in session.shown


TEN = ["data-scientist", "123456789012", "eu-west-1", "use-jumpstart", "acme-churn", "cost", "yes", "yaml", "role.yaml",
       "saved.yaml"]  # fmt: skip


def test_ten_answers_lead_from_nothing_to_a_saved_role_file(run: "Run") -> None:
    """Persona, account, region, groups, buckets, limits; the page; format, place, and the role file."""
    assert TEN[-1] == "saved.yaml"
    code, shown = terminal.played("create", lines=(*TEN[:-1], "new/saved.yaml"))
    assert code == 0, shown
    saved, written = Path("new/saved.yaml").read_text(), Path("role.yaml").read_text()
    assert {"persona: data-scientist", "region: eu-west-1"} <= set(saved.splitlines())
    assert run("create", "--role", "new/saved.yaml", "--format", "yaml").stdout == written
    page = run("preview", "--role", "new/saved.yaml").stdout
    assert "LIMITS" in page
    assert "LIMITS" in plain(shown)


def test_keys_that_a_profile_needs_are_asked_for_too() -> None:
    """A profile without its key makes no role: the few questions grow by those."""
    lines = ["data-scientist", "123456789012", "eu-west-1", "", "", "encrypted", KEY, KEY, "yes", "", "", ""]
    code, shown = terminal.played("create", lines=lines)
    assert code == 0, shown
    assert "KMS keys for disks [none]" in plain(shown)
    assert "Subnets" not in plain(shown)
    assert '"RoleName": "sagemaker-data-scientist"' in shown  # no place was given


def test_more_asks_the_rest_from_the_last_page_on() -> None:
    """What was answered stays; the first question that was not asked comes next."""
    lines = ["data-scientist", "123456789012", "eu-west-1", "", "", "", "more", "tune-hyperparameters", "q"]
    code, shown = terminal.played("create", lines=lines)
    assert code == 1
    assert "Activity groups to remove [none]\n> tune-hyperparameters" in plain(shown)


def test_what_the_persona_must_never_have_is_marked_and_not_offered() -> None:
    """It has no number, the reason stands beside it, and typed all the same it is refused."""
    lines = ["data-scientist", "", "", "deploy-endpoints", "?deploy-endpoints", "q"]
    _, shown = terminal.played("create", lines=lines)
    text = plain(shown)
    assert re.search(r"^ *x +deploy-endpoints +never: sagemaker:CreateEndpointConfig", text, re.MULTILINE)
    assert not re.search(r"^ *\d+ +deploy-endpoints", text, re.MULTILINE)
    assert "the persona must never be able to do" in text


def test_what_is_marked_would_be_refused() -> None:
    """Each group that is not offered to a persona makes no role of it."""
    catalog = Catalog()
    for name in PERSONAS[:3]:
        persona = resolve_persona(catalog, name)
        for group in catalog.found("activity_groups"):
            if group not in persona.groups and forbidden_in(catalog, persona, group):
                with pytest.raises(RolemgrError):
                    render_spec(catalog, spec_of(Answers({"persona": name, "add": (group,)})))


def test_the_account_is_asked_of_sts_where_somebody_says_so() -> None:
    """Without credentials it says so and asks again; nothing is asked of AWS otherwise."""
    with served(MOTO_ALLOW_NONEXISTENT_REGION="true") as address:
        variables: dict[str, Any] = {"AWS_ENDPOINT_URL": address, "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x",
                     "AWS_REGION": "eu-west-1"}  # fmt: skip
        _, shown = terminal.played(
            "create", lines=["data-scientist", "sts", "< account", "q"], columns=400, **variables
        )
    assert "Account [123456789012]" in plain(shown)
    nothing: dict[str, Any] = {
        "AWS_CONFIG_FILE": "none",
        "AWS_SHARED_CREDENTIALS_FILE": "none",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    _, shown = terminal.played("create", lines=["data-scientist", "sts", "q"], **nothing)
    assert plain(shown).count("Account [111122223333]") == 2


@pytest.mark.parametrize("wrong", ["jsn", "?"])
def test_the_format_is_asked_again_until_it_is_one(wrong: str) -> None:
    """A wrong one is named with the nearest, `?` lists them; q leaves without a file."""
    code, shown = terminal.played("create", lines=[*TEN[:7], wrong, "q"])
    assert code == 1
    assert "cloudformation" in plain(shown) if wrong == "?" else "did you mean json" in plain(shown)
    assert list(Path().iterdir()) == []


def test_a_place_that_cannot_be_written_to_is_asked_again() -> None:
    """It is written last: a slip there would cost all answers."""
    Path("roles").mkdir()
    lines = [*TEN[:8], "no-such/role.yaml", "roles/role.yaml", "saved.yaml"]
    code, shown = terminal.played("create", lines=lines)
    assert code == 0, shown
    assert "its folder is not there" in plain(shown)
    assert Path("roles/role.yaml").is_file()


@pytest.mark.sampled(1)
@pytest.mark.parametrize("place", ["roles", "roles/", "new/"])
def test_the_place_may_be_a_folder(place: str) -> None:
    """As with `-o`: the file in it has the role's name."""
    Path("roles").mkdir()
    code, shown = terminal.played("create", lines=[*TEN[:8], place, "saved.yaml"])
    assert code == 0, shown
    assert len(list(Path(place).iterdir())) == 1
