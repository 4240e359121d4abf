"""The image that sandboxes start from: its name, and how it comes to be."""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox.base import Progress, SandboxStartError
from sandbox.engine import Engine, engine_errors

REPOSITORY = "backend-agent-sandbox"
LABEL = "backend-agent.image"
FOLDER = Path(__file__).parent / "image"
RECIPE = FOLDER / "build_without_registry.sh"
STEP_TIMEOUT_S = 1800
"""How long one step of a build may take without a word."""
COLORS = re.compile(r"\x1b\[[0-9;]*m")
RECIPE_NEEDS = ("apt-get", "dpkg-deb", "unshare", "chroot", "tar")


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


def ensure_image(progress: Progress) -> str:
    """Build the image unless the engine has it; returns its name.

    Args:
        progress: called with one line of text at a time.

    Raises:
        SandboxStartError: no engine, or no way to build here; the text names the remedy.
    """
    engine = Engine.connect(timeout_s=STEP_TIMEOUT_S)
    tag = image_tag()
    if image_exists(engine, tag):
        return tag
    with _one_builder(tag, progress):
        if not image_exists(engine, tag):
            _build(engine, tag, progress)
    return tag


def _build(engine: Engine, tag: str, progress: Progress) -> None:
    image = _build_somehow(engine, tag, progress)
    progress("checking the image")
    try:
        _check(engine, image)
    except SandboxStartError:
        with engine_errors(SandboxStartError):
            engine.api.remove_image(image, force=True)
        raise
    with engine_errors(SandboxStartError):
        engine.api.tag(image, REPOSITORY, tag.partition(":")[2])
    progress(f"{tag} is ready")


def _build_somehow(engine: Engine, tag: str, progress: Progress) -> str:
    progress(f"building {tag} {_instructions('FROM')[0]}")
    try:
        return _build_dockerfile(engine, progress)
    except SandboxStartError as exc:
        reason = str(exc)
    progress(f"building it from Debian packages instead, because {reason}")
    return _build_without_registry(engine, reason, progress)


def _build_dockerfile(engine: Engine, progress: Progress) -> str:
    image = ""
    with engine_errors(SandboxStartError):
        events = engine.api.build(
            path=str(FOLDER), labels={LABEL: "1"}, rm=True, forcerm=True, decode=True
        )
        for event in events:
            if "error" in event:
                raise SandboxStartError(f"its Dockerfile failed: {event['error']}")
            image = event.get("aux", {}).get("ID", image)
            for line in COLORS.sub("", event.get("stream", "")).splitlines():
                if line.strip():
                    progress(line)
    return image


def _build_without_registry(engine: Engine, reason: str, progress: Progress) -> str:
    missing = [name for name in RECIPE_NEEDS if shutil.which(name) is None]
    if missing or os.geteuid() != 0:
        lack = f"{', '.join(missing)} is missing" if missing else "you are not root"
        raise SandboxStartError(
            f"the sandbox image cannot be built here: {reason}; and without a registry of images "
            f"{lack}. Give the engine access to a registry, or build as root on Debian, or "
            f"`docker load` an image named {image_tag()}"
        )
    with tempfile.TemporaryDirectory(prefix=REPOSITORY) as work:
        root = Path(work) / "root"
        _run_recipe(root, progress)
        progress("importing the root filesystem into the engine")
        return _import(engine, root)


def _run_recipe(root: Path, progress: Progress) -> None:
    last_lines: list[str] = []
    with subprocess.Popen(
        ["bash", str(RECIPE), str(root)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as recipe:
        for line in recipe.stdout or ():
            progress(line.rstrip())
            last_lines = [*last_lines[-19:], line]
    if recipe.returncode:
        raise SandboxStartError(f"{RECIPE.name} failed:\n{''.join(last_lines).rstrip()}")


def _import(engine: Engine, root: Path) -> str:
    settings = _instructions("ENV", "WORKDIR", "USER", "CMD")
    with (
        subprocess.Popen(
            ["tar", "-C", str(root), "--numeric-owner", "-c", "."], stdout=subprocess.PIPE
        ) as tar,
        engine_errors(SandboxStartError),
    ):
        reply = engine.api.import_image_from_stream(
            tar.stdout, changes=[*settings, f"LABEL {LABEL}=1"]
        )
    found = re.search(r"sha256:[0-9a-f]{64}", reply)
    if tar.returncode or found is None:
        raise SandboxStartError(f"the engine did not take the image: {reply.strip()[-500:]}")
    return found.group()


def _instructions(*names: str) -> list[str]:
    lines = (FOLDER / "Dockerfile").read_text().splitlines()
    return [line for line in lines if line.partition(" ")[0] in names]


def _check(engine: Engine, image: str) -> None:
    """Refuse an image on which the stack does not work, before it gets its name."""
    command = "start-postgres checked && python -c 'import asyncpg, fastapi, pytest, uvicorn'"
    with engine_errors(SandboxStartError):
        container = engine.api.create_container(
            image,
            ["sh", "-c", command],
            host_config=engine.api.create_host_config(
                network_mode="none",
                read_only=True,
                tmpfs={"/tmp": ""},  # noqa: S108 - inside it
                cap_drop=["ALL"],
            ),
        )["Id"]
        try:
            engine.api.start(container)
            status = engine.api.wait(container, timeout=120)["StatusCode"]
            output = engine.api.logs(container).decode(errors="replace")
        finally:
            engine.api.remove_container(container, force=True)
    if status != 0:
        raise SandboxStartError(f"the built image does not work: {output.strip()[-1000:]}")


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
