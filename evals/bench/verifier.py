"""`make bench-verifier`: what the verifier finds, and whom it accuses. One JSON line, last.

flaws, found, twins, accused              apps of the open half of the corpus
sealed_flaws, sealed_found, ...accused    the same of the sealed half, if it is there
forgeries, forged                         tricks on the project's tests, and those that passed
scanners_found, scanners_accused          ruff S and bandit on the open half, where installed
verdict_s, bare_tests_s                   what proof costs beside the tests alone
"""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from agent.verifier.candidate import Candidate
from agent.verifier.project_tests import run_project_tests
from evals.bench.corpus import Result, judge_folder, read_folder
from evals.bench.demo import generate, read_demo, run_demo, run_tests_alone
from sandbox.deadline import Deadline
from sandbox.docker import DockerProvider
from tests.agent.verifier.test_project_tests import FORGED
from tests.tools.checks.library import LIBRARY

CORPUS = Path("evals/corpus")
PACKAGES = CORPUS / "packages"
"""What the apps import and the sandbox lacks: `pip install --target` it."""
SCANNERS = (
    ("ruff", "check", "--isolated", "--select", "S", "--exit-zero", "--output-format", "concise"),
    ("bandit", "-q", "-r", "--exit-zero", "-f", "txt"),
)


def measure_half(name: str) -> list[Result]:
    """Results of one half of the corpus; [] when it is not there."""
    packages = read_folder(PACKAGES) if PACKAGES.exists() else {}
    results = []
    for result in judge_folder(CORPUS / name, DockerProvider(), packages):
        results.append(result)
        said = "found" if result.found else "MISSED"
        twin = ", twin ACCUSED" if result.accused else ""
        sys.stderr.write(f"{name}/{result.name} (CWE-{result.cwe}): {said}{twin}\n")
    return results


def count_forged() -> int:
    """How many tricks on the project's tests end as a pass."""
    provider = DockerProvider()
    statuses = [
        run_project_tests(Candidate(files, LIBRARY, provider, "bench", Deadline.after(120)))[0].ok
        for files in FORGED.values()
    ]
    return sum(statuses)


def scan_open_half() -> dict[str, int]:
    """Flawed apps that stock scanners say more about than about the twin; twins they accuse."""
    scanners = [command for command in SCANNERS if shutil.which(command[0])]
    apps = sorted((CORPUS / "open").glob("*/meta.json"))
    if len(scanners) < len(SCANNERS):
        return {}
    counts = [
        (_said(scanners, app.parent / "flawed"), _said(scanners, app.parent / "repaired"))
        for app in apps
    ]
    found = sum(flawed > repaired for flawed, repaired in counts)
    return {"scanners_found": found, "scanners_accused": sum(bool(twin) for _, twin in counts)}


def _said(scanners: Sequence[tuple[str, ...]], folder: Path) -> int:
    lines = 0
    for command in scanners:
        done = subprocess.run([*command, str(folder)], capture_output=True, text=True, check=False)
        lines += sum(": S" in line or "Issue: [" in line for line in done.stdout.splitlines())
    return lines


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def main() -> None:
    """Measure and print."""
    if not any((CORPUS / "open").glob("*/meta.json")):
        sys.exit(f"{CORPUS}/open holds no apps: there is nothing to measure")
    DockerProvider().prepare(_say)
    opened, sealed = measure_half("open"), measure_half("sealed")
    folder = Path(tempfile.mkdtemp())
    run_demo(folder)
    blueprint, verdict_s = read_demo(folder)
    files, _ = generate(blueprint)
    answer = {
        "flaws": len(opened),
        "found": sum(result.found for result in opened),
        "twins": len(opened),
        "accused": sum(result.accused for result in opened),
        "sealed_flaws": len(sealed),
        "sealed_found": sum(result.found for result in sealed),
        "sealed_accused": sum(result.accused for result in sealed),
        "forgeries": len(FORGED),
        "forged": count_forged(),
        **scan_open_half(),
        "verdict_s": round(verdict_s, 1),
        "bare_tests_s": round(run_tests_alone(files, blueprint), 1),
    }
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
