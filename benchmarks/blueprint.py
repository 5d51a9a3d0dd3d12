"""
Measure `rolemgr prove` and `rolemgr build` of a blueprint of many accounts, each with ten roles.

    python benchmarks/blueprint.py [--accounts 200 500 1000 2000] [--apart]

Accounts have ids of no order. One of each hundred has a bucket that a role of the others reads. With --apart every
account has a bucket of its own that one of its roles works in, so that this role is like no other and is proven by
itself; ids in other documents tell no accounts apart.
"""

import argparse
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

ROLEMGR = str(Path(sys.executable).with_name("rolemgr"))
PERSONAS = (
    "sagemaker-compute", "sagemaker-pipeline", "sagemaker-feature-store", "data-scientist", "ml-engineer",
    "mlops-engineer", "junior-ml-engineer", "business-analyst", "mlops-emergency",
)  # fmt: skip
HUNDRED = 100


def blueprint(accounts: int, *, apart: bool) -> Iterator[str]:
    """Yield the lines of a blueprint of so many *accounts*."""
    ids = random.Random(17).sample(range(10**11, 10**12), accounts)  # noqa: S311 - the same each time
    yield "organization: {id: o-a1b2c3d4e5, landing_zone: [control-tower]}"
    yield "regions: [eu-west-1]"
    yield "accounts:"
    yield from (f'  a{number}: {{id: "{one}", ou: ml}}' for number, one in enumerate(ids))
    yield "ous:"
    yield "  ml:"
    yield "    roles:"
    yield from (f"      {one}: {{persona: {one}}}" for one in PERSONAS)
    yield "      second: {persona: sagemaker-compute, name: second}"
    yield "buckets:"
    yield from (f"  a{number}/curated: acme-curated-{number}" for number in range(0, accounts, HUNDRED))
    if apart:
        yield from (f"  a{number}/own: acme-own-{number}" for number in range(accounts))
    yield "flows:"
    for number in range(accounts):
        yield f"  - a{number}/sagemaker-compute reads a{number - number % HUNDRED}/curated in curated/*"
        if apart:
            yield f"  - a{number}/second works in a{number}/own"
    yield "layers: {scp: [approved-regions, no-sharing], rcp: [organization-identities]}"


def measured(what: str, command: list[str], expected: tuple[int, ...]) -> None:
    """Run *command* and print what it took; stop where it ends in another way."""
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as started:
        said = started.stderr.read() if started.stderr else ""
        _, status, usage = os.wait4(started.pid, 0)
        started.returncode = os.waitstatus_to_exitcode(status)
    if started.returncode not in expected:
        raise SystemExit(said)
    took, busy = time.perf_counter() - start, usage.ru_utime + usage.ru_stime
    sys.stdout.write(f"{what}: {took:.1f} s, {busy:.1f} s of the processor, {usage.ru_maxrss / 1024:.0f} MiB\n")
    sys.stdout.flush()


def main() -> None:
    """Measure blueprints of each number of accounts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, nargs="+", default=[200, 500, 1000, 2000])
    parser.add_argument("--apart", action="store_true")
    given = parser.parse_args()
    for accounts in given.accounts:
        with TemporaryDirectory() as folder:
            path = Path(folder, "blueprint.yaml")
            path.write_text("\n".join(blueprint(accounts, apart=given.apart)) + "\n")
            size = path.stat().st_size // 1024
            what = f"{accounts:,} accounts, {accounts * 10:,} roles ({size:,} KiB)"
            measured(f"prove, {what}", [ROLEMGR, "prove", str(path)], (0, 1))  # sinks are open: nothing accepts them
            measured(f"build, {what}", [ROLEMGR, "build", str(path), "-o", f"{folder}/build"], (0,))


if __name__ == "__main__":
    main()
