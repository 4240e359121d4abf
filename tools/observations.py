"""Long observations: the model reads head and tail, and finds the whole in a file."""

import re
from dataclasses import replace

from sandbox.workspace import Workspace
from tools.base import Observation
from tools.excerpt import cut_middle
from tools.files import HARNESS_FOLDER
from tools.sanitize import clean_text

MAX_OBSERVATION_CHARS = 12_000
FOLDER = f"{HARNESS_FOLDER}/observations"
"""Of the workspace, so that `read_file` and `run_command` find it; it is never delivered."""
NAME = re.compile(r"\d{1,9}\.txt", re.ASCII)
MAX_KEPT_CHARS = 400_000
MAX_FILES = 30
"""Older ones are deleted: they are copied into every fresh sandbox."""


def fit_observation(workspace: Workspace, said: Observation) -> Observation:
    """The observation, safe to show and short enough to pay for; what was cut is in a file."""
    text = clean_text(said.text)
    whole = text if said.whole is None else clean_text(said.whole)
    if len(text) <= MAX_OBSERVATION_CHARS and said.whole is None:
        return replace(said, text=text)
    path = _keep(workspace, whole)
    text = cut_middle(text, MAX_OBSERVATION_CHARS, f"all of it is in {path}")
    if said.whole is not None:
        text += f"\n[all of it is in {path}]"
    return replace(said, text=text, whole=None, kept_at=path)


def _keep(workspace: Workspace, whole: str) -> str:
    prefix = f"{FOLDER}/"
    names = [p.removeprefix(prefix) for p in workspace.files() if p.startswith(prefix)]
    kept = sorted(int(name[:-4]) for name in names if NAME.fullmatch(name))
    for number in kept[: max(0, len(kept) + 1 - MAX_FILES)]:
        workspace.delete(f"{prefix}{number}.txt")
    path = f"{prefix}{kept[-1] + 1 if kept else 1}.txt"
    workspace.write(path, cut_middle(whole, MAX_KEPT_CHARS).encode("utf-8", "replace"))
    return path
