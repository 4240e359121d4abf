"""The user's repository: looked at before a run, given one branch after it, else untouched.

Its checkout, index, configuration and hooks are never read for execution nor changed; the branch
arrives by one fetch from the run's private repository.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from shutil import rmtree

from agent.errors import RepositoryError
from agent.git import run_git
from agent.trees import TreeStore

AUTHOR = "Backend Agent"
EMAIL = "backend-agent@localhost"
UNFINISHED = ".backend-agent-new"
"""Folder in a new repository's place, while git makes it."""
WORK_REFS = "refs/backend-agent"
"""Unverified work is kept under here, one ref a run."""


@dataclass(frozen=True)
class TargetRepository:
    """Where the branch will go."""

    folder: Path
    base_commit: str | None
    """What the work builds on; None in a repository without commits."""

    @property
    def objects(self) -> Path:
        """Its object database."""
        return self.folder / run_git(self.folder, "rev-parse", "--git-path", "objects")


def check_target(folder: Path, base_branch: str | None, branch: str) -> TargetRepository:
    """Where the branch will go, with nothing made yet; an absent or empty folder is fine.

    Raises:
        RepositoryError: not a repository, no such base branch, or the result's name is taken.
    """
    folder = folder.expanduser().resolve()
    run_git(Path("/"), "check-ref-format", "--branch", branch)
    if _is_vacant(folder):
        if base_branch is not None:
            raise RepositoryError(f"{folder} is new, so it has no branch {base_branch!r}")
        return TargetRepository(folder, None)
    _check_root(folder)
    if _resolve(folder, f"refs/heads/{branch}") is not None:
        raise RepositoryError(f"branch {branch!r} exists in {folder}; choose another with --branch")
    base = _resolve(folder, f"refs/heads/{base_branch}" if base_branch else "HEAD")
    if base is None and base_branch is not None:
        raise RepositoryError(f"{folder} has no branch {base_branch!r} to build on")
    return TargetRepository(folder, base)


def make_target(target: TargetRepository) -> None:
    """Make the repository where there is none, whole or not at all. Raises RepositoryError."""
    unfinished = target.folder / UNFINISHED
    if _is_vacant(target.folder):
        try:
            rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir(parents=True)
        except OSError as exc:
            raise RepositoryError(f"{target.folder} cannot be made: {exc.strerror}") from exc
        run_git(unfinished, "init", "--quiet", "--initial-branch=main", "--template=", ".")
        (unfinished / ".git").rename(target.folder / ".git")
    if unfinished.exists():
        unfinished.rmdir()


def commit_tree(store: TreeStore, tree: str, parent: str | None, message: str, at: datetime) -> str:
    """Make the commit in the private repository. The same arguments give the same id."""
    date = f"{int(at.timestamp())} +0000"
    env = {
        "GIT_AUTHOR_NAME": AUTHOR,
        "GIT_AUTHOR_EMAIL": EMAIL,
        "GIT_AUTHOR_DATE": date,
        "GIT_COMMITTER_NAME": AUTHOR,
        "GIT_COMMITTER_EMAIL": EMAIL,
        "GIT_COMMITTER_DATE": date,
    }
    parents = ("-p", parent) if parent else ()
    return run_git(store.folder, "commit-tree", tree, *parents, "-m", message, env=env)


def publish(store: TreeStore, commit: str, target: TargetRepository, ref: str) -> None:
    """Give the target that commit under a full ref name. Doing it twice changes nothing.

    Raises:
        RepositoryError: the ref exists and holds something else, or the fetch failed.
    """
    existing = _resolve(target.folder, ref)
    if existing == commit:
        return
    if existing is not None and ref.startswith("refs/heads/"):
        raise RepositoryError(f"{ref} appeared in {target.folder} while the run was working")
    run_git(store.folder, "update-ref", ref, commit)
    source = str(store.folder.resolve())
    options = ("--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules")
    run_git(target.folder, "fetch", *options, source, f"+{ref}:{ref}")


def _is_vacant(folder: Path) -> bool:
    """Whether a new repository may be made there."""
    if folder.exists() and not folder.is_dir():
        raise RepositoryError(f"{folder} is a file; --repo names a folder")
    return not folder.exists() or all(path.name == UNFINISHED for path in folder.iterdir())


def _check_root(folder: Path) -> None:
    try:
        inside = run_git(folder, "rev-parse", "--show-prefix")
    except RepositoryError as exc:
        raise RepositoryError(
            f"{folder} has files but is no git repository; run `git init` in it and commit, "
            "or name another folder with --repo"
        ) from exc
    if inside:
        raise RepositoryError(
            f"{folder} is a folder with files inside another repository; "
            "name that repository's root with --repo, or a folder of its own"
        )


def _resolve(folder: Path, name: str) -> str | None:
    """The commit that a name stands for, or None."""
    try:
        return run_git(folder, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
    except RepositoryError:
        return None
