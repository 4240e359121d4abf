"""Writes the requirement files: exact versions with hashes, and no name of a host."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.components.base import GeneratedFile
from tools.components.caching import cached_endpoints
from tools.components.plan import Plan

LOCK = Path(__file__).parent / "lock.txt"
"""The packages a backend may need, copied from the sandbox image's lock (a test compares)."""

_RUNTIME = (
    "alembic asyncpg fastapi greenlet httptools pydantic pydantic-settings "
    "sqlalchemy uvicorn uvloop"
)
_DEVELOPMENT = "httpx2 mypy pytest pytest-asyncio ruff"
_HASHERS = {"argon2id": "argon2-cffi", "bcrypt": "bcrypt"}


@dataclass(frozen=True)
class LockedPackage:
    """One entry of a lock."""

    name: str
    text: str
    """Version, markers and hashes, as pip reads them."""
    needed_by: frozenset[str]


def read_lock(text: str) -> dict[str, LockedPackage]:
    """Name -> entry of a pip-compile or uv lock with hashes."""
    packages = {}
    for block in re.split(r"\n(?=[a-z0-9])", text):
        lines = [line for line in block.splitlines() if line and not line.startswith("#")]
        if lines:
            pins = [line for line in lines if not line.lstrip().startswith("#")]
            needed = re.findall(r"# {1,4}(?:via )?([a-z0-9-]+)$", "\n".join(lines), re.MULTILINE)
            name = re.match(r"[a-z0-9-]+", lines[0])
            if name is not None:
                entry = LockedPackage(name[0], "\n".join(pins) + "\n", frozenset(needed))
                packages[name[0]] = entry
    return packages


def requirement_files(plan: Plan) -> Iterator[GeneratedFile]:
    """`requirements.txt` for running, `requirements-dev.txt` for testing."""
    lock = read_lock(LOCK.read_text())
    runtime = closure(_roots(plan), lock)
    development = [name for name in closure(_DEVELOPMENT.split(), lock) if name not in runtime]
    yield GeneratedFile("requirements.txt", "".join(lock[name].text for name in runtime))
    extra = "".join(lock[name].text for name in development)
    yield GeneratedFile("requirements-dev.txt", f"-r requirements.txt\n{extra}")


def closure(roots: Iterable[str], lock: dict[str, LockedPackage]) -> list[str]:
    """The roots and everything they need, sorted."""
    chosen = set(roots)
    while True:
        needed = {p.name for p in lock.values() if p.needed_by & chosen} - chosen
        if not needed:
            return sorted(chosen)
        chosen |= needed


def _roots(plan: Plan) -> list[str]:
    roots = _RUNTIME.split()
    if plan.has_auth:
        roots += ["pyjwt", "pwdlib", _HASHERS[plan.auth.password_hash]]
        if plan.blueprint.conventions.tokens.login_body == "form":
            roots.append("python-multipart")
    if cached_endpoints(plan):
        roots.append("redis")
    return [*roots, "aiohttp"] if plan.blueprint.outbound else roots
