"""What personas can never do, for people: in the files themselves, in `show persona` and in `preview`."""

import json
import statistics
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.nightly import some
from tests.prove.mutants import write

from rolemgr.catalog.load import Catalog
from rolemgr.catalog.personas import resolve_persona
from rolemgr.compose.role import compose
from rolemgr.errors import SourceLocation
from rolemgr.files.source import SourceFile
from rolemgr.iam.documents import Effect
from rolemgr.iam.wildcards import action_glob
from rolemgr.model.catalog import Forbidden
from rolemgr.model.persona import Never
from rolemgr.model.source import parse_model
from rolemgr.model.spec import RoleSpec
from rolemgr.separation.never_words import in_words
from rolemgr.separation.violations import sentence

if TYPE_CHECKING:
    from tests.conftest import Run

CATALOG = Catalog()
PERSONAS = sorted(CATALOG.found("personas"))


@cache
def role_of(persona: str) -> Any:
    """Return the role of *persona* by default."""
    return compose(CATALOG, parse_model(SourceFile("role", {"persona": persona}, {}), RoleSpec))


def _granted(persona: str) -> set[str]:
    allows = (one for one in role_of(persona).statements if one.effect is Effect.ALLOW)
    return {action for one in allows for action in one.actions}


@pytest.mark.parametrize("name", PERSONAS)
def test_no_sentence_forbids_what_the_role_is_seen_to_allow(name: str) -> None:
    """Where an Allow speaks of an action that is never allowed, its sentence says on what, or with what exception."""
    granted = _granted(name)
    for never in role_of(name).persona.never:
        matches = action_glob(never.forbidden.action)
        if any(matches(action.lower()) for action in granted):
            assert in_words(CATALOG, never) != never.forbidden.action, never.where
            assert sentence(never, role_of(name)) != never.forbidden.action, never.where


@pytest.mark.parametrize("name", PERSONAS)
def test_every_exception_of_ours_is_said_in_words(name: str) -> None:
    """An ARN with placeholders tells nobody whose profile is meant."""
    for never in resolve_persona(CATALOG, name).never:
        forbidden = never.forbidden
        assert forbidden.exception or not (forbidden.except_on or forbidden.except_with), never.where


@pytest.mark.parametrize("name", PERSONAS)
def test_a_persona_of_ours_says_why_it_has_entries_of_its_own(name: str) -> None:
    """A separation has its reason in its file; the first entry that is none has it beside or above it."""
    lines = CATALOG.found("personas")[name].path.read_text("utf-8").splitlines()
    for number, line in enumerate(lines[lines_before(lines) :], lines_before(lines)):
        if not line.startswith("  - ") or ":" not in line.partition("#")[0]:
            continue
        assert "#" in line or lines[number - 1].startswith("  # "), (name, number + 1)
        return


def lines_before(lines: list[str]) -> int:
    """Return the number of lines up to `never:`."""
    return next(number for number, line in enumerate(lines, 1) if line.startswith("never:"))


def test_a_persona_is_a_page() -> None:
    """Half of the files have fewer than 60 lines."""
    files = (CATALOG.found("personas")[name].path for name in PERSONAS)
    assert statistics.median(len(path.read_text("utf-8").splitlines()) for path in files) < 60


def test_several_keys_of_one_entry_are_joined() -> None:
    """They hold together, in one request."""
    forbidden = Forbidden(action="a:B", context={"k": ("1", "2"), "l": ("3",)}, except_on=("x",))
    assert f"{forbidden}{forbidden.excepted()}" == "a:B with k = 1 or 2 and l = 3, except on x"


def test_spaces_of_ones_own_are_excepted_wherever_it_is_told(run: "Run") -> None:
    """The tree and the JSON of `show persona` and `preview`, which also have what can't be separated."""
    says = "sagemaker:CreateSpace, except the user's own"
    data = json.loads(run("show", "persona", "data-scientist", "--format", "json").stdout)["resolved"]
    previewed = json.loads(run("preview", "--persona", "data-scientist", "--format", "json").stdout)
    for found in (data, previewed):
        assert says in [one["Says"] for one in found["Never"]]
        assert found["Indirect"]
        assert {"Action", "Through", "How"} == set(found["Indirect"][0])
    for command in (("show", "persona", "data-scientist"), ("preview", "--persona", "data-scientist", "--full")):
        assert says in " ".join(run(*command).stdout.replace("│", " ").split())


@pytest.mark.nightly
def test_no_sentence_shows_a_placeholder(run: "Run") -> None:
    """Of any persona or separation, in any form, with or without a role's values."""
    separations = sorted(CATALOG.found("separations"))
    commands = [("show", "persona", name) for name in some(PERSONAS, 3)]
    commands += [("show", "separation", name) for name in some(separations, 3)]
    drawn = some(PERSONAS, 8)
    commands += [("preview", "--persona", name, *full) for name in drawn for full in ((), ("--full",))]
    for command in commands:
        assert "{{" not in run(*command).stdout, command
    for name in drawn:
        says = json.loads(run("show", "persona", name, "--format", "json").stdout)["resolved"]
        assert "{{" not in json.dumps([says["Never"], says["LetOff"], says["Indirect"]])


def test_a_prefix_is_told_by_its_parameter_and_what_that_means(run: "Run") -> None:
    """A reader of `show persona` has no bucket yet; one of `preview` has."""
    shown = run("show", "persona", "sagemaker-compute", "--format", "json")
    says = [one["Says"] for one in json.loads(shown.stdout)["resolved"]["Never"]]
    assert "s3:PutObject* on the objects under `models` (where trained models lie)" in says
    ran = run("preview", "--persona", "sagemaker-compute", "--parameter", "models=acme/made", "--format", "json")
    says = [one["Says"] for one in json.loads(ran.stdout)["Never"]]
    assert "s3:PutObject* on arn:aws:s3:::acme/made/*" in says


OTHERS = {
    "{{ role }}": "the role itself",
    "arn:{{ partition }}:cloudwatch:{{ region }}:{{ account }}:alarm:a*": "alarm:a* of the role's account and region",
    "arn:{{ partition }}:iam::{{ account }}:role/{{ no_such }}": "arn:PARTITION:iam::ACCOUNT:role/NO_SUCH",
    "arn:{{ partition }}:s3:::{{ no_such }}/*": "the objects under `no_such`",
    "arn:aws:s3:::acme/*": "arn:aws:s3:::acme/*",
}


@pytest.mark.parametrize(("resource", "words"), OTHERS.items())
def test_what_else_an_entry_may_name_is_told(resource: str, words: str) -> None:
    """Also what no parameter of the catalog explains; and the same among the exceptions and in conditions."""
    place = SourceLocation("p.yaml", 1)
    assert in_words(CATALOG, Never(Forbidden(action="a:B", resource=resource), place)) == f"a:B on {words}"
    excepted = Forbidden(action="a:B", except_on=(resource,), context={"k": ("{{ account }}",)})
    assert in_words(CATALOG, Never(excepted, place)) == f"a:B with k = ACCOUNT, except on {words}"


def test_what_a_persona_is_let_off_is_told_with_the_values_of_its_role(run: "Run", tmp_path: Path) -> None:
    """In the notes and on the page; without values, as `show persona` tells it."""
    here = "arn:{{ partition }}:s3:::{{ models }}/*"
    let_off = {"action": "s3:PutObject*", "resource": here, "reason": "a test"}
    write(tmp_path, "personas", "odd", {
        "title": "Odd", "description": "Odd.", "extends": "sagemaker-compute", "allow_despite": [let_off],
    })  # fmt: skip
    where = ("--persona", "odd", "--catalog", str(tmp_path))
    made = run("create", *where, "--parameter", "models=acme/made")
    assert "let off `s3:PutObject* on arn:aws:s3:::acme/made/*`" in made.stderr
    for command in (("show", "persona", "odd", *where[2:]), ("preview", *where), ("preview", *where, "--full")):
        text = run(*command).stdout
        assert "{{" not in text
        assert "a test" in text
