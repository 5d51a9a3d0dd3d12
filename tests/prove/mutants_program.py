"""Mutants of composition and of the reference's tables, each in a copy of the whole program."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tests.mutation import replaced
from tests.prove.mutants import Mutant

import rolemgr
from rolemgr.catalog.load import builtin_folder

_KEY = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
_ROLE = ["--persona", "data-scientist", "--guardrail", f"volume-kms-key={_KEY}", "--guardrail", "instance-types=ml.m5.large",
         "--guardrail", "max-runtime=6h", "--guardrail", "inter-container-encryption"]  # fmt: skip
SOURCES = [
    ("compose/join.py", '_Key(denies, False, _sid(share), ("", ""), star, share.conditions)', '_Key(denies, False, "All", ("", ""), star, ())', "conditions are mixed"),
    ("compose/join.py", '_Key(denies, False, _sid(share), ("", ""), star, share.conditions)', '_Key(False, False, "All", ("", ""), star, share.conditions)', "Allows and Denies are mixed"),
    ("compose/limits.py", "denies = [share for one in compiled for share in one.shares]", "denies = []", "guardrails are left out"),
    ("compose/distribute.py", "_supported(resolved.conditions, action, types)", "()", "conditions are left off"),
]  # fmt: skip
"""Slips in composition: module, part (`tests.mutation`), what becomes of it, and what that means."""

TAGS = [
    ("compose/abac/scope.py", '"StringEquals", "aws:RequestTag"', '"StringEqualsIfExists", "aws:RequestTag"', "new resources may be without the tag"),
    ("compose/abac/scope.py", "yield _tagged_caller(share.conditions, keys)", "yield share.conditions", "untagged callers"),
    ("compose/abac/scope.py", "reach.shared or share.action == DELETE_TAGS", "share.action == DELETE_TAGS", "what is shared is asked for a tag"),
    ("compose/abac/scope.py", "*held_to_model_names(shares, keys[0], names, where),", "", "any model"),
    ("compose/limits.py", "(*scoped.shares, *denies)", "(*shares, *denies)", "tags are left out"),
]  # fmt: skip
"""The same of tag keys."""

UNLISTED = [
    ("sagemaker:CreateTrainingJob", "sagemaker:InstanceTypes"),
    ("sagemaker:CreateProcessingJob", "sagemaker:MaxRuntimeInSeconds"),
    ("sagemaker:CreateTrainingJob", "sagemaker:VolumeKmsKeyArn"),
]
"""Actions that are no longer said to need a condition key."""


def program_mutants() -> Iterator[Mutant]:
    """Yield slips in composition and in the reference's tables, each in a copy of the program."""
    for path, old, new, what in SOURCES:
        yield Mutant(f"{path}: {what}", _of_program(path, lambda text, old=old, new=new: replaced(text, old, new)))  # type: ignore[misc]
    for path, old, new, what in TAGS:
        change = lambda text, old=old, new=new: replaced(text, old, new)  # noqa: E731 - as above
        yield Mutant(f"{path}: {what}", _of_program(path, change, _TAGGED))
    for action, key in UNLISTED:
        name = f"{action} need not carry {key}"
        yield Mutant(name, _of_program("reference/quirks/condition_keys.json", _unlisting(action, key)))


_TAGGED = ["--persona", "ml-engineer", "--abac", "Project", "--tag", "Project=churn"]


def _unlisting(action: str, key: str) -> Callable[[str], str]:
    def change(text: str) -> str:
        table = json.loads(text)
        for one in table["must_carry"]:
            if one["key"] == key and action in one["actions"]:
                one["actions"].remove(action)
        return json.dumps(table)

    return change


def _of_program(
    path: str, change: Callable[[str], str], role: Sequence[str] = _ROLE
) -> Callable[[Path], list[str]]:  # fmt: skip
    def found_by(folder: Path) -> list[str]:
        source = Path(rolemgr.__file__).parent
        shutil.copytree(source, folder / "src" / "rolemgr", ignore=shutil.ignore_patterns("_catalog"))
        for kind in ("personas", "activity_groups", "separations", "guardrails"):
            shutil.copytree(builtin_folder() / kind, folder / kind)
        shutil.copy(builtin_folder() / "parameters.yaml", folder)
        module = folder / "src" / "rolemgr" / path
        module.write_text(change(module.read_text("utf-8")), "utf-8")
        command = [sys.executable, "-m", "rolemgr.cli.main", "prove", "--format", "json", *role]
        done = subprocess.run(
            command, env={**os.environ, "PYTHONPATH": str(folder / "src")}, capture_output=True, check=False
        )
        if done.returncode == 2:
            return ["refused"]
        return [proof["name"] for proof in json.loads(done.stdout)["proofs"] if not proof["holds"]]

    return found_by
