"""
Golden limits: what each guardrail profile comes to in each persona.

A golden holds the Deny statements that the profile adds, what by-passes each guardrail, and how large the
role is with and without it: ``pytest tests/test_golden_profiles.py --update-golden`` rewrites them.
"""

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.support import rendered, statements_of

from rolemgr.catalog.load import Catalog
from rolemgr.catalog.personas import resolve_persona
from rolemgr.files.write import to_json
from rolemgr.separation.violations import RenderedRole

GOLDEN = Path(__file__).parent / "golden" / "profiles"
CATALOG = Catalog()
KEY = "arn:aws:kms:us-east-1:111122223333:key"
SHORT_FORMS: dict[str, Any] = {
    "subnet": ["subnet-0a"],
    "security_group": ["sg-0b"],
    "volume_key": [f"{KEY}/1234abcd-12ab-34cd-56ef-1234567890ab"],
    "data_key": [f"{KEY}/0987dcba-09fe-87dc-65ba-ab0987654321"],
}
PERSONAS = [name for name in CATALOG.found("personas") if resolve_persona(CATALOG, name).guardrail_profile]
CASES = [(persona, profile) for persona in PERSONAS for profile in CATALOG.found("profiles")]


@cache
def role_of(persona: str, profile: str | None) -> RenderedRole:
    """Return *persona* with nothing but *profile*, and the short forms where it may need them."""
    more = SHORT_FORMS if profile and not profile.startswith("cost") else {}
    chosen = [profile] if profile else []
    return rendered(CATALOG, persona=persona, no_default_guardrails=True, guardrail_profile=chosen, **more)


@pytest.mark.parametrize(("persona", "profile"), CASES, ids=lambda name: name)
def test_profile_comes_to_what_was_reviewed(persona: str, profile: str, update_golden: bool) -> None:
    """A profile adds exactly the Denies that a reviewer approved, and leaves open what the reviewer knows of."""
    text = to_json(_limits(role_of(persona, profile)) | {"Sizes": _sizes(persona, profile)})
    golden = GOLDEN / f"{persona}-{profile}.json"
    if update_golden:
        golden.write_text(text)
    assert golden.read_text() == text


def test_there_is_no_golden_too_many() -> None:
    """A golden of a persona or profile that is gone would be reviewed for nothing."""
    assert sorted(path.stem for path in GOLDEN.iterdir()) == sorted(f"{one}-{two}" for one, two in CASES)


def _limits(role: RenderedRole) -> dict[str, Any]:
    sids = {
        one.sid for one in role.role.statements if any(origin.kind == "guardrail" for origin in one.origins)
    }  # fmt: skip
    return {
        "Denies": [statement for statement in statements_of(role) if statement["Sid"] in sids],
        "ByPassedBy": {
            guardrail.name: {one.action: one.why for one in guardrail.bypassed_by}
            for guardrail in role.role.guardrails
            if guardrail.bypassed_by
        },
        "WithoutEffect": [guardrail.name for guardrail in role.role.guardrails if not guardrail.actions],
    }


def _sizes(persona: str, profile: str) -> dict[str, list[int]]:
    """Return the characters of the inline policy, then of each managed policy, without and with the profile."""
    return {
        word: [policy.document.size() for policy in (*role.documents.policies, *role.documents.managed_policies)]
        for word, role in (("without", role_of(persona, None)), ("with", role_of(persona, profile)))
    }
