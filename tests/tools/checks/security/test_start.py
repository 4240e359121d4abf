"""How an app starts, found by looking at its files."""

import pytest

from tools.checks.security.source.project import Project
from tools.checks.security.source.start import StartError, find_start

APP = b"from fastapi import FastAPI\napp = FastAPI()\n"
MAKER = b"from fastapi import FastAPI\ndef create_app() -> FastAPI:\n    return FastAPI()\n"


@pytest.mark.parametrize(
    ("files", "entry", "factory", "root"),
    [
        ({"main.py": APP}, "main:app", False, "."),
        ({"shop/__init__.py": b"", "shop/web.py": APP}, "shop.web:app", False, "."),
        ({"src/shop/__init__.py": b"", "src/shop/web.py": APP}, "shop.web:app", False, "src"),
        (
            {"app/main.py": APP + b"from app.db import x\n", "app/db.py": b""},
            "app.main:app",
            False,
            ".",
        ),
        ({"main.py": MAKER}, "main:create_app", True, "."),
        ({"main.py": MAKER + b"api = create_app()\n"}, "main:api", False, "."),
        ({"main.py": APP, "tests/test_x.py": APP}, "main:app", False, "."),
    ],
)
def test_the_entry_is_found(files: dict[str, bytes], entry: str, factory: bool, root: str) -> None:
    start = find_start(files, Project(files))
    assert (start.entry, start.factory, start.root) == (entry, factory, root)


def test_without_an_app_the_user_is_asked() -> None:
    with pytest.raises(StartError, match="--entry"):
        find_start({"a.py": b"x = 1\n"}, Project({"a.py": b"x = 1\n"}))


def test_variables_get_values_that_fit() -> None:
    code = APP + (
        b"import os\nurl = os.environ['DATABASE_URL']\nkey = os.environ['API_KEY']\n"
        b"ttl = int(os.environ['TOKEN_TTL'])\nmode = os.getenv('MODE', 'x')\nimport asyncpg\n"
    )
    start = find_start({"main.py": code}, Project({"main.py": code}))
    assert start.database == "postgres"
    assert start.database_variables == ("DATABASE_URL",)
    assert start.environment["TOKEN_TTL"] == "60"
    assert len(start.environment["API_KEY"]) > 30
    assert "MODE" not in start.environment
