"""The host's workspace folder, and the one function that resolves a path in it.

Paths are relative and use `/`. Only regular files live here: what comes from a model or out of a
sandbox goes through `write`, so no link, device or `.git` folder ever appears.
"""

import os
import re
import unicodedata
from pathlib import Path, PurePosixPath

MAX_PATH_CHARS = 240
MAX_NAME_BYTES = 240
"""File systems allow 255; the rest is room for the name of a temporary file beside it."""
CONTROL = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode categories that move the cursor, hide or reorder text, or are not text at all."""
GIT_FOLDER = re.compile(r"(\.git|git~\d)[ .]*(:.*)?", re.IGNORECASE)
"""`.git` and the spellings of it that git refuses because NTFS takes them for the same."""
IGNORED_FOLDERS = frozenset(
    {"__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis", ".venv"}
)
"""Tool caches: never copied, listed, searched or committed."""


class PathError(ValueError):
    """A path that may not be used; the text names the rule it breaks."""


def check_path(path: str) -> PurePosixPath:
    """The path as a clean relative one (`./a//b` becomes `a/b`).

    Raises:
        PathError: absolute, `..`, empty, too long, a control character, a backslash, or `.git`.
    """
    if not path or len(path) > MAX_PATH_CHARS:
        raise PathError(f"path must have 1 to {MAX_PATH_CHARS} characters: {path[:80]!r}")
    if "\\" in path or any(unicodedata.category(char) in CONTROL for char in path):
        raise PathError(f"path has a backslash or a control character: {path!r}")
    clean = PurePosixPath(path)
    if clean.is_absolute() or ".." in clean.parts:
        raise PathError(f"path must be relative and stay inside the workspace: {path!r}")
    if not clean.parts:
        raise PathError(f"path names no file: {path!r}")
    if any(GIT_FOLDER.fullmatch(part) for part in clean.parts):
        raise PathError(f"`.git` is not part of the workspace: {path!r}")
    if any(len(part.encode()) > MAX_NAME_BYTES for part in clean.parts):
        raise PathError(f"a name in the path is longer than {MAX_NAME_BYTES} bytes: {path!r}")
    return clean


class Workspace:
    """A folder of regular files."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)

    def resolve(self, path: str) -> Path:
        """Where that file is, or would be, on the host. Raises PathError."""
        clean = check_path(path)
        current = self.root
        for part in clean.parts:
            current = current / part
            if current.is_symlink():
                raise PathError(f"{path!r} passes through a link")
        return current

    def read(self, path: str) -> bytes:
        """The file's content. Raises PathError, FileNotFoundError."""
        target = self.resolve(path)
        if not target.is_file():
            raise FileNotFoundError(path)
        return target.read_bytes()

    def write(self, path: str, content: bytes) -> None:
        """Write a file whole (atomically), making its folders. Raises PathError."""
        target = self.resolve(path)
        if target.is_dir():
            raise PathError(f"{path!r} is a folder")
        for folder in reversed(target.relative_to(self.root).parents[:-1]):
            if (self.root / folder).is_file():
                raise PathError(f"{folder.as_posix()!r} is a file, so {path!r} cannot exist")
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_name(f".{target.name}.tmp")
        temporary.write_bytes(content)
        temporary.replace(target)

    def delete(self, path: str) -> None:
        """Remove a file and the folders it leaves empty. Raises PathError, FileNotFoundError."""
        target = self.resolve(path)
        if not target.is_file():
            raise FileNotFoundError(path)
        target.unlink()
        for folder in target.parents:
            if folder == self.root or any(folder.iterdir()):
                break
            folder.rmdir()

    def files(self) -> dict[str, os.stat_result]:
        """Every file: relative path -> stat, sorted by path; tool caches are left out."""
        found: dict[str, os.stat_result] = {}
        pending = [""]
        while pending:
            prefix = pending.pop()
            with os.scandir(self.root / prefix) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        if entry.name not in IGNORED_FOLDERS:
                            pending.append(f"{prefix}{entry.name}/")
                    elif entry.is_file(follow_symlinks=False):
                        found[f"{prefix}{entry.name}"] = entry.stat(follow_symlinks=False)
        return dict(sorted(found.items()))
