"""A run on a disk of its own that fills up or turns read-only.

    unshare --mount python -m tests.agent.real_disk FOLDER full KIB | read-only BOUNDARY

Mounts a tmpfs on the folder, which goes with the mount namespace. Prints {"code", "facts"}: how the
disturbed process ended, and what the run left once the disk was well again. What the disturbed
process said is on stderr.
"""

import json
import subprocess
import sys
from pathlib import Path

from tests.agent.crash_matrix import Facts, in_process, resume

ENOUGH = "size=256m"


def mount(folder: Path, options: str) -> None:
    """Mount a tmpfs there, or change the one that is."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], check=True)


def fill_up(folder: Path, kib: int) -> int:
    """Work on a disk of that size; how the process ended. The disk is large afterwards."""
    mount(folder, f"size={kib}k")
    (folder / "run").mkdir()
    code = in_process(folder / "run")
    mount(folder, f"remount,{ENOUGH}")
    return code


def turn_read_only(folder: Path, boundary: int) -> int:
    """Resume a killed run on a read-only disk; how that ended. The disk is writable afterwards."""
    mount(folder, ENOUGH)
    (folder / "run").mkdir()
    in_process(folder / "run", boundary)
    mount(folder, "remount,ro")
    code = in_process(folder / "run")
    mount(folder, "remount,rw")
    return code


def main() -> None:
    """Disturb a run, resume it, and print the outcome."""
    folder, kind, number = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    code = fill_up(folder, number) if kind == "full" else turn_read_only(folder, number)
    left = resume(folder / "run")
    facts = left._asdict() if isinstance(left, Facts) else left
    sys.stdout.write(json.dumps({"code": code, "facts": facts}) + "\n")


if __name__ == "__main__":
    main()
