"""
Measure many role files at once against `python -c pass` of the same virtual environment.

    python benchmarks/many_roles.py [--runs 3] [--counts 250 500 1000]

So many role files of five personas in twenty accounts are generated, then checked and exported by one command
each. Wall-clock and processor time (of all processes) are ratios of medians to the yardstick's, in turn with
it; the processor time tells more on a machine that is busy. Peak memory is the largest resident set of any
one process, in MiB. Linear means: the last column, the time of each file beyond start-up, stays the same.
"""

import argparse
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
ROLEMGR = str(Path(sys.executable).with_name("rolemgr"))
PERSONAS = ("data-scientist", "ml-engineer", "mlops-engineer", "sagemaker-pipeline", "business-analyst")
ACCOUNTS = 20
FORMATS = ("json", "cloudformation", "terraform")


class Cost(NamedTuple):
    """What one run of a command took: seconds on the clock, seconds of processors, MiB."""

    wall: float
    processor: float
    memory: float


def cost(arguments: Sequence[str]) -> Cost:
    """Return what running *arguments* takes; its processes count together, its memory is the largest one's."""
    start = time.perf_counter()
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode > 1:  # 1 is an answer: there are findings
        raise SystemExit(f"exit code {process.returncode}: {' '.join(arguments)}")
    return Cost(time.perf_counter() - start, _seconds(usage), usage.ru_maxrss / 1024)


def _seconds(usage: resource.struct_rusage) -> float:
    return usage.ru_utime + usage.ru_stime


def ratios(arguments: Sequence[str], runs: int) -> Cost:
    """Return the medians of *runs* of *arguments* over those of the yardstick, in turn with it, and the memory."""
    cost(arguments)  # the warm-up writes bytecode
    pairs = [(cost(arguments), cost(YARDSTICK)) for _ in range(runs)]
    wall = statistics.median(one.wall for one, _ in pairs) / statistics.median(other.wall for _, other in pairs)
    own = statistics.median(one.processor for one, _ in pairs)
    return Cost(wall, own / statistics.median(other.processor for _, other in pairs), pairs[0][0].memory)


def write_roles(folder: Path, count: int) -> None:
    """Write *count* role files to *folder*, each with a name, a bucket and a tag of its own."""
    for number in range(count):
        (folder / f"team-{number:04}.yaml").write_text(
            f"persona: {PERSONAS[number % len(PERSONAS)]}\n"
            f"name: team-{number:04}\n"
            f'account: "{100_000_000_000 + number % ACCOUNTS}"\n'
            "region: eu-west-1\n"
            f"parameter:\n  work_buckets: [team-{number:04}]\n"
            f"tag: {{Project: team-{number:04}}}\n"
        )


def commands(folder: Path) -> dict[str, Sequence[str]]:
    """Return the commands to measure over the role files in *folder*."""
    pattern, out = str(folder / "*.yaml"), str(folder / "out")
    exports = {
        f"create --format {form}": (ROLEMGR, "create", "--role", pattern, "--format", form, "-o", f"{out}-{form}")
        for form in FORMATS
    }
    return exports | {"check": (ROLEMGR, "check", "--role", pattern)}


def main() -> None:
    """Print the figures as a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3, help="pairs of runs a command")
    parser.add_argument("--counts", type=int, nargs="+", default=[250, 500, 1000], help="how many role files")
    options = parser.parse_args()
    print(
        "| what | role files | ratio on the clock | of processor time | peak memory, MiB | processor time of a file |"
    )
    print("|---|---|---|---|---|---|")
    with TemporaryDirectory() as one:
        write_roles(Path(one), 1)
        start = {name: ratios(arguments, options.runs) for name, arguments in commands(Path(one)).items()}
    for count in options.counts:
        with TemporaryDirectory() as folder:
            write_roles(Path(folder), count)
            for name, arguments in commands(Path(folder)).items():
                found = ratios(arguments, options.runs)
                each = (found.processor - start[name].processor) / count
                print(
                    f"| `{name}` | {count:,} | {found.wall:,.0f} | {found.processor:,.0f} | {found.memory:.0f} "
                    f"| {each:.2f} |", flush=True,
                )  # fmt: skip


if __name__ == "__main__":
    main()
