"""The repository that a case begins with: what an agent extends or repairs instead of starting."""

from datetime import UTC, datetime
from pathlib import Path

from agent.git import run_git
from evals.case import Case, read_tree

GIVEN = "environment/repository"
"""Its place in a case's folder."""
NAME = "Case"
EMAIL = "case@localhost"
AT = datetime(2026, 1, 1, tzinfo=UTC)
"""When its commit was made: the same files give the same commit in every trial."""


def given_files(case: Case) -> dict[str, bytes]:
    """What the repository holds: path -> content; empty where the agent starts from nothing."""
    return read_tree(case.folder / GIVEN)


def commit_given(case: Case, folder: Path) -> None:
    """Make `folder` a git repository with one commit of the given files on `main`.

    Nothing happens where the case has none, or where it was made before the trial was cut off.

    Raises:
        RepositoryError: git is missing.
    """
    files = given_files(case)
    if not files or (folder / ".git" / "refs" / "heads" / "main").exists():
        return
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    run_git(folder, "init", "--quiet", "--initial-branch=main", "--template=", ".")
    run_git(folder, "add", "--all", "--force", ".")
    date = AT.isoformat()
    people = {
        f"GIT_{who}_{key}": value
        for who in ("AUTHOR", "COMMITTER")
        for key, value in (
            ("NAME", NAME),
            ("EMAIL", EMAIL),
            ("DATE", date),
        )
    }
    run_git(folder, "commit", "--quiet", "-m", "Begin", env=people)
