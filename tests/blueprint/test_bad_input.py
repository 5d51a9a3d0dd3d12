"""What is wrong in a blueprint is said with its line, and with the nearest right thing."""

from pathlib import Path
from typing import Any

import pytest
from tests.blueprint.faulty import TODAY, of_text

from rolemgr.blueprint.chains import Chains
from rolemgr.blueprint.compromise import Compromise
from rolemgr.blueprint.role_layers import RoleLayers
from rolemgr.blueprint.survives import prove_stolen
from rolemgr.errors import RolemgrError
from rolemgr.files.yaml import read_yaml

CASES: list[dict[str, Any]] = read_yaml(Path(__file__).with_name("bad_input.yaml")).data
BLUEPRINT = """\
organization: {id: o-a1b2c3d4e5}
regions: [eu-west-1]
accounts:
  data: {id: "111111111111"}
  modelling: {id: "222222222222", ou: ml}
keys: {data/key: 1234abcd-12ab-34cd-56ef-1234567890ab}
buckets: {data/curated: {name: acme-curated, key: data/key}}
repositories: {data/images: [train]}
registries: {data/registry: [churn]}
endpoints: {data/churn: churn}
roles:
  modelling/training: {persona: sagemaker-compute, name: ml-training}
flows:
  - modelling/training reads data/curated in raw/*
"""


def said_of(text: str) -> str:
    """Return what is said of the blueprint *text*: as it is composed, or as what it accepts is proven."""
    with pytest.raises(RolemgrError) as raised:
        proven(text)
    return str(raised.value)


def proven(text: str) -> None:
    """Compose the blueprint *text*, and prove what it accepts."""
    found = of_text(text)
    prove_stolen(found, Compromise((), frozenset()), Chains(found, RoleLayers(found)), TODAY)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["put"].replace("\n", " ")[-50:])
def test_what_is_wrong_is_said_with_its_line(case: dict[str, Any]) -> None:
    """One line of the message has both, and only what was put there is wrong."""
    assert case["of"] in BLUEPRINT
    said = said_of(BLUEPRINT.replace(case["of"], case["put"])).splitlines()
    assert any(line.startswith(f"blueprint.yaml:{case['line']}: ") and case["says"] in line for line in said), said


def test_the_blueprint_of_the_cases_is_right() -> None:
    """What the cases change is the only thing wrong."""
    assert of_text(BLUEPRINT).policies
