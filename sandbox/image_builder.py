"""Building the sandbox image: by its Dockerfile, or from Debian packages where that cannot work."""

import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from sandbox.base import Progress, SandboxStartError
from sandbox.engine import Engine, engine_errors

LABEL = "backend-agent.image"
RECIPE = "build_without_registry.sh"
RECIPE_NEEDS = ("apt-get", "dpkg-deb", "unshare", "chroot", "tar")
CHECK_TIMEOUT_S = 120
COLORS = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class ImageBuilder:
    """Builds one image from a folder that holds a Dockerfile and a recipe of the same effect."""

    engine: Engine
    folder: Path
    progress: Progress

    def build(self, tag: str) -> None:
        """Build and check the image; it gets its name only when it works.

        Raises:
            SandboxStartError: neither way works here, or the image does not.
        """
        self.progress(f"building {tag} {self._instructions('FROM')[0]}")
        image = self._build(tag)
        self.progress("checking the image")
        try:
            self._check(image)
        except SandboxStartError:
            with engine_errors(SandboxStartError):
                self.engine.api.remove_image(image, force=True)
            raise
        repository, _, version = tag.partition(":")
        with engine_errors(SandboxStartError):
            self.engine.api.tag(image, repository, version)
        self.progress(f"{tag} is ready")

    def _build(self, tag: str) -> str:
        try:
            return self._build_dockerfile()
        except SandboxStartError as exc:
            reason = str(exc)
        if lack := _what_the_recipe_lacks():
            raise SandboxStartError(
                f"the sandbox image cannot be built here: {reason}; and without a registry of "
                f"images {lack}. Give the engine access to a registry, or build as root on Debian, "
                f"or `docker load` an image named {tag}"
            )
        self.progress(f"building it from Debian packages instead, because {reason}")
        return self._build_without_registry()

    def _build_dockerfile(self) -> str:
        image = ""
        with engine_errors(SandboxStartError):
            events = self.engine.api.build(
                path=str(self.folder), labels={LABEL: "1"}, rm=True, forcerm=True, decode=True
            )
            for event in events:
                if "error" in event:
                    raise SandboxStartError(f"its Dockerfile failed: {event['error']}")
                image = event.get("aux", {}).get("ID", image)
                for line in COLORS.sub("", event.get("stream", "")).splitlines():
                    if line.strip():
                        self.progress(line)
        return image

    def _build_without_registry(self) -> str:
        with tempfile.TemporaryDirectory(prefix="backend-agent-image-") as work:
            root = Path(work) / "root"
            self._run_recipe(root)
            self.progress("importing the root filesystem into the engine")
            return self._import(root)

    def _run_recipe(self, root: Path) -> None:
        last_lines: list[str] = []
        with subprocess.Popen(
            ["bash", str(self.folder / RECIPE), str(root)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as recipe:
            for line in recipe.stdout or ():
                self.progress(line.rstrip())
                last_lines = [*last_lines[-19:], line]
        if recipe.returncode:
            raise SandboxStartError(f"{RECIPE} failed:\n{''.join(last_lines).rstrip()}")

    def _import(self, root: Path) -> str:
        settings = self._instructions("ENV", "WORKDIR", "USER", "CMD")
        with (
            subprocess.Popen(
                ["tar", "-C", str(root), "--numeric-owner", "-c", "."], stdout=subprocess.PIPE
            ) as tar,
            engine_errors(SandboxStartError),
        ):
            reply = self.engine.api.import_image_from_stream(
                tar.stdout, changes=[*settings, f"LABEL {LABEL}=1"]
            )
        found = re.search(r"sha256:[0-9a-f]{64}", reply)
        if tar.returncode or found is None:
            raise SandboxStartError(f"the engine did not take the image: {reply.strip()[-500:]}")
        return found.group()

    def _instructions(self, *names: str) -> list[str]:
        lines = (self.folder / "Dockerfile").read_text(encoding="utf-8").splitlines()
        return [line for line in lines if line.partition(" ")[0] in names]

    def _check(self, image: str) -> None:
        """Refuse an image on which the stack does not work."""
        command = "start-postgres checked && python -c 'import asyncpg, fastapi, pytest, uvicorn'"
        api = self.engine.api
        with engine_errors(SandboxStartError):
            container = api.create_container(
                image,
                ["sh", "-c", command],
                host_config=api.create_host_config(
                    network_mode="none",
                    read_only=True,
                    tmpfs={"/tmp": ""},  # noqa: S108 - inside it
                    cap_drop=["ALL"],
                ),
            )["Id"]
            try:
                api.start(container)
                status = api.wait(container, timeout=CHECK_TIMEOUT_S)["StatusCode"]
                output = api.logs(container).decode(errors="replace")
            finally:
                api.remove_container(container, force=True)
        if status != 0:
            raise SandboxStartError(f"the built image does not work: {output.strip()[-1000:]}")


def _what_the_recipe_lacks() -> str | None:
    missing = [name for name in RECIPE_NEEDS if shutil.which(name) is None]
    if missing:
        return f"it takes {', '.join(missing)}"
    return "it takes root" if os.geteuid() != 0 else None
