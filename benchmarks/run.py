"""
Measure rolemgr against `python -c pass` of the same virtual environment.

    python benchmarks/run.py [--runs 15]

Install rolemgr by `pip install .`: one that is installed in place parses the YAML of its catalog.
Each command runs in turn with the yardstick, and each ratio is of the two medians of one run, so that a
slow machine slows both: by the clock, and in time of the processor, which alone counts where others use the
machine too. Peak memory is the largest resident set of the process, in MiB. The figure of many
roles is milliseconds a role in one process: each has its own bucket and name, in few accounts or its own.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

YARDSTICK = (sys.executable, "-c", "pass")
TOP = Path(__file__).resolve().parents[1]
ROLEMGR = str(Path(sys.executable).with_name("rolemgr"))
COMMANDS: dict[str, Sequence[str]] = {
    "`rolemgr --help`": (ROLEMGR, "--help"),
    "`rolemgr create --persona data-scientist`": (ROLEMGR, "create", "--persona", "data-scientist"),
    "`rolemgr create --persona data-scientist --format cloudformation`": (
        ROLEMGR, "create", "--persona", "data-scientist", "--format", "cloudformation",
    ),
    "`rolemgr create --persona data-scientist --format terraform`": (
        ROLEMGR, "create", "--persona", "data-scientist", "--format", "terraform",
    ),
    "`rolemgr preview --persona data-scientist`": (ROLEMGR, "preview", "--persona", "data-scientist"),
    "`rolemgr check`, one policy, cold": (
        ROLEMGR, "check", str(TOP / "examples" / "policies" / "training-by-project.json"),
    ),
    "`rolemgr diff`, two policies, cold": (
        ROLEMGR, "diff", str(TOP / "examples" / "policies" / "training-by-project.json"),
        str(TOP / "examples" / "policies" / "broad-pass-role.json"),
    ),
    "`rolemgr simulate`, one request of a policy file, cold": (
        ROLEMGR, "simulate", str(TOP / "examples" / "policies" / "training-by-project.json"),
        "--action", "sagemaker:CreateTrainingJob",
        "--resource", "arn:aws:sagemaker:us-east-1:111122223333:training-job/x",
    ),
    "`rolemgr simulate`, one request of a persona, cold": (
        ROLEMGR, "simulate", "--persona", "data-scientist",
        "--action", "sagemaker:CreateEndpoint", "--resource", "arn:aws:sagemaker:us-east-1:111122223333:endpoint/x",
    ),
}  # fmt: skip
ROLES = 1000
ACCOUNTS = (20, 1000)
"""Statements that use equal values are distributed once, so the second figure is the worst case."""


ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""Bytecode is kept, as it is where people install a package; the warm-up run writes it."""


class Seconds(NamedTuple):
    """How long a command took, by the clock and in time of the processor, its children's too."""

    clock: float
    processor: float


def seconds(arguments: Sequence[str]) -> Seconds:
    """Return the time that the command *arguments* took."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(arguments, check=False, capture_output=True, env=ENVIRONMENT)
    clock, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode > 1:  # 1 is an answer: there are findings
        raise SystemExit(done.stderr.decode())
    return Seconds(clock, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def paired_ratio(arguments: Sequence[str], runs: int) -> Seconds:
    """Return the median times of *arguments* over those of the yardstick, the two in turn *runs* times."""
    seconds(arguments)
    pairs = [(seconds(arguments), seconds(YARDSTICK)) for _ in range(runs)]
    ours, yardstick = (Seconds(*map(statistics.median, zip(*times, strict=True))) for times in zip(*pairs, strict=True))
    return Seconds(ours.clock / yardstick.clock, ours.processor / yardstick.processor)


def row(name: str, arguments: Sequence[str], runs: int, digits: int = 1) -> str:
    """Return the row of the table on the command *arguments*, called *name*."""
    ratio = paired_ratio(arguments, runs)
    return f"| {name} | {ratio.clock:.{digits}f} | {ratio.processor:.{digits}f} | {peak_memory(arguments):.0f} |"


def peak_memory(arguments: Sequence[str]) -> float:
    """Return the peak resident memory of the command *arguments*, in MiB."""
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    usage: resource.struct_rusage = os.wait4(process.pid, 0)[2]
    process.returncode = 0
    return usage.ru_maxrss / 1024


def many_roles(count: int, accounts: int) -> float:
    """Return the milliseconds a role that *count* roles in so many *accounts* take to compose and render here."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    from tests.support import rendered

    from rolemgr.catalog.load import Catalog

    catalog = Catalog()
    start = time.perf_counter()
    for number in range(count):
        account = f"{100_000_000_000 + number % accounts}"
        rendered(catalog, persona="data-scientist", account=account, bucket=[f"team-{number}"], name=f"team-{number}")
    return (time.perf_counter() - start) / count * 1000


def managed_policies(folder: Path) -> Sequence[str]:
    """Write AWS's managed policies, as moto ships them, to *folder*; return the command that checks them all."""
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    for name, policy in json.loads(aws_managed_policies_data).items():
        (folder / f"{name}.json").write_text(json.dumps(policy["Document"], indent=4))
    return ROLEMGR, "check", str(folder)


def batch(folder: Path) -> Sequence[str]:
    """Write a batch of requests to *folder*; return the command that answers it."""
    sys.path.insert(0, str(TOP))
    from benchmarks.batch import lines

    path = folder / "requests.jsonl"
    with path.open("w") as file:
        file.writelines(lines())
    return ROLEMGR, "simulate", "--requests", str(path)


def main() -> None:
    """Print the figures as a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=15, help="pairs of runs a command")
    runs = parser.parse_args().runs
    print("| what | times `python -c pass`, by the clock | in time of the processor | peak memory, MiB |")
    print("|---|---|---|---|")
    for name, arguments in COMMANDS.items():
        print(row(name, arguments, runs), flush=True)
    with TemporaryDirectory() as folder:
        print(row("`rolemgr simulate --requests`, a batch of 16,000", batch(Path(folder)), runs, digits=0), flush=True)
    with TemporaryDirectory() as folder:
        all_of_them = managed_policies(Path(folder))
        print(row("`rolemgr check`, all managed policies of AWS", all_of_them, max(runs // 3, 3), digits=0), flush=True)
    for accounts in ACCOUNTS:
        print(f"\n{ROLES:,} roles in {accounts:,} accounts, in one process: {many_roles(ROLES, accounts):.2f} ms each")


if __name__ == "__main__":
    main()
