"""What a run changed, file by file, as unified diffs."""

import re
from dataclasses import dataclass
from pathlib import Path

from agent.git import run_git

EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
MAX_FILE_CHARS = 20_000


@dataclass(frozen=True)
class FileDiff:
    """A changed file."""

    path: str
    added: int
    removed: int
    text: str
    """Hunks; cut when long."""


def diff_files(repository: Path, base: str | None, tree: str) -> tuple[FileDiff, ...]:
    """The files in which two trees differ.

    Args:
        repository: folder of a git repository that knows both.
        base: commit or tree; None: nothing was there.
        tree: what the run made.

    Raises:
        RepositoryError: git does not know one of them.
    """
    options = ("--no-ext-diff", "--no-textconv", "--no-color", "--no-renames", "-U2")
    text = run_git(repository, "diff", *options, base or EMPTY_TREE, tree)
    blocks = re.split(r"^diff --git ", text, flags=re.MULTILINE)[1:]
    return tuple(map(_read_block, blocks))


def _read_block(block: str) -> FileDiff:
    head, at, hunks = block.rstrip("\n").partition("\n@@")
    lines = f"@@{hunks}".split("\n") if at else []
    return FileDiff(
        path=_path(head.split("\n")[0]),
        added=sum(line.startswith("+") for line in lines),
        removed=sum(line.startswith("-") for line in lines),
        text=_cut("\n".join(lines)),
    )


def _path(line: str) -> str:
    """The name in `a/NAME b/NAME`, which may hold spaces."""
    return line[(len(line) + 5) // 2 :]


def _cut(text: str) -> str:
    if len(text) <= MAX_FILE_CHARS:
        return text
    return f"{text[:MAX_FILE_CHARS]}\n... and {len(text) - MAX_FILE_CHARS} more characters"
