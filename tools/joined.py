"""
Show that joined statements say what the catalog's statements do, for every role that proofs are about.

    python tools/joined.py [--npm PREFIX] [--seed N] [--requests N]

Each role is compared with its statements as the catalog has them, both ways; with PREFIX, the folder where
`npm install --prefix PREFIX @cloud-copilot/iam-simulate` put an evaluator that is not ours, that one is asked
*requests* about each role, half of them at the pairs that joining adds. Meant for the night: it takes some minutes.
Exit code 1 where anything differs.
"""

import argparse
import os
import sys
from collections import Counter
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.compose.joined import NPM, answers, are_same, batch, both_forms, differing, evaluator, every_choice


def main() -> int:
    """Compare and ask; return the exit code."""
    options = _options()
    if options.npm:
        os.environ[NPM] = options.npm
    prefix = evaluator()
    if options.npm and prefix is None:
        print(f"{options.npm} has no @cloud-copilot/iam-simulate, or node is not there", file=sys.stderr)
        return 2
    wrong, said = 0, Counter[str]()
    for number, choices in enumerate(every_choice()):
        forms = both_forms(choices)
        if not are_same(forms):
            wrong += 1
            print(f"not proven to be the same: {choices}")
        if prefix:
            lines = list(batch(Random(options.seed + number), forms, options.requests))  # noqa: S311 - no secret
            found = answers(prefix, lines)
            said.update(found[::2])
            for request, joined, unfolded in differing(lines, found):
                wrong += 1
                print(f"{choices}: {joined} joined, {unfolded} unfolded: {request}")
    print(f"{2 * len(every_choice())} comparisons of {len(every_choice())} roles, {wrong} differences")
    print("asked of iam-simulate: " + (", ".join(f"{count:,} {one}" for one, count in said.most_common()) or "nothing"))
    return 1 if wrong else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--npm", help="the folder of the evaluator")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--requests", type=int, default=100, help="how many about each role")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
