"""Roles that differ by their account alone are proven once, and each has the answers that it would have by itself."""

from pathlib import Path

import pytest
from tests.blueprint.faulty import of_text, read_nothing, with_fault

from rolemgr.blueprint import alike as of_roles
from rolemgr.blueprint import compromise as of_sessions
from rolemgr.blueprint import grants
from rolemgr.blueprint.alike import alike
from rolemgr.blueprint.compose import ComposedBlueprint, compose_blueprint
from rolemgr.blueprint.expand import expanded
from rolemgr.blueprint.role_layers import RoleLayers
from rolemgr.catalog.load import Catalog, builtin_folder
from rolemgr.files.yaml import parse_yaml
from rolemgr.model.blueprint import Blueprint
from rolemgr.model.source import parse_model

MANY = """\
organization: {id: o-a1b2c3d4e5}
regions: [eu-west-1]
accounts:
  a: {id: "111111111111", ou: ml}
  b: {id: "222222222222", ou: ml}
  c: {id: "333333333333", ou: ml}
  d: {id: "444444444444"}
  e: {id: "555555555555", ou: ml}
buckets: {e/own: acme-own}
ous: {ml: {layers: {scp: [no-sharing]}}}
roles:
  a/jobs: {persona: sagemaker-compute}
  b/jobs: {persona: sagemaker-compute}
  c/jobs: {persona: sagemaker-compute, bucket: [acme-c]}
  d/jobs: {persona: sagemaker-compute}
  e/jobs: {persona: sagemaker-compute}
layers: {scp: [approved-regions]}
"""
EXEMPT = MANY.replace("{scp: [no-sharing]}", '{scp: [no-sharing], exempt: ["arn:aws:iam::111111111111:role/admin"]}')


def groups(found: ComposedBlueprint) -> list[list[str]]:
    """Return the places of the roles that are alike."""
    return [[one.place for one in group] for group in alike(found).groups]


def test_what_was_chosen_and_what_stands_above_tells_roles_apart() -> None:
    """A bucket of its own, a unit without the SCP, something that the account has: none of them is like the rest."""
    assert groups(of_text(MANY)) == [["a/jobs", "b/jobs"], ["c/jobs"], ["d/jobs"], ["e/jobs"]]


def test_an_account_that_a_layer_names_is_like_no_other() -> None:
    """An exemption of a role there may be this role's."""
    assert groups(of_text(EXEMPT))[:2] == [["a/jobs"], ["b/jobs"]]


def test_a_role_that_was_given_by_hand_what_a_flow_gives_is_apart() -> None:
    """The bucket's policy names the role of the flow alone, so that what reaches through it is not the other's."""
    own = "parameter: {shared_buckets: acme-own, shared_objects: 'arn:aws:s3:::acme-own/*'}"
    by_hand = MANY.replace(
        "  a/jobs: {persona: sagemaker-compute}",
        f"  a/jobs: {{persona: sagemaker-compute, add: [read-shared-data], {own}}}",
    )
    found = of_text(by_hand + "flows: [b/jobs reads e/own]\n")
    a, b = (one for one in found.roles if one.place in ("a/jobs", "b/jobs"))
    assert repr(a.role.spec).replace("111111111111", "222222222222") == repr(b.role.spec)
    assert groups(found)[:2] == [["a/jobs"], ["b/jobs"]]


def test_an_account_that_a_policy_above_others_names_is_apart() -> None:
    """An RCP of the account that has the bucket may let one role's account through."""
    layers = '{rcp: {networks: {ip_ranges: 203.0.113.0/24, networks: vpc-0a1b2c3d, roles: "arn:aws:iam::111111111111:role/sagemaker-compute"}}}'
    found = of_text(MANY.replace('id: "555555555555", ou: ml', f'id: "555555555555", ou: ml, layers: {layers}'))
    assert groups(found)[:2] == [["a/jobs"], ["b/jobs"]]


EXTRA = MANY.replace(
    "b/jobs: {persona: sagemaker-compute}",
    "b/jobs: {persona: sagemaker-compute}\n  a/people: {persona: data-scientist, pass_role: ['arn:aws:iam::111111111111:role/extra']}\n  b/people: {persona: data-scientist, pass_role: ['arn:aws:iam::222222222222:role/extra']}",
)


def test_a_role_that_only_one_account_has_tells_apart_who_passes_it() -> None:
    """Of the other account nothing is proven beyond it."""
    assert ["a/people", "b/people"] in groups(of_text(EXTRA))
    more = EXTRA.replace("  c/jobs:", "  a/more: {persona: sagemaker-pipeline, name: extra}\n  c/jobs:")
    assert {("a/people",), ("b/people",)} <= {tuple(one) for one in groups(of_text(more))}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('id: "111111111111"', 'id: "111111111111", region: eu-central-1'),
        ("layers: {scp: [approved", "projects: {churn: {account: a, bucket: e/own, abac: [Project]}}\nlayers: {scp: [approved"),
        ("c/jobs: {persona: sagemaker-compute,", "c/jobs: {persona: sagemaker-compute, trust: ['role:arn:aws:iam::111111111111:role/sagemaker-compute'],"),
    ],
    ids=["its region", "its project", "another role's trust"],
)  # fmt: skip
def test_what_speaks_of_one_account_tells_it_apart(old: str, new: str) -> None:
    """Its region, its projects, what another account's role says of it."""
    assert ["a/jobs"] in groups(of_text(MANY.replace(old, new, 1)))


@pytest.mark.parametrize("text", ["111111111111", "1111*", "?11111111111", "arn:aws:iam::1*1:role/admin"])
def test_a_pattern_of_its_id_tells_it_apart(text: str) -> None:
    """Wherever in a policy above it that stands."""
    deny = {
        "Effect": "Deny",
        "Action": "s3:*",
        "Resource": "*",
        "Condition": {"StringLike": {"aws:PrincipalAccount": text}},
    }
    found = with_fault({"changes": [{"layer": "ou-ml scp", "with": deny}]}, of_text(MANY))
    assert groups(found)[:2] == [["a/jobs"], ["b/jobs"]]


def test_what_speaks_of_two_accounts_in_the_same_way_does_not() -> None:
    """They can still change places."""
    both = (
        "{scp: [no-sharing], exempt: ['arn:aws:iam::111111111111:role/admin', 'arn:aws:iam::222222222222:role/admin']}"
    )
    assert groups(of_text(MANY.replace("{scp: [no-sharing]}", both)))[0] == ["a/jobs", "b/jobs"]


def test_an_account_that_the_catalog_names_is_apart(tmp_path: Path) -> None:
    """A group of one's own may say of one account what it says of no other."""
    group = builtin_folder() / "activity_groups" / "read-logs.yaml"
    (tmp_path / "activity_groups").mkdir()
    text = group.read_text("utf-8").replace("title:", "# of 111111111111\ntitle:", 1)
    (tmp_path / "activity_groups" / "read-logs.yaml").write_text(text, "utf-8")
    blueprint = parse_model(parse_yaml(MANY, "blueprint.yaml"), Blueprint)
    own = Catalog([tmp_path])
    assert groups(compose_blueprint(expanded(blueprint, own, read_nothing), own))[0] == ["a/jobs"]


def test_each_has_the_answers_that_it_would_have_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a stolen session reaches, with the requests, and which layers close the rest."""
    together = _answers(of_text(MANY))
    assert any(place == "b/jobs" and opened for (place, _), (_, opened, *_) in together.items())
    monkeypatch.setattr(of_roles, "likeness", lambda _, placed: placed.place)
    assert _answers(of_text(MANY)) == together


def _answers(found: ComposedBlueprint) -> dict[tuple[str, str], tuple[object, ...]]:
    answers = of_sessions.compromise(found, RoleLayers(found)).answers
    return {
        (one.place, one.sink.name): (one.asked, list(map(repr, one.open)), one.closed_by, one.untold, one.alone)
        for one in answers
    }


def test_grants_are_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of alike roles one is asked, and the answer is the same."""
    (proof,) = grants.prove_grants(of_text(MANY))
    monkeypatch.setattr(of_roles, "likeness", lambda _, placed: placed.place)
    (single,) = grants.prove_grants(of_text(MANY))
    assert (proof.holds, single.holds) == (True, True)
    assert proof.checked < single.checked
