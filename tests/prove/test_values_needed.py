"""A persona that needs a value without a default: the others of its catalog are proven, and it is said."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rolemgr.catalog.load import Catalog
from rolemgr.errors import InputError
from rolemgr.prove.catalog import MADE, all_guardrails, prove_catalog, prove_role, subject_of, variants

if TYPE_CHECKING:
    from tests.conftest import UserCatalog

GROUP = """\
title: Read the lake
description: Reads a lake.
parameters:
  lakes: {type: bucket, many: true, help: the buckets of the lake}
statements:
  - sid: ReadLake
    actions: [s3:GetObject]
    resources: ["arn:{{ partition }}:s3:::{{ lakes }}/*"]
"""
PERSONA = "title: T\ndescription: D.\nactivity_groups: [{}]\n"
WHY = (
    "catalog/activity_groups/read-lake.yaml:4: parameter `lakes` has no value (the buckets of the lake);"
    " give one with --parameter lakes=VALUE"
)


class _Ours(Catalog):
    """The catalog with its own entries, the persona that carries groups, and what these and its promises need."""

    def found(self, kind: Any) -> Mapping[str, Any]:
        """Return the entries of *kind*."""
        every = super().found(kind)
        kept = set(every)
        if kind == "personas":
            kept = {"sagemaker-compute"}
        elif kind == "activity_groups":
            kept = {"monitor-models", "assume-named-roles", *self.persona("sagemaker-compute").value.activity_groups}
        elif kind == "profiles":
            kept = set()
        return {name: one for name, one in every.items() if name in kept or not one.builtin}


@pytest.fixture
def folder(user_catalog: "UserCatalog") -> Path:
    """Write a catalog of two personas, of which one needs a value."""
    return user_catalog(
        {"activity_groups/read-lake.yaml": GROUP, "personas/lake-reader.yaml": PERSONA.format("read-lake"),
         "personas/monitor.yaml": PERSONA.format("monitor-models")}
    )  # fmt: skip


def test_it_is_not_proven_and_the_others_are(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the reason; its group, which no other persona has, is proven alone with an example."""
    monkeypatch.chdir(folder.parent)
    catalog = _Ours([Path("catalog")])
    proofs = {proof.name: proof for proof in prove_catalog(catalog)}
    assert [(one.problem, one.flags) for one in proofs[MADE].untold] == [
        (f"persona `lake-reader` is not proven: {WHY}", ("--persona", "lake-reader"))
    ]
    assert not proofs[MADE].holds
    assert all(proof.holds for name, proof in proofs.items() if name != MADE)
    alone = [one for one in variants(catalog, {"lake-reader"}) if "read-lake" in one.get("add", ())]
    assert [one["parameter"] for one in alone] == [{"lakes": ["example-bucket"]}] * 2
    assert alone[0]["guardrail"] == all_guardrails(catalog)
    assert all("read-lake" not in one.get("add", ()) for one in variants(catalog))


def test_another_role_is_proven_beside_an_example_of_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was taken for the other persona's values is said; no option of this role could give them."""
    monkeypatch.chdir(folder.parent)
    proofs = {one.name: one for one in prove_role(subject_of(_Ours([Path("catalog")]), {"persona": "monitor"}))}
    assert proofs["overlap"].supposed == (
        "persona `lake-reader` is taken with --parameter lakes=example-bucket --no-default-guardrails",
    )
    assert all(proof.holds for proof in proofs.values())


TELLER = """\
title: Tell
description: Tells.
parameters:
  topics: {type: arn, of: "sns:topic", many: true, help: the topics}
statements:
  - sid: Tell
    actions: [sns:Publish]
    resources: ["{{ topics }}"]
"""


def test_what_both_name_alike_is_where_they_meet(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other persona is taken with the role's own value of a parameter: there they share what they write."""
    for name in ("ours", "theirs"):
        (folder / f"activity_groups/{name}.yaml").write_text(TELLER)
        (folder / f"personas/{name}.yaml").write_text(PERSONA.format(name))
    monkeypatch.chdir(folder.parent)
    chosen = {"persona": "ours", "parameter": {"topics": ["arn:aws:sns:us-east-1:111122223333:acme"]}}
    overlap = next(one for one in prove_role(subject_of(_Ours([Path("catalog")]), chosen)) if one.name == "overlap")
    found = {one.request.resource for one in overlap.counter_examples if one.request}
    assert found == {"arn:aws:sns:us-east-1:111122223333:acme"}


def test_what_is_wrong_is_still_bad_input(folder: Path) -> None:
    """A name that is none is not a value that somebody may give."""
    (folder / "personas/lake-reader.yaml").write_text(PERSONA.format("read-lakes"))
    with pytest.raises(InputError, match="unknown activity group `read-lakes`"):
        prove_catalog(_Ours([folder]))
