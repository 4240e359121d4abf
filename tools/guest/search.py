"""Inside the sandbox: finds lines by text or pattern, which there may take as long as it likes.

search PATTERN FOLDER text|regex match|ignore    (in the workspace)
"""

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

MAX_SHOWN = 100
MAX_LINE_CHARS = 200
MAX_FILE_BYTES = 1_000_000
SKIPPED_FOLDERS = {".agent", ".git", "__pycache__", ".pytest_cache", ".venv"}


def main(pattern: str, folder: str, kind: str, case: str) -> int:
    """Print matches as `path:line: text`; 2 for a bad pattern."""
    try:
        wanted = re.compile(
            pattern if kind == "regex" else re.escape(pattern),
            re.IGNORECASE if case == "ignore" else 0,
        )
    except re.error as error:
        sys.stdout.write(f"bad pattern at character {error.pos}: {error.msg}\n")
        return 2
    matches = list(search(wanted, Path(folder)))
    sys.stdout.write("\n".join([describe(len(matches)), *matches[:MAX_SHOWN]]) + "\n")
    return 0


def describe(count: int) -> str:
    """How many matches there are and how many are shown."""
    shown = f", the first {MAX_SHOWN}" if count > MAX_SHOWN else ""
    return f"{count} {'match' if count == 1 else 'matches'}{shown}"


def search(wanted: re.Pattern[str], folder: Path) -> Iterator[str]:
    """Matching lines of the text files in a folder (or of one file), by path."""
    for path in sorted(text_files(folder)):
        for number, line in enumerate(path.read_text(errors="replace").split("\n"), 1):
            if wanted.search(line):
                yield f"{path.as_posix()}:{number}: {shorten(line.strip())}"


def text_files(folder: Path) -> Iterator[Path]:
    """Files that are not too large, without a NUL byte."""
    if folder.is_file():
        yield folder
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in SKIPPED_FOLDERS]
        for path in (Path(parent, name) for name in names):
            if path.is_file() and path.stat().st_size <= MAX_FILE_BYTES and is_text(path):
                yield path


def is_text(path: Path) -> bool:
    """Whether the first bytes look like text."""
    with path.open("rb") as file:
        return b"\0" not in file.read(4096)


def shorten(line: str) -> str:
    """The line, cut where it gets long."""
    return line if len(line) <= MAX_LINE_CHARS else f"{line[:MAX_LINE_CHARS]}..."


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
