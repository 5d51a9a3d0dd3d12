"""A default that names the role of a persona is the role itself, whatever name and path it has."""

from typing import Any

import pytest
from tests.support import composed

from rolemgr.catalog.load import Catalog
from rolemgr.catalog.personas import resolve_persona
from rolemgr.errors import InputError
from rolemgr.model.catalog import ParameterType
from rolemgr.model.spec import default_role_name

CATALOG = Catalog()
HOME = "arn:aws:iam::111122223333:role/"


def _defaults(persona: str) -> dict[str, str]:
    """Return the parameters of *persona*'s groups whose default is its own role, with that default."""
    groups = (CATALOG.activity_group(name).value for name in resolve_persona(CATALOG, persona).groups)
    return {
        name: text
        for group in groups
        for name, one in group.parameters.items()
        for text in (one.default or () if one.type is ParameterType.ROLE_ARN else ())
        if text.endswith(f":role/{default_role_name(persona)}")
    }


OWN = {persona: _defaults(persona) for persona in CATALOG.found("personas")}
PASSING_THEMSELVES = [persona for persona, found in OWN.items() if found]


def _role(**choices: Any) -> Any:
    return composed(account="111122223333", region="us-east-1", bucket=["acme-x"], **choices)


def test_the_pipeline_s_role_is_one_that_passes_itself() -> None:
    """The catalog has such a default, so that the tests below ask something."""
    assert "sagemaker-pipeline" in PASSING_THEMSELVES


@pytest.mark.parametrize("persona", PASSING_THEMSELVES)
def test_a_role_of_another_name_or_path_passes_itself(persona: str) -> None:
    """A role that is called as the persona's by default is somebody else's."""
    usual = HOME + default_role_name(persona)
    for choices in ({"name": "acme"}, {"path": "/ml/"}, {"name": "acme", "path": "/ml/"}):
        role = _role(persona=persona, **choices)
        for name in OWN[persona]:
            assert role.parameters[name] == (role.spec.arn,)
        assert usual not in {resource for one in role.statements for resource in one.resources}
    assert all(_role(persona=persona).parameters[name] == (usual,) for name in OWN[persona])


def test_a_persona_that_extends_the_pipeline_passes_itself(tmp_path: Any) -> None:
    """Its role is not called as the one that it extends."""
    (tmp_path / "personas").mkdir()
    (tmp_path / "personas/ours.yaml").write_text("title: T\ndescription: D.\nextends: sagemaker-pipeline\n")
    role = composed(catalog=Catalog([tmp_path]), persona="ours", account="111122223333", bucket=["acme-x"])
    assert role.parameters["pipeline_roles"] == (f"{HOME}sagemaker-ours",)


def test_a_value_that_is_given_stays() -> None:
    """The default alone follows the name."""
    given = f"{HOME}sagemaker-pipeline"
    role = _role(persona="sagemaker-pipeline", name="acme", parameter={"pipeline_roles": [given]})
    assert role.parameters["pipeline_roles"] == (given,)


def test_self_is_the_role_in_any_parameter_of_roles() -> None:
    """As for the roles that jobs run as, which have their own short form."""
    role = _role(persona="ml-engineer", name="acme", parameter={"pipeline_roles": ["self"]})
    assert role.parameters["pipeline_roles"] == (f"{HOME}acme",)
    with pytest.raises(InputError, match="--pass-role self"):
        _role(persona="ml-engineer", parameter={"pass_roles": ["self"]})
