"""
Seeded defects: what a slip in the catalog, the guardrails, packing or the evaluator would look like.

Each mutant is data or a compiled copy of a module, handed to the proofs; nothing of the program is replaced.
`found_by` answers what catches it: ``refused`` where composition does not take it, else the names of the
proofs that fail, or the evaluation cases that are decided differently. The modules beside this one hold them
by kind.
"""

import copy
import json
import sys
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from rolemgr.catalog.load import Catalog, builtin_folder
from rolemgr.errors import RolemgrError
from rolemgr.files.yaml import read_yaml
from rolemgr.prove.catalog import limits_of, subject_of
from rolemgr.prove.grants import no_dead_grant
from rolemgr.prove.guardrails import judgements
from rolemgr.prove.proof import Proof, RoleToProve, proof_of
from rolemgr.prove.separate import separated

Data = dict[str, Any]
CATALOG = Catalog()


@dataclass(frozen=True)
class Mutant:
    """A seeded defect by *name*; *found_by* writes what it needs into a folder and returns what catches it."""

    name: str
    found_by: Callable[[Path], list[str]]


def entry(kind: str, name: str) -> Data:
    """Return the data of a built-in catalog entry, to be changed."""
    data: Data = copy.deepcopy(read_yaml(builtin_folder() / kind / f"{name}.yaml").data)
    return data


def write(folder: Path, kind: str, name: str, data: Data) -> None:
    """Put *data* into the catalog *folder* in the place of the built-in entry; JSON is YAML."""
    (folder / kind).mkdir(parents=True, exist_ok=True)
    (folder / kind / f"{name}.yaml").write_text(json.dumps(data))


Proving = Callable[[RoleToProve], Sequence[Proof]]


def never_and_alive(subject: RoleToProve) -> Sequence[Proof]:
    """Return the proofs that a grant can break: what must never be, and that it has an effect."""
    proof = separated(subject)
    return (no_dead_grant(subject),) if proof.holds else (proof,)


def first_judgement(subject: RoleToProve) -> Sequence[Proof]:
    """Return a proof for the first assignment in which a guardrail does not hold or stands in the way, if there is one."""
    broken = ((name, example) for name, example in judgements(subject) if example)
    return [proof_of(name, "", (example,)) for name, example in islice(broken, 1)]


def proven(folder: Path, choices: Mapping[str, Any], proving: Proving = limits_of) -> list[str]:
    """Return what finds the defect in the catalog *folder*, by a role of *choices*."""
    try:
        subject = subject_of(Catalog([folder]), choices)
    except RolemgrError:
        return ["refused"]
    return [proof.name for proof in proving(subject) if not proof.holds]


def compiled(name: str, source: str) -> Any:
    """Return the module that *source* makes."""
    module = types.ModuleType(name)
    sys.modules[name] = module  # dataclasses look their module up
    exec(compile(source, f"<{name}>", "exec"), module.__dict__)  # noqa: S102 - our own text, one word changed
    return module
