"""`make bench-long`: whether a long run stays cheap, and how many fit into one process.

Prints one JSON line: CPU of a step in runs of 30, 200 and 1000 steps, the journal of 200 steps,
and 100 runs at once with a model that takes a second to answer: their peak memory, and their
throughput as a share of 100 times that of one run alone (1 is ideal).
"""

import json
import subprocess
import sys
from threading import Thread

from evals.bench.loop import Measured, model_server, run_child

LENGTHS = (30, 200, 1000)
RUNS = 100
STEPS = 30
"""Of each of the concurrent runs."""


def many_runs(runs: int) -> Measured:
    """That many runs at once."""
    command = [sys.executable, "-m", "evals.bench.many_runs", str(runs), str(STEPS)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    measured: Measured = json.loads(done.stdout.splitlines()[-1])
    return measured


def main() -> None:
    """Measure and print."""
    with model_server() as (address, announced):
        Thread(target=announced.read, daemon=True).start()
        by_length = {
            length: run_child("evals.bench.our_loop", f"{address}/read/{length}/v1")
            for length in LENGTHS
        }
    one, many = many_runs(1), many_runs(RUNS)
    cpu = {f"cpu_ms_per_step_{n}": 1000 * m["cpu_s_per_step"] for n, m in by_length.items()}
    journal_kb = by_length[200]["journal_bytes_per_step"] * 200 / 1024
    answer = {
        **{name: round(value, 2) for name, value in cpu.items()},
        "journal_kb_200": round(journal_kb, 1),
        "rss_mb_100_runs": round(many["rss_mb"], 1),
        "throughput_ratio_100": round(one["seconds"] / many["seconds"], 2),
    }
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
