"""The pins that a backend gets are those of the image in which it was proven."""

from pathlib import Path

import pytest

import sandbox
from tests.tools.components.blueprints import BOOKSHOP, TINY
from tools.components import emit_backend
from tools.components.requirements import LOCK, read_lock

IMAGE_LOCK = Path(sandbox.__file__).parent / "image" / "requirements.txt"


def names(text: str) -> set[str]:
    return {line.split("==")[0] for line in text.splitlines() if "==" in line}


def test_the_lock_is_the_images() -> None:
    image = read_lock(IMAGE_LOCK.read_text())
    for name, package in read_lock(LOCK.read_text()).items():
        assert package == image[name], f"{name}: copy its entry of sandbox/image/requirements.txt"


@pytest.mark.parametrize("name", ["pyjwt", "pwdlib", "argon2-cffi", "cffi", "python-multipart"])
def test_auth_has_its_packages(name: str) -> None:
    assert name in names(emit_backend(BOOKSHOP)["requirements.txt"])
    assert name not in names(emit_backend(TINY)["requirements.txt"])


def test_what_runs_and_what_tests_are_apart() -> None:
    backend = emit_backend(TINY)
    runtime, development = (
        names(backend["requirements.txt"]),
        names(backend["requirements-dev.txt"]),
    )
    assert {"fastapi", "sqlalchemy", "asyncpg", "alembic", "uvicorn", "greenlet"} <= runtime
    assert {"pytest", "ruff", "mypy", "httpx2"} <= development
    assert not runtime & development
    assert "bcrypt" not in runtime | development
