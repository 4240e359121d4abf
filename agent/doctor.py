"""What a run needs of this machine: each thing checked by doing, each with its remedy."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from agent.errors import ModelError, UserError
from agent.models.base import Message
from agent.models.probe import probe_tools
from agent.models.profiles import profile_of
from agent.models.registry import choose_model, open_model
from agent.settings import Settings
from sandbox.base import ProviderName, SandboxError
from sandbox.bubblewrap import BubblewrapProvider
from sandbox.deadline import Deadline
from sandbox.engine import Engine
from sandbox.image import image_exists, image_tag
from sandbox.jail.binary import find_bwrap, other_way, try_bwrap
from sandbox.jail.environment import environment_folder

MIN_PYTHON = (3, 11)
MIN_GIT = (2, 28)
"""`git init --initial-branch` came with it."""
MIN_FREE_GIB = 3
"""The sandbox image (0.5 GiB), its build and a few runs."""
CALL_TIMEOUT_S = 30
PROBE_TIMEOUT_S = 120
"""A local model on a busy CPU reads slowly."""
KINDS_TO_CALL = ("openai", "langchain")
"""The others need nobody who answers."""


@dataclass(frozen=True)
class Finding:
    """The outcome of one check."""

    name: str
    ok: bool
    detail: str
    """What was found, or what is wrong and what to do about it."""


def examine(settings: Settings, model: str | None) -> Iterator[Finding]:
    """Check everything, in the order in which a run needs it.

    Args:
        settings: as a run would have them.
        model: a model to make one small call to; None checks only that one can be opened.
    """
    yield check_python()
    yield check_git()
    yield from check_sandbox(settings.sandbox)
    yield check_disk(settings.state_dir)
    yield check_state_dir(settings.state_dir)
    answers = check_model(settings, model)
    yield answers
    if answers.ok and model and model.startswith(KINDS_TO_CALL):
        yield from check_capabilities(settings, model)


def check_python() -> Finding:
    """The interpreter's version."""
    version = ".".join(str(part) for part in sys.version_info[:3])
    ok = sys.version_info >= MIN_PYTHON
    return Finding("Python", ok, version if ok else f"{version} is too old; install 3.11 or newer")


def check_git() -> Finding:
    """git on the PATH, new enough."""
    try:
        said = subprocess.run(["git", "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return Finding("git", False, "git is not installed; install it (`apt-get install git`)")
    version = said.stdout.split()[2]
    numbers = tuple(int(part) for part in version.split(".")[:2])
    if numbers < MIN_GIT:
        return Finding("git", False, f"{version} is too old; install 2.28 or newer")
    return Finding("git", True, version)


def check_sandbox(name: ProviderName) -> Iterator[Finding]:
    """What the chosen sandbox needs."""
    match name:
        case "docker":
            yield from check_docker()
        case "bubblewrap":
            yield from check_bubblewrap()
        case "local":
            yield Finding("sandbox", False, "local isolates nothing: no run in it is verified")


def check_bubblewrap() -> Iterator[Finding]:
    """Whether bwrap works here, what it enforces, and whether its environment is built."""
    folder = environment_folder()
    try:
        try_bwrap(find_bwrap(folder))
    except SandboxError as exc:
        yield Finding("bubblewrap", False, str(exc))
        return
    defenses = BubblewrapProvider().describe()
    limits = ", ".join(f"{name} {defenses[name]}" for name in ("memory", "processes", "cpus"))
    yield Finding("bubblewrap", True, f"{defenses['sandbox']}; {limits}")
    remedy = "the first run builds it, or `python -m agent sandbox build --sandbox bubblewrap`"
    there = str(folder) if folder.exists() else f"{folder} is not there yet; {remedy}"
    yield Finding("sandbox environment", True, there)


def check_docker() -> Iterator[Finding]:
    """The engine's answer, and whether it holds the sandbox image."""
    try:
        engine = Engine.connect()
        version = engine.api.version()
        yield Finding("Docker", True, f"engine {version['Version']} at {engine.address}")
        tag = image_tag()
        if image_exists(engine, tag):
            yield Finding("sandbox image", True, tag)
        else:
            remedy = "the first run builds it, or `python -m agent sandbox build` at once"
            yield Finding("sandbox image", True, f"{tag} is not there yet; {remedy}")
    except SandboxError as exc:
        yield Finding("Docker", False, f"{exc}{other_way()}")


def check_disk(folder: Path) -> Finding:
    """Free space where runs are kept."""
    free_gib = shutil.disk_usage(_nearest(folder)).free / 2**30
    ok = free_gib >= MIN_FREE_GIB
    remedy = "" if ok else f"; free some, {MIN_FREE_GIB} GiB are needed"
    return Finding("disk", ok, f"{free_gib:.1f} GiB free at {folder}{remedy}")


def check_state_dir(folder: Path) -> Finding:
    """Whether runs can be written."""
    if os.access(_nearest(folder), os.W_OK | os.X_OK):
        return Finding("state folder", True, str(folder))
    remedy = "change its owner, or name another: -c state_dir=DIR"
    return Finding("state folder", False, f"{folder} cannot be written; {remedy}")


def check_model(settings: Settings, asked: str | None) -> Finding:
    """Whether the model that a run would use can be opened; one that was asked for is called."""
    choice = choose_model(asked, settings)
    try:
        model = open_model(choice.name, settings)
        if asked is None or not choice.name.startswith(KINDS_TO_CALL):
            return Finding("model", True, f"{choice.name}, {choice.why}")
        reply = model.complete(
            [Message("user", "Answer with the word OK.")],
            [],
            deadline=Deadline.after(CALL_TIMEOUT_S),
            max_output_tokens=512,
        )
    except (UserError, ModelError) as exc:
        return Finding("model", False, f"{choice.name}: {exc}")
    return Finding("model", True, f"{choice.name} answered in {reply.seconds:.1f} s")


def check_capabilities(settings: Settings, model: str) -> Iterator[Finding]:
    """What a model that answers can do, and how a run would use it."""
    profile = profile_of(model, settings.context_window, settings.tool_mode)
    native = probe_tools(model, settings, "native", PROBE_TIMEOUT_S)
    as_json = probe_tools(model, settings, "json", PROBE_TIMEOUT_S)
    # Only the way that a run would take has to work.
    yield Finding(
        "native tool calls",
        native.ok or profile.tool_mode != "native",
        f"yes, {native.detail}" if native.ok else f"no: {native.detail}",
    )
    yield Finding(
        "actions in JSON",
        as_json.ok or profile.tool_mode != "json",
        f"yes, {as_json.detail}" if as_json.ok else f"no: {as_json.detail}",
    )
    yield Finding(
        "how a run uses it",
        True,
        f"{profile.tool_mode} tools, {profile.prompt} instructions, {profile.window:,} tokens; "
        "--tool-mode and `-c context_window=N` change that",
    )


def _nearest(folder: Path) -> Path:
    """The folder, or the first one above it that exists."""
    return next(path for path in (folder, *folder.parents) if path.exists())
