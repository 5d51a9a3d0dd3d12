"""`inline: no`: the same role in customer managed policies alone, the Denies in some of their own."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Run
from tests.support import ALL_LIMITS, rendered

from rolemgr.catalog.load import Catalog
from rolemgr.compare.compare import compare
from rolemgr.iam.documents import Effect
from rolemgr.reference.quirks import quota
from rolemgr.separation.violations import RenderedRole

CATALOG = Catalog()
ROLES: dict[str, dict[str, Any]] = {
    **{name: {"persona": name} for name in CATALOG.found("personas")},
    "all limits": ALL_LIMITS,
    "by tag": {"persona": "ml-engineer", "bucket": ["acme-${aws:PrincipalTag/Project}"], "tag": {"Project": "churn"}},
    "ends": {"persona": "sagemaker-compute", "expires": "2027-01-01T00:00Z"},
}


def both(name: str) -> tuple[RenderedRole, RenderedRole]:
    """Return the role with an inline policy, and without."""
    return rendered(CATALOG, **ROLES[name]), rendered(CATALOG, **ROLES[name], inline="no")


@pytest.mark.parametrize("name", ROLES)
def test_it_is_the_same_role(name: str) -> None:
    """The comparison proves it both ways, the statements are the same, and each policy keeps its quota."""
    inline, managed = both(name)
    for new, old in ((inline, managed), (managed, inline)):
        found = compare(new.policies(), old.policies())
        assert (found.differences, found.unknowns) == ((), ())
    assert managed.documents.policies == ()
    assert managed.role.statements == inline.role.statements
    assert all(one.document.size() <= quota("managed_policy") for one in managed.documents.managed_policies)


@pytest.mark.parametrize("name", ROLES)
def test_the_denies_have_policies_of_their_own(name: str) -> None:
    """They come first, and their names say what they are."""
    _, managed = both(name)
    role, policies = managed.documents.name, managed.documents.managed_policies
    denies = len(managed.documents.deny_policies)
    names = [one.name.removeprefix(f"{role}-") for one in policies]
    assert names[:denies] == ["denies", *(f"denies-{number}" for number in range(2, denies + 1))][:denies]
    assert {name.rstrip("-0123456789") for name in names[denies:]} <= {"sagemaker", "sagemaker-and-others", "others"}
    for policy in policies:
        effects = {one.effect for one in policy.document.statement}
        assert effects == ({Effect.DENY} if f"{role}-denies" in policy.name else {Effect.ALLOW})


def test_more_denies_than_inline_holds_have_room() -> None:
    """What the inline quota refuses is said with the way out, which leaves no limit behind."""
    choices = {**ALL_LIMITS, "persona": "mlops-emergency", "guardrail": {}}
    managed = rendered(CATALOG, **choices, inline="no", strict=True)
    denies = [one for one in managed.role.statements if one.effect is Effect.DENY]
    written = [one for policy in managed.documents.deny_policies for one in policy.document.statement]
    assert {one.sid for one in written} >= {one.sid for one in denies}


@pytest.mark.parametrize("text", ["no", "false", '"no"'])
def test_a_role_file_may_write_it_as_yaml_does(text: str, run: Run, tmp_path: Path) -> None:
    """A word, or YAML's false."""
    file = tmp_path / "role.yaml"
    file.write_text(f"persona: sagemaker-compute\ninline: {text}\n")
    ran = run("create", "--role", str(file))
    assert ran.code == 0
    assert "Policies" not in json.loads(ran.stdout)
    assert ran.stdout == run("create", "--persona", "sagemaker-compute", "--inline", "no").stdout


def test_another_word_is_refused(run: Run) -> None:
    """A typing mistake does not leave the policies inline without a word."""
    ran = run("create", "--persona", "sagemaker-compute", "--inline", "never")
    assert ran.code == 2
    assert ran.errors == ["--inline: `inline` is `never`; use one of yes or no"]
