"""`make bench-local`: a small model behind an endpoint of one's own, on specs with hidden tests.

    python -m evals.bench.local SUITE MODEL BASE_URL [--peer COMMAND]

Prints one JSON line, last: {"specs", "verified", "hidden_pass", "false_success", "unscored",
"peer_hidden_pass"}. The peer is any program as `eval --agent-cmd` takes it; without one its number
is null. Trials run one after the other: a model on a CPU serves one at a time.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from evals.results import EvalFolder, TrialResult


def summarize(ours: Sequence[TrialResult], peer: Sequence[TrialResult] | None) -> dict[str, object]:
    """The numbers of both; trials that the infrastructure spoiled are counted apart."""
    scored = [one for one in ours if not one.error]
    return {
        "specs": len(ours),
        "verified": sum(one.submission.claims for one in scored),
        "hidden_pass": sum(one.passed for one in scored),
        "false_success": sum(one.false_success for one in scored),
        "unscored": len(ours) - len(scored),
        "peer_hidden_pass": None if peer is None else sum(one.passed for one in peer),
    }


def measure(suite: str, folder: Path, *options: str) -> list[TrialResult]:
    """The trials of one agent; what they say on the way goes to stderr."""
    command = [sys.executable, "-m", "agent", "eval", suite, "--jobs", "1", "--out", str(folder)]
    subprocess.run([*command, *options], stdout=sys.stderr, check=False)  # its code is the score
    return EvalFolder(folder).results()


def main() -> None:
    """Measure ours, then the peer if there is one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("suite")
    parser.add_argument("model")
    parser.add_argument("base_url")
    parser.add_argument("--peer", metavar="COMMAND")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-local-") as scratch:
        model = ("--model", f"openai:{options.model}", "--base-url", options.base_url)
        ours = measure(options.suite, Path(scratch) / "ours", *model)
        theirs = None
        if options.peer:
            peer = ("--agent-cmd", options.peer)
            theirs = measure(options.suite, Path(scratch) / "peer", *peer)
    sys.stdout.write(json.dumps(summarize(ours, theirs)) + "\n")


if __name__ == "__main__":
    main()
