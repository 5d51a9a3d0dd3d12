"""
Measure `rolemgr audit` over synthetic accounts: seconds, processor time and memory by the number of roles.

    python benchmarks/audit.py [--counts 500 1000 2000 4000] [--hostile] [--accounts 1 10 100]

The accounts are those of the tests: planted faults among innocent roles, by a seed. The last column, the
milliseconds of each role beyond the first count, stays the same where the audit is linear. `--hostile` measures
instead a thousand roles that pass and assume one another, with an administrator among them and without.
`--accounts` measures, once each, folders of so many accounts of a thousand roles; those of the smaller ones are
among those of the larger.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.audit.accounts import ACCOUNT, crowd, planted, synthetic

ROLEMGR = str(Path(sys.executable).with_name("rolemgr"))


class Cost(NamedTuple):
    """What one audit took: seconds on the clock, seconds of processors, MiB."""

    wall: float
    processor: float
    memory: float


def cost(account: Path) -> Cost:
    """Return what auditing the file *account* takes."""
    start = time.perf_counter()
    process = subprocess.Popen([ROLEMGR, "audit", str(account)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode > 1:  # 1 is an answer: there are findings
        raise SystemExit(f"exit code {process.returncode}")
    return Cost(time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def measured(accounts: Iterable[tuple[str, int, str]]) -> None:
    """Print a line for each account: its name, its number of roles, its text."""
    print(HEAD)
    with TemporaryDirectory() as folder:
        first: tuple[int, Cost] | None = None
        for name, count, text in accounts:
            path = Path(folder, "account.json")
            path.write_text(text, encoding="utf-8")
            found = min(cost(path) for _ in range(3))
            first = first or (count, found)
            print(row(name, count, len(text), found, first), flush=True)


HEAD = "| account | roles | MiB of text | seconds | processor | MiB | ms a role |\n|---|---|---|---|---|---|---|"


def row(name: str, count: int, size: int, found: Cost, first: tuple[int, Cost]) -> str:
    """Return the line of an audit of *count* roles that *found* says the cost of; *first* is the smallest one's."""
    each = 1_000 * (found.wall - first[1].wall) / (count - first[0]) if count > first[0] else 0.0
    costs = f"{found.wall:.2f} | {found.processor:.2f} | {found.memory:.0f} | {each:.2f}"
    return f"| {name} | {count} | {size / 2**20:.1f} | {costs} |"


ROLES = 1_000


def of_accounts(counts: Sequence[int]) -> None:
    """Print a line for each folder of so many accounts, which grows from one to the next."""
    print(HEAD)
    with TemporaryDirectory() as name:
        folder, written, size = Path(name), 0, 0
        first: tuple[int, Cost] | None = None
        for count in sorted(counts):
            while written < count:
                size += write_account(folder, written)
                written += 1
            found = cost(folder)
            first = first or (count * ROLES, found)
            print(row(f"{count} accounts", count * ROLES, size, found, first), flush=True)


def write_account(folder: Path, number: int) -> int:
    """Write account *number* to *folder*, with all that it names being its own; return its length."""
    text = synthetic(number, ROLES - len(planted()))[0].replace(ACCOUNT, f"{ACCOUNT[:-4]}{number:04}")
    (folder / f"account-{number:04}.json").write_text(text, encoding="utf-8")
    return len(text)


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counts", type=int, nargs="+", default=[500, 1_000, 2_000, 4_000])
    parser.add_argument("--hostile", action="store_true")
    parser.add_argument("--accounts", type=int, nargs="+")
    chosen = parser.parse_args()
    if chosen.accounts:
        of_accounts(chosen.accounts)
    elif chosen.hostile:
        measured((f"crowd, {number} administrators", 1_000, crowd(1_000, number)) for number in (0, 1, 100))
    else:
        measured(("synthetic", count, synthetic(1, count)[0]) for count in chosen.counts)


if __name__ == "__main__":
    main()
