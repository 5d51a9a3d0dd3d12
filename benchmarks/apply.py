"""
Measure `rolemgr apply` of many roles against moto's IAM over HTTP on loopback.

    python benchmarks/apply.py [--roles 200]

moto answers a call in a few milliseconds, where IAM takes a hundred and throttles writes: the figures say
what rolemgr itself costs, and that it grows with the number of roles and no faster.
"""

import argparse
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

SERVER = """
from werkzeug.serving import WSGIRequestHandler
from moto.server import main
WSGIRequestHandler.log_request = lambda *_: None
WSGIRequestHandler.disable_nagle_algorithm = True
main(['-H', '127.0.0.1', '-p', '0'])
"""
ROLEMGR = str(Path(sys.executable).with_name("rolemgr"))
PERSONAS = ("data-scientist", "ml-engineer", "sagemaker-compute", "sagemaker-pipeline")


def role_files(folder: Path, count: int) -> list[str]:
    """Write *count* role files of different personas, each with its own bucket."""
    files = []
    for number in range(count):
        path = folder / f"team-{number}.yaml"
        persona = PERSONAS[number % len(PERSONAS)]
        path.write_text(f"persona: {persona}\nname: team-{number}\nbucket: [acme-{number}]\npath: /ml/\n")
        files.append(str(path))
    return files


def address_of(server: "subprocess.Popen[str]") -> str:
    """Return where *server* listens, once it does."""
    assert server.stderr  # noqa: S101 - a pipe was asked for
    for line in server.stderr:
        if "Running on" in line:
            return line.split("Running on")[1].split()[0]
    raise SystemExit("the moto server did not start")


def timed(what: str, count: int, files: list[str], address: str) -> None:
    """Run `rolemgr apply` over *files* and print what it took."""
    environment = {**os.environ, "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_ENDPOINT_URL": address}
    command = [ROLEMGR, "apply", *files, "--region", "eu-west-1", "--yes"]
    start = time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    took = time.perf_counter() - start
    if done.returncode or len(done.stdout.splitlines()) != count:
        raise SystemExit(done.stderr)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    sys.stdout.write(f"{what}: {count} roles in {took:.1f} s, {count / took * 60:.0f} a minute, {peak:.0f} MiB\n")


def main() -> None:
    """Create the roles, and then find them already there."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--roles", type=int, default=200)
    count = parser.parse_args().roles
    command = [sys.executable, "-c", SERVER]
    with (
        TemporaryDirectory() as folder,
        subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as server,
    ):
        try:
            address = address_of(server)
            files = role_files(Path(folder), count)
            timed("warm-up", 1, files[:1], address)
            timed("created", count, files, address)
            timed("already there", count, files, address)
        finally:
            server.terminate()


if __name__ == "__main__":
    main()
