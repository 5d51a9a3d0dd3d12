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
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from rolemgr.catalog.load import Catalog
from rolemgr.code.operations import actions_of
from rolemgr.code.reader import read_calls
from rolemgr.code.sources import read_code
from rolemgr.iam.documents import Effect

DATA = Path(read_calls.__code__.co_filename).parent / "data"


class Score(NamedTuple):
    """What was *called* and *read*, and what of it is the same, counted in groups."""

    called: int = 0
    read: int = 0
    same: int = 0

    def __str__(self) -> str:
        recall, precision = self.same / max(self.called, 1), self.same / max(self.read, 1)
        return f"recall {recall:.1%} ({self.same} of {self.called}), precision {precision:.1%} ({self.same} of {self.read})"


def smallest_groups() -> dict[str, str]:
    """Return the smallest activity group that grants each action."""
    catalog = Catalog([])
    sized: dict[str, tuple[int, str]] = {}
    for name in catalog.found("activity_groups"):
        statements = catalog.activity_group(name).value.statements
        actions = {action for one in statements if one.effect is Effect.ALLOW for action in one.actions}
        sized.update({one: min(sized.get(one, (len(actions), name)), (len(actions), name)) for one in actions})
    return {action: name for action, (_, name) in sized.items()}


def measured(folder: Path, of: dict[str, str], *, explain: bool) -> None:
    """Print how well the records in *folder* are read."""
    tolerated = json.loads((DATA / "sagemaker_rows.json").read_bytes())["tolerated"]
    total, statements, untold, notebooks, silent = Score(), 0, 0, 0, 0
    missed, extra = Counter[str](), Counter[str]()
    for path in sorted(folder.glob("*.json")):
        record = json.loads(path.read_bytes())
        found = read_calls(read_code(record["code"], f"{record['notebook']}.py"))
        where = {one: call for call in found.calls if call.by == "caller" for one in call.operations}
        real, mine = groups(record["calls"], of, tolerated), groups(where, of, tolerated)
        total = Score(total.called + len(real), total.read + len(mine), total.same + len(real.keys() & mine.keys()))
        statements, untold, notebooks = statements + record["kept"], untold + len(found.untold), notebooks + bool(real)
        silent += len(real.keys() - mine.keys()) if not found.untold else 0
        for name in real.keys() - mine.keys():
            missed.update(f"{one}  {name}  {record['notebook'][-70:]}" for one in real[name])
        for name in mine.keys() - real.keys():
            extra.update(
                f"{one}  {where[one].name}  {name}  {record['notebook'][-50:]}:{where[one].where.line}"
                for one in mine[name]
            )
    print(
        f"{folder.name}: {notebooks} notebooks that call AWS, {statements} statements: {total}, {silent} missed in silence; {untold} not known"
    )
    for title, counted in (("missed", missed), ("read and not called", extra)) if explain else ():
        print(f"  {title}:")
        for text in sorted(counted):
            print(f"    {text}")


def groups(operations: Iterable[str], of: dict[str, str], tolerated: Iterable[str]) -> dict[str, list[str]]:
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
    of = smallest_groups()
    for one in asked.records:
        measured(one, of, explain=asked.explain)


if __name__ == "__main__":
    main()
