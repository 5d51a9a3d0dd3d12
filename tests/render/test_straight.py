"""Documents for a decision come without text, and are those that the text is read back as."""

from typing import Any

import pytest
from tests.check.test_own_roles import CATALOG, CHOICES, LIMITS, PERSONAS, PROFILES
from tests.support import role_spec
from tests.test_architecture import loaded_by

from rolemgr.compose.role import compose
from rolemgr.errors import InputError
from rolemgr.model.role import RoleDocuments
from rolemgr.render.documents import render


def documents(as_text: bool, **choices: Any) -> RoleDocuments | str:
    """Return the documents of the role of *choices*, through their text or straight; or why there are none."""
    try:
        return render(compose(CATALOG, role_spec(**choices)), as_text=as_text)
    except InputError as error:
        return str(error)


@pytest.mark.parametrize("choices", CHOICES.values(), ids=list(CHOICES))
@pytest.mark.parametrize("profile", [None, *PROFILES])
@pytest.mark.parametrize("persona", PERSONAS)
def test_straight_is_what_the_text_is_read_back_as(persona: str, profile: str | None, choices: dict[str, Any]) -> None:
    """Inline and managed policies, and the trust, are equal, and so is what is refused."""
    under = {**LIMITS, "guardrail_profile": [profile]} if profile else {}
    chosen = {"persona": persona, **under, **choices}
    assert documents(False, **chosen) == documents(True, **chosen)


def test_values_that_a_text_would_escape_stay_what_they_are() -> None:
    """Quotation marks and non-ASCII in a tag key, a path or an external id."""
    trust = ["saml:arn:aws:iam::111122223333:saml-provider/idp?session-tags=Pro ject"]
    chosen = {"persona": "ml-engineer", "abac": ["Pro ject"], "trust": trust, "parameter": {"job_names": ["a-*"]}}
    assert isinstance(documents(True, **chosen), RoleDocuments)
    assert documents(False, **chosen) == documents(True, **chosen)


def test_a_decision_on_a_role_loads_no_templates() -> None:
    """What nobody sees is not written."""
    assert "jinja2" not in loaded_by("simulate", "--persona", "data-scientist", "--action", "s3:GetObject")
