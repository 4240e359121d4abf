"""The image that sandboxes start from: its name, and seeing to it that it exists."""

import fcntl
import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox.base import Progress, SandboxStartError
from sandbox.engine import Engine, engine_errors
from sandbox.image_builder import ImageBuilder

REPOSITORY = "backend-agent-sandbox"
FOLDER = Path(__file__).parent / "image"
STEP_TIMEOUT_S = 1800
"""How long one step of a build may take without a word."""


def image_tag(folder: Path = FOLDER) -> str:
    """The image's name; it changes with everything that the image is made from."""
    digest = hashlib.sha256()
    for file in sorted(folder.iterdir()):
        if file.suffix not in {".md", ".in"}:
            digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return f"{REPOSITORY}:{digest.hexdigest()[:12]}"


def image_packages() -> list[str]:
    """Names of the Python packages that code in the image may import, sorted."""
    lines = (FOLDER / "requirements.in").read_text(encoding="utf-8").splitlines()
    return sorted(line.split("[")[0] for line in lines if line and not line.startswith("#"))


def image_exists(engine: Engine, tag: str) -> bool:
    """Whether the engine has a finished image of that name."""
    with engine_errors(SandboxStartError):
        return bool(engine.api.images(tag))


def ensure_image(progress: Progress, folder: Path = FOLDER) -> str:
    """Build the image unless the engine has it; returns its name.

    Args:
        progress: called with one line of text at a time.
        folder: what to build it from.

    Raises:
        SandboxStartError: no engine, or no way to build here; the text names the remedy.
    """
    engine = Engine.connect(timeout_s=STEP_TIMEOUT_S)
    tag = image_tag(folder)
    if image_exists(engine, tag):
        return tag
    with _one_builder(tag, progress):
        if not image_exists(engine, tag):
            ImageBuilder(engine, folder, progress).build(tag)
    return tag


@contextmanager
def _one_builder(tag: str, progress: Progress) -> Iterator[None]:
    """Let the other processes of this machine wait for one build instead of repeating it."""
    name = f"{tag.replace(':', '-')}-{os.geteuid()}.lock"
    with (Path(tempfile.gettempdir()) / name).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress(f"waiting for another build of {tag}")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
