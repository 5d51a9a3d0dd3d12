"""
Ask the evaluator random requests under random policies of every layer: no crash, no hang.

    python benchmarks/fuzz.py [--examples 100000] [--seed 0] [--seconds 5]

Each example is a line of a batch. It must be answered by a decision or by one clean error, and explained as
it is decided. An example that takes longer than so many seconds ends the run with its traceback.
"""

import argparse
import faulthandler
import gc
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.evaluate.random_lines import line, outcome


def main() -> None:
    """Run the examples and print how they were answered."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--examples", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=5)
    chosen = parser.parse_args()
    gc.set_threshold(100_000, 20, 20)  # as the command has it
    random, outcomes, slowest, start = Random(chosen.seed), Counter[str](), 0.0, time.perf_counter()  # noqa: S311 - nothing secret
    for number in range(chosen.examples):
        text = line(random)
        faulthandler.dump_traceback_later(chosen.seconds, exit=True)
        before = time.process_time()
        try:
            outcomes[outcome(text)] += 1
        except Exception:
            print(f"example {number} of seed {chosen.seed}: {text!r}", file=sys.stderr)
            raise
        slowest = max(slowest, time.process_time() - before)
        faulthandler.cancel_dump_traceback_later()
    shown = ", ".join(f"{count:,} {name}" for name, count in outcomes.most_common())
    seconds = time.perf_counter() - start
    print(f"{chosen.examples:,} examples in {seconds:.0f} s, the slowest {slowest * 1000:.0f} ms: {shown}")


if __name__ == "__main__":
    main()
