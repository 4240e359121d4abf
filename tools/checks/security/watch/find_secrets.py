"""Looks for known texts in the files that the app wrote; reads `[{"name", "text"}]` from stdin.

Prints `{name: [files]}`.
"""

import json
import os
import sys

FOLDERS = ("/workspace", "/tmp")  # noqa: S108 - of the app's machine
SKIPPED = ("/tmp/zq", "/workspace/.packages", "/tmp/app.log", "/tmp/postgres")  # noqa: S108 - same
MAX_BYTES = 50_000_000


def main() -> None:
    """Search and print."""
    wanted = {item["name"]: item["text"].encode() for item in json.load(sys.stdin)}
    found: dict[str, list[str]] = {name: [] for name in wanted}
    for folder in FOLDERS:
        for here, _, names in os.walk(folder):
            for name in names:
                search(os.path.join(here, name), wanted, found)  # noqa: PTH118 - many files
    json.dump(found, sys.stdout)


def search(path: str, wanted: dict[str, bytes], found: dict[str, list[str]]) -> None:
    """Note which of the texts a file holds."""
    if path.startswith(SKIPPED) or path.endswith((".py", ".pyc")):
        return
    try:
        if not os.path.isfile(path) or os.path.getsize(path) > MAX_BYTES:  # noqa: PTH113, PTH202
            return
        with open(path, "rb") as file:  # noqa: PTH123 - as above
            content = file.read()
    except OSError:
        return
    for name, text in wanted.items():
        if text in content:
            found[name].append(path)


main()
