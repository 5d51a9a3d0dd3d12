"""
How well `rolemgr migrate --code` reads notebooks, against what they really call.

    python benchmarks/code.py RECORDS... [--explain]

RECORDS are folders that `tools/notebook_truth.py` made: of each notebook the code that ran, and the operations that it
called. Recall is the part of the activity groups called for that is read, precision the part of those read that is
called for, over all notebooks of a folder; a group is the smallest that grants an action. What a notebook calls is the
least that its code may call: branches that did not run count against precision. Missed in silence is a group of a
notebook of which nothing is said not to be known.
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rolemgr.catalog.load import Catalog
from rolemgr.code.operations import actions_of
from rolemgr.code.reader import read_calls
from rolemgr.code.sources import CodeFile, read_code
from rolemgr.iam.documents import Effect

DATA = Path(read_calls.__code__.co_filename).parent / "data"


class Beside:
    """The modules that a notebook imported from its folder, by their paths."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts

    def read(self, path: str) -> CodeFile | None:
        """Return the file at *path*; None where the notebook did not import it."""
        return read_code(self._texts[path], path) if path in self._texts else None

    def has_folder(self, path: str) -> bool:
        """Tell whether something in the folder *path* was imported."""
        return any(one.startswith(f"{path}/") for one in self._texts)


@dataclass
class Score:
    """What is *called* and *read*, and what of it is the *same*, in groups, over *notebooks*; what was *silent*."""

    notebooks: int = 0
    statements: int = 0
    called: int = 0
    read: int = 0
    same: int = 0
    silent: int = 0
    untold: int = 0
    missed: Counter[str] = field(default_factory=Counter)
    extra: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        recall, precision = self.same / max(self.called, 1), self.same / max(self.read, 1)
        return (
            f"{self.notebooks} notebooks that call AWS, {self.statements} statements: "
            f"recall {recall:.1%} ({self.same} of {self.called}), {self.silent} missed in silence, "
            f"precision {precision:.1%} ({self.same} of {self.read}); {self.untold} not known"
        )

    def add(self, other: "Score") -> None:
        """Add the figures of *other*."""
        for name in ("notebooks", "statements", "called", "read", "same", "silent", "untold"):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def count(self, record: Mapping[str, Any], of: Mapping[str, str], tolerated: Iterable[str]) -> None:
        """Count a notebook."""
        found = read_calls(read_code(record["code"], "notebook.py"), folder=Beside(record.get("beside", {})))
        where = {one: call for call in found.calls if call.by == "caller" for one in call.operations}
        real, mine = groups(record["calls"], of, tolerated), groups(where, of, tolerated)
        missed, extra = real.keys() - mine.keys(), mine.keys() - real.keys()
        self.notebooks, self.statements = self.notebooks + bool(real), self.statements + record["kept"]
        self.called, self.read = self.called + len(real), self.read + len(mine)
        self.same, self.untold = self.same + len(real.keys() & mine.keys()), self.untold + len(found.untold)
        self.silent += 0 if found.untold else len(missed)
        shown = record["notebook"][-60:]
        self.missed.update(f"{one}  {name}  {shown}" for name in missed for one in real[name])
        self.extra.update(
            f"{one}  {where[one].name}  {name}  {shown}:{where[one].where.line}" for name in extra for one in mine[name]
        )


def smallest_groups() -> dict[str, str]:
    """Return the smallest activity group that grants each action."""
    catalog = Catalog([])
    sized: dict[str, tuple[int, str]] = {}
    for name in catalog.found("activity_groups"):
        statements = catalog.activity_group(name).value.statements
        actions = {action for one in statements if one.effect is Effect.ALLOW for action in one.actions}
        sized.update({one: min(sized.get(one, (len(actions), name)), (len(actions), name)) for one in actions})
    return {action: name for action, (_, name) in sized.items()}


def measured(folder: Path, of: Mapping[str, str]) -> Score:
    """Return how well the records in *folder* are read."""
    tolerated = json.loads((DATA / "sagemaker_rows.json").read_bytes())["tolerated"]
    score = Score()
    for path in sorted(folder.glob("*.json")):
        score.count(json.loads(path.read_bytes()), of, tolerated)
    return score


def groups(operations: Iterable[str], of: Mapping[str, str], tolerated: Iterable[str]) -> dict[str, list[str]]:
    """Return the groups for *operations*, each with those that it is for."""
    found: dict[str, list[str]] = {}
    for one in operations:
        for action in actions_of(one) if one not in tolerated else ():
            if action in of:
                found.setdefault(of[action], []).append(one)
    return found


def main() -> None:
    """Measure what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("records", type=Path, nargs="+")
    parser.add_argument("--explain", action="store_true")
    asked = parser.parse_args()
    of, whole = smallest_groups(), Score()
    for folder in asked.records:
        score = measured(folder, of)
        print(f"{folder.name}: {score}")
        whole.add(score)
        for title, counted in (("missed", score.missed), ("read and not called", score.extra)) if asked.explain else ():
            print(f"  {title}:")
            print("".join(f"    {text}\n" for text in sorted(counted)), end="")
    if len(asked.records) > 1:
        print(f"all: {whole}")


if __name__ == "__main__":
    main()
