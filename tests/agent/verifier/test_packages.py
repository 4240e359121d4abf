"""Imports against what the spec allows."""

import pytest

from agent.verifier.packages import check_packages

APP = b"""import os.path, json
from fastapi import FastAPI
from starlette.responses import Response
import helpers
from . import sibling
from PIL import Image

def late():
    import jwt.api_jwt
"""
FILES = {"app.py": APP, "helpers.py": b"x = 1\n", "test_app.py": b"import pytest\n"}


def test_no_limit() -> None:
    assert check_packages(FILES, None).status == "not_applicable"


def test_allowed_packages_are_known_by_their_modules() -> None:
    check = check_packages(FILES, ("fastapi", "Pillow", "pyjwt[crypto]"))
    assert (check.status, check.findings) == ("passed", ())


@pytest.mark.parametrize(
    ("allowed", "findings"),
    [
        (
            ("fastapi", "pillow"),
            ("app.py:9: jwt is not among what the spec allows",),
        ),
        (
            (),
            (
                "app.py:2: fastapi is not among what the spec allows",
                "app.py:3: starlette is not among what the spec allows",
                "app.py:6: PIL is not among what the spec allows",
                "app.py:9: jwt is not among what the spec allows",
            ),
        ),
    ],
)
def test_others_are_named_by_their_line(
    allowed: tuple[str, ...], findings: tuple[str, ...]
) -> None:
    check = check_packages(FILES, allowed)
    assert (check.status, tuple(sorted(check.findings))) == ("failed", findings)
