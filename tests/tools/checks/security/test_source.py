"""What the source gives away: each flaw is found, and its repair is not accused."""

import pytest

from tests.tools.checks.security.snippets import HEAD, PAIRS, Pair
from tools.checks.security.source.scan import scan_source


def kinds_in(code: str) -> set[str]:
    return {finding.kind for finding in scan_source({"app.py": (HEAD + code).encode()}).findings}


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.kind)
def test_a_flaw_is_found_and_its_repair_is_not_accused(pair: Pair) -> None:
    assert kinds_in(pair.flawed) == {pair.kind}
    assert kinds_in(pair.mended) == set()


def test_a_finding_names_the_place() -> None:
    findings = scan_source({"shop/api.py": (HEAD + PAIRS[0].flawed).encode()}).findings
    assert [(f.path, f.line, f.route) for f in findings] == [("shop/api.py", 16, "GET /a")]
    assert "(q) reaches a SQL statement" in findings[0].why


def test_input_is_followed_into_other_files() -> None:
    files = {
        "app/main.py": b"from fastapi import FastAPI\nfrom app import store\napp = FastAPI()\n"
        b"@app.get('/x')\ndef x(name: str):\n    return store.load(name)\n",
        "app/store.py": b"def load(key):\n    return open('data/' + key).read()\n",
    }
    findings = scan_source(files).findings
    assert [(f.kind, f.path, f.line) for f in findings] == [("path_traversal", "app/store.py", 2)]


@pytest.mark.parametrize(
    ("annotation", "found"),
    [
        ("str", True),
        ("int", False),
        ("Annotated[str, Path(pattern=r'^[a-z]{1,9}$')]", False),
        ("Annotated[str, Path(pattern=r'^[^\\\\x00]+$')]", True),
    ],
)
def test_what_a_parameter_can_hold_counts(annotation: str, found: bool) -> None:
    code = (
        "from typing import Annotated\nfrom fastapi import FastAPI, Path\napp = FastAPI()\n"
        f"Name = {annotation}\n"
        "@app.get('/{name}')\ndef a(name: Name):\n    return open(f'data/{name}').read()\n"
    )
    kinds = [finding.kind for finding in scan_source({"app.py": code.encode()}).findings]
    assert kinds == (["path_traversal"] if found else [])


def test_files_that_do_not_parse_are_named() -> None:
    source = scan_source({"app.py": b"def broken(:\n"})
    assert list(source.project.unreadable) == ["app.py"]
