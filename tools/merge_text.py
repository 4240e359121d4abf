"""Joins two edits of one text, as git does; neither is ever lost to the other."""

import os
import subprocess
import tempfile
from pathlib import Path

from tools.base import ToolError

MERGE_S = 30


def merge_text(base: str, ours: str, theirs: str) -> str | None:
    """`ours` with what changed from `base` to `theirs`.

    Returns:
        None where both changed the same lines, or where a text is no text.

    Raises:
        ToolError: git is missing.
    """
    with tempfile.TemporaryDirectory(prefix="merge-") as folder:
        for name, text in (("ours", ours), ("base", base), ("theirs", theirs)):
            Path(folder, name).write_bytes(text.encode(errors="surrogateescape"))
        command = ["git", "merge-file", "--stdout", "ours", "base", "theirs"]
        try:
            done = subprocess.run(
                command,
                cwd=folder,
                env=_environment(folder),
                capture_output=True,
                timeout=MERGE_S,
                check=False,
            )
        except FileNotFoundError as exc:
            raise ToolError("git is not installed; install it (`apt-get install git`)") from exc
    return done.stdout.decode(errors="surrogateescape") if done.returncode == 0 else None


def _environment(folder: str) -> dict[str, str]:
    """Nobody's configuration, and no repository around the folder."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": "/nonexistent",
        "LC_ALL": "C",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CEILING_DIRECTORIES": str(Path(folder).parent),
    }
