"""Snapshots of the workspace as git trees, in the run's private bare repository.

Objects are built straight from bytes: git never looks at the workspace, so nothing in it
(attributes, filters, hooks, nested repositories) can run or hide. A snapshot costs what changed.
"""

import os
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from shutil import rmtree
from stat import S_ISREG
from typing import cast

from git import Repo
from git.objects import Blob, Submodule, Tree
from git.objects.fun import tree_to_stream
from gitdb import IStream  # type: ignore[import-untyped]  # the package has no types

from agent.git import run_git
from sandbox.workspace import PathError, Workspace, check_path

Entry = tuple[int, bytes]
"""(mode, binary object id), as a git tree holds them."""
Row = tuple[bytes, int, str]
"""(object id, mode, name) in one folder."""
Stamp = tuple[int, int, int]

FILE, EXECUTABLE, FOLDER = 0o100644, 0o100755, 0o040000


class TreeStore:
    """The private repository of one run."""

    def __init__(self, folder: Path) -> None:
        """Open the repository, or make it."""
        self.folder = folder
        self._known: dict[str, tuple[Stamp, Entry]] = {}
        self._base: dict[str, Entry] = {}
        self.base_tree: str | None = None
        """The tree of the base commit, if there is one."""
        self._trees: dict[tuple[Row, ...], bytes] = {}
        if not folder.exists():
            _make_repository(folder)
        for lock in (folder / "refs").rglob("*.lock"):
            lock.unlink()  # of a git that was killed: whoever works on a run has it alone
        self._repo = _open(folder)

    def close(self) -> None:
        """End the git that reads objects; the next read starts another."""
        self._repo.close()

    def borrow(self, objects: Path) -> None:
        """See another repository's objects too (its `objects` folder), so a base needs no copy."""
        alternates = self.folder / "objects" / "info" / "alternates"
        alternates.parent.mkdir(parents=True, exist_ok=True)
        alternates.write_text(f"{objects.resolve()}\n", encoding="utf-8")
        self._repo = _open(self.folder)

    def use_base(self, commit: str) -> None:
        """Build on that commit: its executable bits, links, submodules and odd names are kept."""
        tree = self._repo.commit(commit).tree
        self._base = self._list(tree)
        self.base_tree = str(tree.hexsha)

    def tree_of(self, commit: str) -> str:
        """The id of a commit's tree. Raises RepositoryError: it is gone."""
        return run_git(self.folder, "rev-parse", "--verify", f"{commit}^{{tree}}")

    def record(self, workspace: Workspace) -> str:
        """Store the workspace as it is; returns the tree's id. Only changed files are read."""
        entries = {path: entry for path, entry in self._base.items() if not _is_ours(path, entry)}
        known: dict[str, tuple[Stamp, Entry]] = {}
        for path, stat in workspace.files().items():
            stamp = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
            seen = self._known.get(path)
            if seen is None or seen[0] != stamp:
                seen = (stamp, self._store_file(path, workspace.read(path)))
            known[path] = seen
            entries[path] = seen[1]
        self._known = known
        return self._store_tree(entries).hex()

    def restore(self, tree: str, workspace: Workspace) -> None:
        """Make the workspace equal to a tree, writing and deleting only what differs."""
        wanted = self.files(tree)
        for path in workspace.files():
            if path not in wanted:
                workspace.delete(path)
        for path, content in wanted.items():
            target = workspace.resolve(path)
            if not target.is_file() or target.read_bytes() != content:
                workspace.write(path, content)

    def without(self, tree: str, *paths: str) -> str:
        """The tree less those files and folders; returns its id."""
        entries = self._list(Tree(self._repo, bytes.fromhex(tree), FOLDER, ""))
        kept = {p: e for p, e in entries.items() if p not in paths and p.split("/")[0] not in paths}
        return self._store_tree(kept).hex()

    def files(self, tree: str) -> dict[str, bytes]:
        """The regular files of a tree: path -> content."""
        entries = self._list(Tree(self._repo, bytes.fromhex(tree), FOLDER, ""))
        return {
            path: self._repo.odb.stream(entry[1]).read()
            for path, entry in entries.items()
            if _is_ours(path, entry)
        }

    def write(self, files: Mapping[str, bytes]) -> str:
        """Store those files as a tree of their own; returns its id."""
        return self._store_tree({p: self._store_file(p, text) for p, text in files.items()}).hex()

    def _store_file(self, path: str, content: bytes) -> Entry:
        base = self._base.get(path)
        executable = base[0] == EXECUTABLE if base else content.startswith(b"#!")
        return EXECUTABLE if executable else FILE, self._store(Blob.type, content)

    def _store_tree(self, entries: Mapping[str, Entry]) -> bytes:
        folders: dict[str, dict[str, Entry]] = {}
        rows: list[Row] = []
        for path, (mode, name) in entries.items():
            first, _, rest = path.partition("/")
            if rest:
                folders.setdefault(first, {})[rest] = (mode, name)
            else:
                rows.append((name, mode, first))
        rows += [(self._store_tree(inner), FOLDER, name) for name, inner in folders.items()]
        # git sorts a folder as if its name ended in a slash
        rows.sort(key=lambda row: f"{row[2]}/" if row[1] == FOLDER else row[2])
        key = tuple(rows)
        if key not in self._trees:
            buffer = BytesIO()
            tree_to_stream(rows, buffer.write)
            self._trees[key] = self._store(Tree.type, buffer.getvalue())
        return self._trees[key]

    def _store(self, kind: str, content: bytes) -> bytes:
        """Write an object and put it on the disk: the journal may name it right after."""
        name: bytes = self._repo.odb.store(IStream(kind, len(content), BytesIO(content))).binsha
        path = self.folder / "objects" / name.hex()[:2] / name.hex()[2:]
        if path.exists():  # else it is the base repository's
            with path.open("rb") as file:
                os.fsync(file.fileno())
        return name

    @staticmethod
    def _list(tree: Tree) -> dict[str, Entry]:
        items = cast("Iterator[Blob | Submodule | Tree]", tree.traverse())
        return {
            str(item.path): (item.mode, item.binsha) for item in items if not isinstance(item, Tree)
        }


def _make_repository(folder: Path) -> None:
    """Whole or not at all: a full disk stops git in the middle."""
    unfinished = folder.with_name(f"{folder.name}.tmp")
    rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    run_git(unfinished, "init", "--quiet", "--bare", "--template=", ".")
    unfinished.rename(folder)


def _open(folder: Path) -> Repo:
    repo = Repo(folder)
    repo.git.update_environment(GIT_CONFIG_GLOBAL=os.devnull, GIT_CONFIG_NOSYSTEM="1")
    return repo


def _is_ours(path: str, entry: Entry) -> bool:
    """Whether the workspace can hold that entry; others pass from the base to the result."""
    try:
        check_path(path)
    except PathError:
        return False
    return S_ISREG(entry[0])
