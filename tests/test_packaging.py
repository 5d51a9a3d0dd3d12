"""What is shipped: the sdist and the wheel hold all that the main job needs, and it runs from them."""

import os
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pytest
from tests.conftest import Run

from rolemgr import __version__
from rolemgr.catalog import recorded
from rolemgr.catalog.folders import FOLDERS, SHARED
from rolemgr.files.parsed import RECORD, entries_of, record_of
from rolemgr.files.yaml import parse_yaml
from rolemgr.model.source import parse_model

TOP = Path(__file__).resolve().parents[1]
PACKAGE = TOP / "src/rolemgr"
TOP_FILES = {".gitignore", ".pre-commit-hooks.yaml", "PKG-INFO", "action.yml", "mkdocs.yml", f"{SHARED}.yaml"}
TOP_FILES |= {"CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "README.md", "SECURITY.md", "pyproject.toml"}
"""All that lies at the top beside folders: what a command wrote there by mistake is seen."""


@dataclass(frozen=True)
class Built:
    """The two archives that are published."""

    sdist: Path
    wheel: Path


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Build the sdist from the checkout and the wheel from that sdist, with the tools that are installed."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(TOP)]
    subprocess.run(command, check=True, capture_output=True)
    [sdist], [wheel] = folder.glob("*.tar.gz"), folder.glob("*.whl")
    return Built(sdist, wheel)


@pytest.fixture(scope="module")
def installed(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel into an empty environment that finds the dependencies in ours; return its programs' folder."""
    folder = tmp_path_factory.mktemp("env")
    venv.create(folder, symlinks=True)
    programs = folder / "bin"
    command = [sys.executable, "-m", "pip", "--python", str(programs / "python"), "install", "--no-index", "--no-deps"]
    subprocess.run([*command, "--quiet", str(built.wheel)], check=True, capture_output=True)
    [site] = folder.glob("lib/python*/site-packages")
    (site / "dependencies.pth").write_text("".join(f"{sysconfig.get_path(kind)}\n" for kind in ("purelib", "platlib")))
    return programs


def ran(*command: str | Path) -> "subprocess.CompletedProcess[str]":
    """Run *command* where no checkout is near."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run(list(map(str, command)), env=environment, capture_output=True, text=True, check=False)


def output(*command: str | Path) -> str:
    """Return what *command* prints, run where no checkout is near."""
    done = ran(*command)
    assert done.returncode == 0, done.stderr
    return done.stdout


def catalog_files() -> set[str]:
    """Return the files of the built-in catalog, from its top."""
    entries = {f"{folder}/{path.name}" for folder in FOLDERS.values() for path in (TOP / folder).glob("*.yaml")}
    return {*entries, f"{SHARED}.yaml"}


def package_files() -> set[str]:
    """Return all files of the package itself, from its top: modules, templates, quirks, data, the typing marker."""
    found = (path for path in PACKAGE.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(PACKAGE).as_posix() for path in found}


def test_the_wheel_holds_the_package_and_its_catalog(built: Built) -> None:
    """Every file of the package and of the catalog is in the wheel, and nothing else of the checkout."""
    with zipfile.ZipFile(built.wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    wanted = {f"rolemgr/{name}" for name in package_files()}
    wanted |= {f"rolemgr/_catalog/{name}" for name in (*catalog_files(), RECORD, recorded.RECORD)}
    assert names == wanted
    assert "rolemgr/py.typed" in names
    assert {name.rpartition(".")[2] for name in names} >= {"py", "typed", "json", "j2", "yaml", "css", "js"}


def test_the_sdist_holds_what_is_reviewed_and_tested(built: Built) -> None:
    """Sources, catalogs and tests are in the sdist; caches and environments are not."""
    with tarfile.open(built.sdist) as archive:
        names = {name.split("/", 1)[1] for name in archive.getnames() if "/" in name}
    assert {f"src/rolemgr/{name}" for name in package_files()} <= names
    assert catalog_files() <= names
    assert {"README.md", "LICENSE", "CHANGELOG.md", "pyproject.toml", "tests/test_packaging.py"} <= names
    assert not [name for name in names if name.startswith((".venv", ".hypothesis", ".mypy", ".git/", ".ci"))]
    assert not [name for name in names if name.endswith(RECORD)]
    assert {name for name in names if "/" not in name} - TOP_FILES == set()


def test_both_carry_the_version_of_the_package(built: Built) -> None:
    """One version, in the package, in pyproject.toml and in the names of the archives."""
    assert tomllib.loads((TOP / "pyproject.toml").read_text())["project"]["version"] == __version__
    assert built.sdist.name == f"rolemgr-{__version__}.tar.gz"
    assert built.wheel.name == f"rolemgr-{__version__}-py3-none-any.whl"


def test_the_installed_package_is_the_one_from_the_wheel(installed: Path) -> None:
    """The test below would prove nothing if it ran the checkout."""
    place = Path(output(installed / "python", "-c", "import rolemgr; print(rolemgr.__file__)").strip())
    assert installed.parent in place.parents


@pytest.mark.parametrize(
    "args",
    [
        ("create", "--persona", "data-scientist"),
        ("create", "--persona", "sagemaker-compute", "--explain", "--format", "yaml"),
        ("list", "activity-groups", "--format", "json"),
        ("show", "persona", "data-scientist"),
        ("schema", "role"),
        ("preview", "--persona", "sagemaker-compute", "--format", "html"),
        ("preview", "--persona", "sagemaker-compute", "--format", "markdown"),
    ],
    ids=" ".join,
)
def test_it_does_from_the_wheel_what_it_does_from_the_checkout(
    args: tuple[str, ...], installed: Path, run: Run
) -> None:
    """The main job and its neighbours give the same bytes, origins included."""
    assert output(installed / "rolemgr", *args) == run(*args).stdout


def test_the_wheel_has_a_record_of_every_file_of_the_catalog(built: Built) -> None:
    """What the build recorded is what the YAML in the wheel says, file by file, and nothing else."""
    with zipfile.ZipFile(built.wheel) as archive:
        record = archive.read(f"rolemgr/_catalog/{RECORD}").decode()
        texts = [archive.read(f"rolemgr/_catalog/{name}").decode() for name in catalog_files()]
    assert record == record_of((text, parse_yaml(text, "a")) for text in texts)
    assert len(entries_of(record)) == len(set(texts))


def test_the_wheel_has_the_models_that_roles_are_made_from(built: Built) -> None:
    """They are what pydantic reads from the files in the wheel, and each file that says one is there."""
    with zipfile.ZipFile(built.wheel) as archive:
        record = archive.read(f"rolemgr/_catalog/{recorded.RECORD}").decode()
        texts = {name: archive.read(f"rolemgr/_catalog/{name}").decode() for name in catalog_files()}
    models = [
        (text, parse_model(parse_yaml(text, name), model).value)
        for name, text in texts.items()
        if (model := recorded.model_of(PurePosixPath(name)))
    ]
    assert record == recorded.record_of(models)
    assert {type(model) for _, model in models} == {*recorded.FILES.values()}


def test_a_checkout_has_no_record() -> None:
    """One that is committed would be read in the place of the YAML that people review."""
    assert not [path for name in (RECORD, recorded.RECORD) for path in TOP.glob(f"**/{name}")]


def loaded(installed: Path, *args: str) -> set[str]:
    """Return the modules that ``rolemgr`` with *args* loads from the wheel."""
    lines = (
        "import sys",
        "from rolemgr.cli.process import skip_plugin_loader",
        "from rolemgr.cli.main import main",
        "skip_plugin_loader()",
        "try: main()",
        "except SystemExit: print('\\n'.join(sys.modules))",
    )
    return set(output(installed / "python", "-c", "\n".join(lines), *args).splitlines())


PLACE = ("--account", "123456789012", "--region", "eu-west-1", "--name", "churn")
ASKED = ("--action", "sagemaker:CreateEndpoint", "--resource", "arn:aws:sagemaker:us-east-1:111122223333:endpoint/x")
DRAWING = {"jinja2", "rich"}
"""What makes text of a result: a template for a role, a page for a decision."""


@pytest.mark.parametrize(
    ("args", "drawing"),
    [
        (("create", "--persona", "data-scientist"), {"jinja2"}),
        (("create", "--persona", "data-scientist", *PLACE), {"jinja2"}),
        (("simulate", "--persona", "data-scientist", *ASKED), {"rich"}),
        (("simulate", "--persona", "data-scientist", *ASKED, "--format", "json"), set()),
    ],
    ids=["create", "create in its place", "simulate", "simulate as data"],
)
def test_a_persona_from_the_wheel_needs_neither_yaml_nor_pydantic(
    args: tuple[str, ...], drawing: set[str], installed: Path
) -> None:
    """The built-in catalog is recorded as its models, and what we make of these is not read again."""
    found = loaded(installed, *args)
    assert found.isdisjoint({"yaml", "pydantic", "pydantic_core", "annotated_types", "boto3", "botocore"})
    assert found & DRAWING == drawing


def test_what_pydantic_reads_is_read_without_its_plugins(installed: Path) -> None:
    """A choice that has to be parsed loads pydantic; its search for plugins, of which none is run, is left out."""
    found = loaded(installed, "create", "--persona", "data-scientist", "--bucket", "acme-churn")
    assert "pydantic" in found
    assert found.isdisjoint({"yaml", "importlib.metadata"})


def test_a_changed_file_counts_though_the_record_lies_beside_it(
    installed: Path, request: pytest.FixtureRequest
) -> None:
    """Whoever edits the catalog of an installed package gets what the file says now, and its errors with their line."""
    [place] = installed.parent.glob("lib/python*/site-packages/rolemgr/_catalog/personas/data-scientist.yaml")
    before = place.read_text("utf-8")
    request.addfinalizer(lambda: place.write_text(before, "utf-8"))
    place.write_text(before.replace("title: Data scientist", "title: Somebody else", 1), "utf-8")
    assert "Somebody else" in output(installed / "rolemgr", "show", "persona", "data-scientist")
    place.write_text(f"{before}\nnonsense: 1\n", "utf-8")
    done = ran(installed / "rolemgr", "create", "--persona", "data-scientist")
    line = len(before.splitlines()) + 2
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: personas/data-scientist.yaml:{line}: unknown key `nonsense`")
