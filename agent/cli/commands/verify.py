"""`verify APP_DIR`: check anybody's FastAPI app for security flaws."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from agent.cli.exit_codes import UNMET
from agent.errors import SpecError
from agent.launch import PRODUCT_VERSION
from agent.settings import Settings
from agent.verifier.security import SecurityJob, check_security
from sandbox.deadline import Deadline
from sandbox.providers import make_provider
from tools.checks.security.finding import Finding
from tools.checks.security.report import SecurityReport, to_sarif
from tools.sanitize import clean_text

MINUTES = 10
SKIPPED = frozenset({".git", ".venv", "venv", "node_modules", "__pycache__", ".mypy_cache"})
MAX_FILE_BYTES = 5_000_000


def execute(options: argparse.Namespace) -> int:
    """Run the command; returns 0 without flaws, 3 with some or when the app could not be probed."""
    settings = Settings()
    provider = make_provider(options.sandbox or settings.sandbox)
    provider.prepare(_say)
    job = SecurityJob(
        files=read_app(options.app),
        provider=provider,
        run_id=f"verify-{options.app.resolve().name[:40]}",
        deadline=Deadline.after(MINUTES * 60),
        entry=options.entry,
        environment=dict(_variables(options.env)),
        spec=options.spec.read_text(encoding="utf-8") if options.spec else "",
        packages=_read(options.packages) if options.packages else {},
    )
    report = check_security(job)
    if options.json:
        sys.stdout.write(report.model_dump_json(indent=2) + "\n")
    else:
        sys.stdout.write(clean_text(describe_report(report)))
    if options.sarif:
        options.sarif.write_text(to_sarif(report, PRODUCT_VERSION), encoding="utf-8")
    return UNMET if report.flaws or report.status != "checked" else 0


def read_app(folder: Path) -> dict[str, bytes]:
    """The app's files: relative path -> content. Raises SpecError when there is no Python in it."""
    if not folder.is_dir():
        raise SpecError(f"{folder} is no folder; `verify` takes the folder of an app")
    files = _read(folder)
    if not any(path.endswith(".py") for path in files):
        raise SpecError(f"{folder} holds no Python files; `verify` takes the folder of an app")
    return files


def _read(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and not path.is_symlink()
        and not SKIPPED & set(path.relative_to(folder).parts)
        and path.stat().st_size <= MAX_FILE_BYTES
    }


def _variables(given: Sequence[str]) -> Iterator[tuple[str, str]]:
    for item in given:
        name, equals, value = item.partition("=")
        if not equals:
            raise SpecError(f"--env takes NAME=VALUE, not {item!r}")
        yield name, value


def describe_report(report: SecurityReport) -> str:
    """The report as text: flaws, then advice, then what was looked at."""
    lines = [line for finding in report.flaws for line in _finding_lines("flaw", finding)]
    lines += [line for finding in report.notes for line in _finding_lines("note", finding)]
    if report.status == "checked":
        seen = report.coverage
        lines.append(
            f"probed {report.entry}: {seen.reached} of {seen.operations} operations answered a "
            f"valid request; {seen.accounts} accounts, {seen.requests} requests, "
            f"{seen.seconds:.0f} s"
        )
    else:
        lines.append(f"only the source was read, the app was not probed: {report.reason}")
        lines.append("name how it starts with --entry, what it needs with --env and --packages")
    lines.append(f"{len(report.flaws)} flaws, {len(report.notes)} notes")
    return "\n".join(lines) + "\n"


def _finding_lines(word: str, finding: Finding) -> list[str]:
    how = "observed" if finding.evidence == "observed" else "in the source"
    return [
        f"{word}: {finding.kind} at {finding.where}",
        f"  {finding.why} ({how})",
        f"  {finding.mend}",
    ]


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
