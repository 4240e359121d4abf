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
from dataclasses import dataclass
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
    env = os.environ | {"LITELLM_LOCAL_MODEL_COST_MAP": "True"}  # else it waits for a download
    command = [python, "-m", module, url]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=env)
    measured: Measured = json.loads(done.stdout.splitlines()[-1])
    return measured


@dataclass(frozen=True)
class Pairs:
    """Medians over interleaved pairs of ours and the bare loop."""

    ratio: float
    bare_step_s: float
    rss_mb: float
    journal_bytes_per_step: float


def measure_pairs(address: str, plan: str) -> Pairs:
    """Ours and the bare loop in turns on one plan."""
    bare: list[Measured] = []
    ours: list[Measured] = []
    for _ in range(PAIRS):
        bare.append(run_child("evals.bench.bare_loop", f"{address}/bare-{plan}/{STEPS}/v1"))
        ours.append(run_child("evals.bench.our_loop", f"{address}/{plan}/{STEPS}/v1"))
    ratios = [a["cpu_s_per_step"] / b["cpu_s_per_step"] for a, b in zip(ours, bare, strict=True)]
    return Pairs(
        ratio=statistics.median(ratios),
        bare_step_s=statistics.median(b["cpu_s_per_step"] for b in bare),
        rss_mb=max(a["rss_mb"] for a in ours),
        journal_bytes_per_step=ours[-1]["journal_bytes_per_step"],
    )


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


def measure_mini(address: str, python: str, bare_step_s: float) -> Measured:
    """mini-swe-agent on the plan of its own tool, beside the bare loop's step."""
    said = run_child("evals.bench.mini_loop", f"{address}/bare-mini/{STEPS}/v1", python)
    return {
        "cpu_ratio_vs_bare": round(said["cpu_s_per_step"] / bare_step_s, 2),
        "rss_mb": round(said["rss_mb"], 1),
    }


def main() -> None:
    """Measure and print."""
    mini = os.environ.get("BENCH_MINI_PYTHON")
    with model_server() as (address, announced):
        ours_start = cpu_at_first_request(
            start_command(f"{address}/read/{STEPS}/v1", tempfile.mkdtemp()), announced
        )
        bare = [sys.executable, "-m", "evals.bench.bare_loop", f"{address}/bare-read/{STEPS}/v1"]
        bare_start = cpu_at_first_request(bare, announced)
        Thread(target=announced.read, daemon=True).start()
        reading = measure_pairs(address, "read")
        writing = measure_pairs(address, "write")
        peers = {"mini-swe-agent": measure_mini(address, mini, reading.bare_step_s)} if mini else {}
    answer = {
        "cpu_ratio_vs_bare": round(reading.ratio, 2),
        "cpu_ratio_vs_bare_writing": round(writing.ratio, 2),
        "rss_mb": round(max(reading.rss_mb, writing.rss_mb), 1),
        "start_cpu_s": round(ours_start, 2),
        "bare_start_cpu_s": round(bare_start, 2),
        "journal_bytes_per_step": round(reading.journal_bytes_per_step),
        "peers": peers,
    }
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
