"""Makes cases out of a folder of specs with hidden tests: the only place that writes a case."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

from evals.case import CONFIG, SCHEMA_VERSION, SOLUTION, SPEC, TESTS, Case, load_case, read_tree
from evals.errors import CaseError

SPEC_NAMES = ("spec.md", "instruction.md", "SPEC.md", "README.md")
TEST_FOLDERS = ("tests", "acceptance", "hidden_tests")
TASK_TOML = """schema_version = {version}

[task]
name = {name}
description = {description}

[metadata]
kind = {kind}
solution = "files"

[agent]
timeout_sec = 1800.0

[verifier]
timeout_sec = 300.0
environment_mode = "separate"

[environment]
network_mode = "no-network"
"""
DOCKERFILE = """# For other harnesses. `python -m agent sandbox build` makes the image; tag it so.
FROM backend-agent-sandbox
"""


def import_cases(source: Path, suite: Path, *, kind: str = "imported") -> list[Case]:
    """Write one case for every folder of `source` that has a spec and tests.

    A spec is `spec.md` or `instruction.md`; its hidden tests are in `tests/`, `acceptance/` or
    `hidden_tests/` beside it; a `solution/` is taken along.

    Raises:
        CaseError: nothing to import, or a case of that name exists.
    """
    folders = [folder for folder in sorted(source.iterdir()) if folder.is_dir()]
    found = [folder for folder in folders if _spec_of(folder) and _tests_of(folder)]
    if not found:
        raise CaseError(f"{source} holds no folder with a spec.md and a tests/ or acceptance/")
    taken = [folder.name for folder in found if (suite / folder.name).exists()]
    if taken:
        raise CaseError(
            f"{suite} already has {', '.join(taken)}; remove them or name another suite"
        )
    return [_import(folder, suite, kind) for folder in found]


def write_case(folder: Path, spec: str, tests: Mapping[str, bytes], *, kind: str) -> None:
    """Write a case's files; `folder` is made, and its name becomes the case's."""
    title = re.search(r"^# (.+)$", spec, re.MULTILINE)
    values = {
        "version": SCHEMA_VERSION,
        "name": f"{folder.parent.resolve().name}/{folder.name}",
        "description": title[1].strip() if title else folder.name,
        "kind": kind,
    }
    # A JSON string without surrogates is a TOML basic string.
    text = TASK_TOML.format_map({k: json.dumps(v, ensure_ascii=False) for k, v in values.items()})
    files = {
        CONFIG: text.encode(),
        SPEC: spec.encode(),
        "environment/Dockerfile": DOCKERFILE.encode(),
    }
    _write(folder, {**files, **{f"{TESTS}/{path}": content for path, content in tests.items()}})


def _import(source: Path, suite: Path, kind: str) -> Case:
    spec, tests = _spec_of(source), _tests_of(source)
    assert spec, "looked at before"
    assert tests, "looked at before"
    folder = suite / source.name
    write_case(folder, spec.read_text(encoding="utf-8"), read_tree(tests), kind=kind)
    _write(folder / SOLUTION, read_tree(source / SOLUTION))
    return load_case(folder)


def _spec_of(folder: Path) -> Path | None:
    return next((folder / name for name in SPEC_NAMES if (folder / name).is_file()), None)


def _tests_of(folder: Path) -> Path | None:
    return next((folder / name for name in TEST_FOLDERS if (folder / name).is_dir()), None)


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
