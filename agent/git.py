"""The one way the host runs git: scrubbed environment, no hooks, no user configuration."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from agent.errors import RepositoryError

SAFE_OPTIONS = (
    *("-c", "core.hooksPath=/dev/null"),
    *("-c", "core.fsmonitor=false"),
    *("-c", "gc.auto=0"),
    *("-c", "maintenance.auto=false"),
    *("-c", "core.alternateRefsCommand=true"),
    *("-c", "safe.directory=*"),
)
"""Measured against the git rows of the attack list: each closes a way to run code."""


def run_git(git_dir: Path, *arguments: str, env: Mapping[str, str] | None = None) -> str:
    """Run git on a repository's folder (bare, or the work tree's root) and return its output.

    Raises:
        RepositoryError: git is missing, or refused; holds git's own words.
    """
    command = ["git", "-C", str(git_dir), *SAFE_OPTIONS, *arguments]
    try:
        done = subprocess.run(
            command, env=_environment(env), capture_output=True, text=True, check=False
        )
    except FileNotFoundError as exc:
        raise RepositoryError("git is not installed; install it (`apt-get install git`)") from exc
    if done.returncode != 0:
        words = done.stderr.strip() or f"exit code {done.returncode}"
        raise RepositoryError(f"git {arguments[0]} in {git_dir}: {words}")
    return done.stdout.strip()


def _environment(extra: Mapping[str, str] | None) -> dict[str, str]:
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": "/nonexistent",
        "LC_ALL": "C",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ALLOW_PROTOCOL": "file",  # stronger than any `protocol.*` of a configuration
        "GIT_NO_LAZY_FETCH": "1",
        **(extra or {}),
    }
