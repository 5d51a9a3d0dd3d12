"""What rolemgr renders has no finding: every persona under every guardrail profile, by tag, and strict."""

from dataclasses import replace

import pytest
from tests.support import rendered
from tests.test_catalog_policies import role_of

from rolemgr.catalog.load import Catalog
from rolemgr.check.config import find_rule
from rolemgr.check.finding import Finding
from rolemgr.check.role import accepted, at_origin, documents_of
from rolemgr.check.run import check
from rolemgr.errors import InputError, UnknownNameError
from rolemgr.model.catalog import Accepted
from rolemgr.separation.violations import RenderedRole

CATALOG = Catalog()
PERSONAS = sorted(CATALOG.found("personas"))
PROFILES = sorted(CATALOG.found("profiles"))
KEY = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
LIMITS: dict[str, object] = {
    "volume_key": [KEY],
    "data_key": [KEY],
    "subnet": ["subnet-0a1b2c3d"],
    "security_group": ["sg-0a1b2c3d"],
}
CHOICES: dict[str, dict[str, object]] = {
    "plain": {},
    "with keys and network": LIMITS,
    "strict": {**LIMITS, "strict": True},
    "by tag": {"abac": ["Project"], "tag": {"Project": "churn"}},
    "under the new names of keys": {**LIMITS, "kms_key_names": "arn"},
}


@pytest.mark.sampled(165)
@pytest.mark.parametrize("choices", CHOICES.values(), ids=list(CHOICES))
@pytest.mark.parametrize("profile", [None, *PROFILES])
@pytest.mark.parametrize("persona", PERSONAS)
def test_a_role_of_ours_has_no_finding(persona: str, profile: str | None, choices: dict[str, object]) -> None:
    """Not even a suggestion, but what a group of the catalog accepts with its reason; the rest is to be mended there."""
    under = {**LIMITS, "guardrail_profile": [profile]} if profile else {}
    chosen = {"persona": persona, **under, **choices}
    try:
        role = rendered(CATALOG, **chosen)
    except InputError as error:
        if "the inline policy holds" not in str(error):  # the one reason why there may be no such role
            raise
        return
    assert [at_origin(finding, role.role) for finding in findings(role) if not meant(finding, role)] == []


def findings(role: RenderedRole) -> list[Finding]:
    """Return what the rules find in *role*."""
    return list(check(documents_of(role.documents)))


def meant(finding: Finding, role: RenderedRole) -> bool:
    """Tell whether a group of *role* accepts *finding*."""
    groups = {name: CATALOG.activity_group(name) for name in role.role.groups}
    return accepted(finding, role.role, groups) is not None


ACCEPTED = [
    (name, one) for name in CATALOG.found("activity_groups") for one in CATALOG.activity_group(name).value.accepts
]


@pytest.mark.parametrize(("group", "entry"), ACCEPTED, ids=lambda value: str(value)[:40])
def test_what_a_group_accepts_is_there(group: str, entry: Accepted) -> None:
    """An entry for a finding that the group no longer has is out of date; each is of a group that stands alone, too."""
    found = findings(role_of([group]))
    assert (find_rule(entry.rule, None).id, entry.action) in {(one.rule, one.action) for one in found}


def test_what_one_group_accepts_is_no_excuse_for_another() -> None:
    """A group of the user's that grants the same action says for itself why; and a misspelt rule is an error."""
    role = rendered(CATALOG, persona="ml-engineer")
    (update,) = (one for one in findings(role) if one.action == "sagemaker:UpdatePipeline")
    groups = {name: CATALOG.activity_group(name) for name in role.role.groups}
    assert accepted(update, role.role, groups)
    author = groups["author-pipelines"]
    silent = replace(author, value=author.value.model_copy(update={"accepts": ()}))
    assert accepted(update, role.role, {**groups, "author-pipelines": silent}) is None
    wrong = Accepted(rule="act-as-roles-of-the-account", action="sagemaker:UpdatePipeline", why="a slip")
    misspelt = replace(author, value=author.value.model_copy(update={"accepts": (wrong,)}))
    with pytest.raises(
        UnknownNameError, match=r"author-pipelines.yaml:\d+: unknown rule .*acts-as-roles-of-the-account"
    ):
        accepted(update, role.role, {**groups, "author-pipelines": misspelt})
