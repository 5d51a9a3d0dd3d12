"""Options and commands of the AWS CLI, terraform, git, ruff and cfn-lint: answered with ours, in one line."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pytest
from tests.nightly import some

from rolemgr.cli import neighbours
from rolemgr.cli.main import COMMANDS, main
from rolemgr.files.yaml import read_yaml

if TYPE_CHECKING:
    from tests.conftest import Run

TABLE: Any = read_yaml(Path(neighbours.__file__).with_suffix(".yaml")).data


def options_of(command: str) -> set[str]:
    """Return the options that *command* takes."""
    found = main.get_command(click.Context(main), command)
    assert found
    return {option for one in found.params for option in (*one.opts, *one.secondary_opts)} | {"-h", "--help"}


@pytest.mark.parametrize("command", COMMANDS)
def test_each_is_answered_on_every_command(command: str, run: "Run") -> None:
    """Exit code 2 and one line that names no option which the command lacks first."""
    own = options_of(command)
    for option in some(sorted(TABLE["options"].keys() - own), 5):
        if not option.startswith("--") and option[:2] in own:
            continue  # -vv and -out are -v twice and -o with a path to click
        ran = run(command, option)
        assert (ran.code, ran.stdout, len(ran.errors)) == (2, "", 1), (option, ran.stderr)
        problem, _, answer = ran.errors[0].partition("; ")
        assert problem.startswith("no such option: -"), (option, ran.stderr)
        assert "--help" not in answer, (option, ran.stderr)
        if answer.startswith("-") and not answer.startswith("- "):
            assert answer.split()[0] in own


@pytest.mark.parametrize(
    ("words", "answer"),
    [(("apply", "--dry-run"), "`rolemgr plan` shows what `apply` would do"),
     (("create", "--dry-run"), "without --apply nothing touches AWS"),
     (("apply", "-auto-approve"), "--yes asks no question"),
     (("check", "--json"), "--format json"),
     (("list", "--var-file=x"), "`rolemgr create --role` reads a role file"),
     (("drift", "--update"), "`rolemgr plan --update` shows what changes, and `rolemgr apply --update` changes it"),
     (("plan", "-detailed-exitcode"), "--fail-on any ends with 1 where something would change"),
     (("boundary", "--exempt", "x"), "--boundary-for PERSONA shares a boundary; it binds whoever has it, so nobody else needs to be exempt"),
     (("boundary", "--landing-zone", "x"), "--boundary-for PERSONA shares a boundary; it binds whoever has it, and no role of a landing zone"),
     (("boundary", "--free-slots", "1"), "--boundary-for PERSONA shares a boundary; a role has one, and no slots"),
     (("test", "--role", "x"), "the role stands in the test file, under `role:`; `rolemgr simulate --role FILE` asks it one request"),
     (("audit", "--persona", "x"), "this is about no role of a persona; `rolemgr preview --persona NAME` shows one"),
     (("boundary", "--merge", "x"), "--boundary-for PERSONA shares a boundary; two in one would bound less"),
     (("create", "--role-name", "x"), "--name NAME")],
    ids=str,
)  # fmt: skip
def test_the_answer_suits_the_command(words: tuple[str, ...], answer: str, run: "Run") -> None:
    """What a command can't do is answered with the one that can."""
    assert run(*words).errors[0].partition("; ")[2] == answer


@pytest.mark.parametrize("name", TABLE["commands"])
def test_commands_are_answered_too(name: str, run: "Run") -> None:
    """`rolemgr lint` is `rolemgr check`."""
    ran = run(name)
    assert (ran.code, ran.errors) == (2, [f"unknown command `{name}`; it is `rolemgr {TABLE['commands'][name]}` here"])
    command, *options = TABLE["commands"][name].split()
    assert command in COMMANDS
    assert {*options} <= options_of(command)


@pytest.mark.parametrize("name", TABLE["absent"])
def test_what_has_no_counterpart_is_said(name: str, run: "Run") -> None:
    """`rolemgr destroy` does nothing, and says why."""
    ran = run(name)
    assert (ran.code, ran.errors) == (2, [f"unknown command `{name}`; {TABLE['absent'][name][0]}"])
    assert name not in TABLE["commands"].keys() | COMMANDS.keys()


@pytest.mark.parametrize(
    ("words", "answer"),
    [(("--region", "x", "list"), "options stand after the command, and `rolemgr list` does not have this one"),
     (("--persona", "x", "create"), "options stand after the command: `rolemgr create --persona`"),
     (("--nonsense",), "see `rolemgr --help`"),
     (("query", "s3:GetObject"), "did you mean `rolemgr query action s3:GetObject`?"),
     (("query", "max-runtime"), "did you mean `rolemgr query guardrail max-runtime`?"),
     (("show", "ml-engineer"), "say what it is: `rolemgr show persona ml-engineer`"),
     (("create", "--format", "tf"), "did you mean terraform?"),
     (("list", "personas", "--format", "tf"), "see `rolemgr list --help`"),
     (("audit", "--fail-on", "high", "x"), "did you mean SECURITY_WARNING?"),
     (("audit", "--fail-on", "none", "x"), "see `rolemgr audit --help`")],
    ids=str,
)  # fmt: skip
def test_a_word_in_the_wrong_place_or_of_others(words: tuple[str, ...], answer: str, run: "Run") -> None:
    """The command line that was meant, where there is one."""
    ran = run(*words)
    assert (ran.code, ran.errors[0].partition("; ")[2]) == (2, answer)


@pytest.mark.parametrize("command", ["create", "check", "init", "build", "migrate", "plan"])
@pytest.mark.parametrize("words", [("-out", "x"), ("-out=x",), ("-output=x",)], ids=str)
def test_one_dash_writes_no_file_of_half_its_name(command: str, words: tuple[str, ...], run: "Run") -> None:
    """`-out=x` is `-o ut=x` to a parser, and `ut=x` a file that nobody asked for; `-o utter` is one that somebody did."""
    more = ("f.json",) if command == "migrate" else ()
    ran = run(command, *words, *more)
    assert (ran.code, ran.errors[0].partition(": ")[0], list(Path().iterdir())) == (2, "--output", [])
    assert run("list", "personas", "-o", "ut=x").code == 0


def test_help_behind_a_command_is_its_help(run: "Run") -> None:
    """As `aws iam create-role help`; a file of that name is meant itself."""
    assert run("create", "help").stdout == run("help", "create").stdout
    Path("help").write_text("persona: business-analyst\naccount: '123456789012'\nregion: eu-west-1\n")
    assert run("create", "help").stdout.startswith("{")


def test_a_form_is_no_path(run: "Run") -> None:
    """`--output json` of the AWS CLI would write a file of that name."""
    ran = run("list", "personas", "--output", "json")
    assert (ran.code, ran.errors[0].partition(": ")[0], Path("json").exists()) == (2, "--output", False)
    assert run("list", "personas", "--output", "./json").code == 0


def required_arguments() -> list[tuple[str, str]]:
    """Return each argument that a command can't be without, by how its help calls it, but for choices that say all."""
    made = {name: main.get_command(click.Context(main), name) for name in COMMANDS}
    return [
        (name, one.make_metavar(click.Context(command)))
        for name, command in made.items()
        if command
        for one in command.params
        if isinstance(one, click.Argument) and one.required and not isinstance(one.type, click.Choice)
    ]


@pytest.mark.parametrize(("command", "argument"), required_arguments())
def test_a_missing_argument_is_told_with_what_it_is_and_an_example(command: str, argument: str) -> None:
    """A newcomer does not know what a FILE is."""
    found = main.get_command(click.Context(main), command)
    assert found
    context = click.Context(found, info_name=command)
    param = next(one for one in found.params if one.make_metavar(context) == argument)
    said = neighbours.missing(click.MissingParameter(ctx=context, param=param))
    assert said
    words, _, example = said.rpartition("; such as ")
    assert words == TABLE["arguments"][argument]
    assert example.startswith(f"`rolemgr {command} ")
    assert "\\" not in example


def test_dashes_make_no_options_alike(run: "Run") -> None:
    """`--falt` is near `--format`, and `--zebra` near nothing: not because both begin with dashes."""
    assert "Did you mean '--catalog'?" in run("check", "--catalogue", "x").errors[0]
    assert run("list", "--zebra").errors == ["no such option '--zebra'; see `rolemgr list --help`"]
