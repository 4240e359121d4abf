"""Plants faults in generated backends and runs their own tests: which of them notices?

    python -m tests.tools.components.planting [FILE] [NAME ...]

prints one JSON line, and writes the table fault -> failing test to the file.
"""

import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from sandbox.base import Sandbox, SandboxProvider, SandboxSpec
from sandbox.deadline import Deadline
from sandbox.docker import DockerProvider
from tests.tools.components.faults import PLANTED, PlantedFault
from tools.blueprint.model import Blueprint
from tools.components import emit_backend

RUN_S = 1200
SCRIPT = """
set -eu
export PGHOST=127.0.0.1 PGUSER=postgres
dropdb --if-exists --force backend
createdb backend
run="python -m pytest -o addopts= -q -x --tb=no -rfE -p no:cacheprovider --import-mode=importlib"
for part in "$@"; do [ ! -e "$part" ] || $run "$part"; done
$run
"""
FAILED = re.compile(r"^(?:FAILED|ERROR) ([^\s\[]+)", re.MULTILINE)
LIKELY = {
    "access": ["tests/test_access.py"],
    "cache_stores": ["tests/test_answer_cache.py"],
    "watched_sessions": ["tests/test_answer_cache.py", "tests/tools/test_cache.py"],
    "loans": ["tests/loans/test_cache.py", "tests/loans"],
    "tools": ["tests/tools/test_cache.py", "tests/tools"],
    "alembic/versions": ["tests/test_database.py"],
    "auth": ["tests/auth"],
    "config": ["tests/test_settings.py"],
    "deps": ["tests/orders/test_rules.py"],
    "error_handlers": [
        *("tests/test_errors.py", "tests/test_retries.py", "tests/auth/test_register.py"),
        *("tests/books/test_create.py", "tests/books/test_delete.py"),
    ],
    "main": ["tests/test_settings.py", "tests/test_access.py"],
    "middleware": ["tests/test_errors.py", "tests/test_logs.py", "tests/test_settings.py"],
    "pagination": ["tests/books/test_list.py"],
    "schemas": ["tests/books/test_create.py"],
    "users": ["tests/users", "tests/auth/test_register.py"],
}
"""Folder or module -> where its tests are, to run those before all others."""
INTRODUCTION = """# Faults that generated tests find

<!-- Written by `make faults-components`. -->

Each fault was planted alone in a generated backend, whose own generated tests then ran until one
failed. Measured on {date}: {caught} of {planted} found.

"""


class Bench:
    """A machine with one backend in it, that faults are planted in one after another."""

    def __init__(self, sandbox: Sandbox, backend: Blueprint) -> None:
        self._sandbox = sandbox
        self._backend = backend
        self.files = emit_backend(backend)
        sandbox.put({path: text.encode() for path, text in self.files.items()})
        sandbox.exec(["start-postgres"], deadline=Deadline.after(60))

    def first_failure(self, *likely: str) -> str | None:
        """The first of its tests that fails, or None; those in the `likely` places run first."""
        names = self._backend.conventions.environment
        url = "postgresql://postgres@127.0.0.1:5432/backend"
        result = self._sandbox.exec(
            ["sh", "-c", SCRIPT, "sh", *likely],
            deadline=Deadline.after(RUN_S),
            env={names.test_database_url: url},
        )
        if result.ok:
            return None
        found = FAILED.search(result.output)
        assert found is not None, result.output[-2000:]
        return found[1]

    def try_fault(self, fault: PlantedFault) -> str | None:
        """The test that finds the fault; afterwards the backend is whole again."""
        right = self.files[fault.path]
        assert fault.right in right, f"{fault.name}: nothing to spoil"
        wrong = right.replace(fault.right, fault.wrong, 1)
        self._sandbox.put({fault.path: wrong.encode()})
        try:
            return self.first_failure(*likely_places(fault.path))
        finally:
            self._sandbox.put({fault.path: right.encode()})


def likely_places(path: str) -> list[str]:
    """Where the tests of a file of the backend are."""
    folder, _, module = path.removeprefix("app/").rpartition("/")
    module = module.removesuffix(".py")
    if folder in LIKELY:
        return LIKELY[folder]
    if folder:
        return [f"tests/{folder}/test_{module}.py", f"tests/{folder}"]
    return LIKELY.get(module, [f"tests/test_{module}.py", "tests/test_errors.py"])


@contextmanager
def open_bench(provider: SandboxProvider, backend: Blueprint) -> Iterator[Bench]:
    """A bench of its own machine."""
    with provider.open(SandboxSpec(run_id=f"faults-{uuid4().hex[:8]}")) as sandbox:
        yield Bench(sandbox, backend)


def try_faults(
    provider: SandboxProvider, faults: tuple[PlantedFault, ...]
) -> Iterator[tuple[PlantedFault, str | None]]:
    """Each fault and the test that finds it. Raises AssertionError when the whole one fails."""
    backends = {fault.backend.name: fault.backend for fault in faults}
    for backend in backends.values():
        with open_bench(provider, backend) as bench:
            assert bench.first_failure() is None, f"{backend.name} fails its own tests"
            for fault in faults:
                if fault.backend.name == backend.name:
                    yield fault, bench.try_fault(fault)


def write_table(path: Path, found: list[tuple[PlantedFault, str | None]], date: str) -> None:
    """The page of docs."""
    caught = sum(test is not None for _, test in found)
    rows = [f"| {f.name} | `{f.path}` | {f'`{t}`' if t else '**none**'} |\n" for f, t in found]
    head = "| fault | planted in | found by |\n|---|---|---|\n"
    text = INTRODUCTION.format(date=date, caught=caught, planted=len(found)) + head + "".join(rows)
    path.write_text(text, encoding="utf-8")


def main(page: str = "", *names: str) -> int:
    """0 when every fault was found, or every one of those names."""
    provider = DockerProvider()
    provider.prepare(lambda *_: None)
    chosen = tuple(f for f in PLANTED if not names or f.name in names)
    found: list[tuple[PlantedFault, str | None]] = []
    for fault, test in try_faults(provider, chosen):
        sys.stderr.write(f"{fault.name}: {test or 'NOT FOUND'}\n")
        found.append((fault, test))
    if page:
        write_table(Path(page), found, datetime.now(UTC).date().isoformat())
    caught = sum(test is not None for _, test in found)
    sys.stdout.write(json.dumps({"planted": len(found), "caught": caught}) + "\n")
    return 0 if caught == len(found) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
