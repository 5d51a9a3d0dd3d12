"""What stands in several policies of one level is judged together, and what patterns accept is said."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.blueprint.in_accounts import EXAMPLE

from rolemgr.blueprint.compose import ComposedBlueprint
from rolemgr.cli.outside import OUTSIDE
from rolemgr.workflow.blueprint import composed_blueprint
from rolemgr.workflow.blueprint_accounts import Picked
from rolemgr.workflow.blueprint_check import check_blueprint

if TYPE_CHECKING:
    from tests.conftest import Run, UserCatalog

EXAMPLES = EXAMPLE.parents[1]


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("blueprint-*/blueprint.yaml")), ids=lambda path: path.parent.name)
def test_examples_check_clean(path: Path, run: "Run") -> None:
    """No finding of any severity."""
    ran = run("check", str(path))
    assert (ran.code, ran.stdout.partition(" in ")[0]) == (0, "no finding")


def test_what_a_pattern_accepts_is_a_note(run: "Run", user_catalog: "UserCatalog") -> None:
    """It is not found, and said with its line."""
    pattern = (
        "title: T\ndescription: D.\naccepts: [{rule: RM403, sid: Ram, why: we want it}]\nstatements:\n"
        "  - {sid: Ram, actions: 'ram:CreateResourceShare', conditions: {'ForAnyValue:ArnLike': "
        "{'ram:ResourceArn': 'arn:*:sagemaker:*:*:*'}}}\nleft_open: [n]\n"
    )
    user_catalog({"scps/ours.yaml": pattern})
    Path("bp.yaml").write_text(f"catalog: [catalog]\n{_HEAD}[ours]}}\n", "utf-8")
    ran = run("check", "bp.yaml")
    assert (ran.code, ran.stdout.partition(" in ")[0]) == (0, "no finding")
    assert any("RM403 on Ram is accepted by catalog/scps/ours.yaml:3: we want it" in text for text in ran.notes)


_HEAD = (
    'regions: [eu-west-1]\norganization: {id: o-a1b2c3d4e5}\naccounts: {a: {id: "111111111111"}}\n'
    "roles: {a/x: {persona: sagemaker-compute, bucket: acme}}\nlayers: {scp: "
)


def test_what_many_roles_accept_is_one_note(run: "Run") -> None:
    """A line for each account of a unit would hide all else."""
    accounts = "".join(f'  a{number}: {{id: "11111111111{number}", ou: ml}}\n' for number in range(3))
    text = (
        f"regions: [eu-west-1]\naccounts:\n{accounts}ous: {{ml: {{roles: {{people: {{persona: data-scientist}}}}}}}}\n"
    )
    Path("bp.yaml").write_text(text, "utf-8")
    [note] = run("check", "bp.yaml").notes
    assert note.startswith("a0/people (and 2 more): RM703 on ")


def without(found: ComposedBlueprint, action: str) -> ComposedBlueprint:
    """Return *found* without the Denies of its SCPs that name *action*."""
    layers = []
    for level in found.layers:
        policies = [
            one._replace(document=one.document.model_copy(update={
                "statement": tuple(each for each in one.document.statement if action not in (each.action or ()))
            }))
            for one in level.documents.policies
        ]  # fmt: skip
        layers.append(level._replace(documents=replace(level.documents, policies=tuple(policies))))
    return replace(found, layers=tuple(layers))


def test_an_exemption_by_an_open_name_is_found_where_nothing_guards_it() -> None:
    """Its guard stands in another policy of the level; once that is gone, each Deny that lets the name go is found."""
    found = composed_blueprint(str(EXAMPLES / "blueprint-regulated/blueprint.yaml"), OUTSIDE)
    opened = without(found, "iam:CreateRole")
    assert len(found.layers[0].documents.policies) > 1
    rules = {one.rule for one in check_blueprint(opened, Picked(), (), OUTSIDE).findings}
    assert "RM512" in rules
    assert not check_blueprint(found, Picked(), (), OUTSIDE).findings


def test_a_list_of_patterns_has_names_and_patterns_with_parameters() -> None:
    """It is what the mapping of all of them is."""
    listed = "[no-sharing, {approved-regions: {regions: [eu-west-1]}}, {vpc-required: }]"
    mapped = "{no-sharing: {}, approved-regions: {regions: [eu-west-1]}, vpc-required: {}}"
    found = []
    for text in (listed, mapped):
        Path("bp.yaml").write_text(f"{_HEAD}{text}}}\n", "utf-8")
        found.append(composed_blueprint("bp.yaml", OUTSIDE).layers)
    assert found[0]
    texts = [[one.text for level in layers for one in level.documents.policies] for layers in found]
    assert texts[0] == texts[1]
