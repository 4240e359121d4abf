"""Tricks that make failing tests look passed, found in the source."""

import pytest

from agent.verifier.tamper import find_tampering


@pytest.mark.parametrize(
    ("path", "content", "finding"),
    [
        ("conftest.py", b"def pytest_runtest_makereport(item): ...", "pytest_runtest_makereport"),
        ("tests/conftest.py", b"async def pytest_sessionfinish(): ...", "pytest_sessionfinish"),
        ("app/main.py", b"import _pytest.runner", "_pytest.runner"),
        ("app/main.py", b"from _pytest import runner", "_pytest"),
        ("tests/test_a.py", b"import os\nos._exit(0)", "tests/test_a.py:2: os._exit"),
        ("sitecustomize.py", b"", "sitecustomize.py"),
        ("pytest/__init__.py", b"", "'pytest' at the root"),
        ("pytest.py", b"", "'pytest.py' at the root"),
    ],
)
def test_found(path: str, content: bytes, finding: str) -> None:
    found = find_tampering({path: content})
    assert len(found) >= 1
    assert finding in found[0]


def test_an_honest_project_has_none() -> None:
    honest = b"import pytest\n\n@pytest.fixture\ndef client(): ...\n\ndef pytest_addoption(): ...\n"
    files = {"tests/conftest.py": honest, "app/pytest.ini": b"", "broken.py": b"def ("}
    assert find_tampering(files) == []
