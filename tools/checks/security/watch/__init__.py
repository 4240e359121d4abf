"""Standalone scripts for the app's machine: what the app does, and what routes it has."""

from importlib.resources import files

FOLDER = "/tmp/zq"  # noqa: S108 - inside the sandbox
SEEN = f"{FOLDER}/seen.jsonl"
"""One line for each use of a marked value that matters."""
OUTSIDE = f"{FOLDER}out"
"""Nothing of an app's own is here: whoever opens a file here was led."""


def watch_files() -> dict[str, str]:
    """The scripts: name -> text. `sitecustomize.py` runs by itself in every Python there."""
    names = ("sitecustomize.py", "app_routes.py", "find_secrets.py")
    return {name: files(__name__).joinpath(name).read_text() for name in names}
