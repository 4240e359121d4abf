"""`make bench-loop`: what a step of the loop costs beside a bare loop on the openai client.

Prints one JSON line, last. Ratios are medians over interleaved pairs, so that a busy machine
disturbs both sides alike. A peer is measured where the interpreter that has it is named:
`BENCH_MINI_PYTHON` for mini-swe-agent.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import IO

from evals.bench.our_loop import SPEC

STEPS = 60
PAIRS = 5
Measured = dict[str, float]


@contextmanager
def model_server() -> Iterator[tuple[str, IO[str]]]:
    """A running model server: its base address, and the stream that announces requests."""
    command = [sys.executable, "-m", "evals.bench.model_server"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None, "stdout is a pipe"
        try:
            yield f"http://127.0.0.1:{server.stdout.readline().strip()}", server.stdout
        finally:
            server.kill()


def run_child(module: str, url: str, python: str = sys.executable) -> Measured:
    """What a measuring process prints."""
    done = subprocess.run([python, "-m", module, url], capture_output=True, text=True, check=True)
    measured: Measured = json.loads(done.stdout.splitlines()[-1])
    return measured


def measure_pairs(address: str, plan: str) -> tuple[float, list[Measured]]:
    """Median ratio of ours to bare on one plan, and all that ours said."""
    ratios: list[float] = []
    ours: list[Measured] = []
    for _ in range(PAIRS):
        bare = run_child("evals.bench.bare_loop", f"{address}/bare-{plan}/{STEPS}/v1")
        ours.append(run_child("evals.bench.our_loop", f"{address}/{plan}/{STEPS}/v1"))
        ratios.append(ours[-1]["cpu_s_per_step"] / bare["cpu_s_per_step"])
    return statistics.median(ratios), ours


def cpu_at_first_request(command: list[str], announced: IO[str]) -> float:
    """CPU seconds that a command has used when its first model request arrives."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
        while announced.readline().strip() != "0":
            pass
        fields = (
            Path(f"/proc/{child.pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
        )
        child.kill()
    ticks = sum(map(int, fields[11:15]))  # utime, stime, cutime, cstime: proc(5), fields 14 to 17
    return ticks / os.sysconf("SC_CLK_TCK")


def start_command(url: str, folder: str) -> list[str]:
    """The command line of a run, as a user types it."""
    options = ["--model", "openai:bench", "--base-url", url, "--repo", f"{folder}/target"]
    state = ["-c", f"state_dir={folder}/state"]
    return [sys.executable, "-m", "agent", "run", str(SPEC), *options, *state]


def measure_peers(address: str) -> dict[str, Measured]:
    """Peers that are installed, each on the plan of its own tool."""
    python = os.environ.get("BENCH_MINI_PYTHON")
    if python is None:
        return {}
    url = f"{address}/bare-mini/{STEPS}/v1"
    return {"mini-swe-agent": run_child("evals.bench.mini_loop", url, python)}


def main() -> None:
    """Measure and print."""
    with model_server() as (address, announced):
        folder = tempfile.mkdtemp()
        command = start_command(f"{address}/read/{STEPS}/v1", folder)
        start_cpu_s = cpu_at_first_request(command, announced)
        drain = Thread(target=announced.read, daemon=True)
        drain.start()
        read_ratio, ours = measure_pairs(address, "read")
        write_ratio, wrote = measure_pairs(address, "write")
        answer = {
            "cpu_ratio_vs_bare": round(read_ratio, 2),
            "cpu_ratio_vs_bare_writing": round(write_ratio, 2),
            "rss_mb": round(max(m["rss_mb"] for m in ours + wrote), 1),
            "start_cpu_s": round(start_cpu_s, 2),
            "journal_bytes_per_step": round(ours[-1]["journal_bytes_per_step"]),
            "peers": measure_peers(address),
        }
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
