"""The table of attacks in docs/security.md, and the results that it is made from."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import BaseModel, TypeAdapter

from tests.sandbox.attacks.outcomes import Finding
from tests.sandbox.attacks.rows import ROWS

PAGE = Path("docs/security.md")
RESULTS = Path("docs/attacks.json")
BEGIN = "<!-- Written by `make attacks`; a test fails when it is stale. -->\n"
END = "<!-- End of what is written. -->\n"


class Trial(BaseModel):
    """All rows on one backend."""

    date: str
    commit: str
    findings: dict[int, Finding]
    """By the row's number."""

    def count(self) -> dict[str, int]:
        """rows, held, not_enforceable, failed."""
        statuses = [finding.status for finding in self.findings.values()]
        return {
            "rows": len(statuses),
            "held": statuses.count("held"),
            "not_enforceable": statuses.count("not enforceable"),
            "failed": statuses.count("failed"),
        }


TRIALS = TypeAdapter(dict[str, Trial])


def read_trials(file: Path = RESULTS) -> dict[str, Trial]:
    """Backend and who ran it -> its last trial."""
    return TRIALS.validate_json(file.read_bytes()) if file.exists() else {}


def write_trials(trials: Mapping[str, Trial]) -> None:
    """Keep them, and write the table."""
    RESULTS.write_bytes(TRIALS.dump_json(dict(trials), indent=1, exclude_defaults=True) + b"\n")
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}{render(trials)}{END}{after}", encoding="utf-8")


def render(trials: Mapping[str, Trial]) -> str:
    """The table, and beneath it what is not held."""
    names = sorted(trials)
    head = ["#", "attack", "defense", *names]
    rows = [
        [str(row.number), row.attack, row.defense]
        + [trials[name].findings[row.number].status for name in names]
        for row in ROWS
    ]
    lines = [_line(head), _line(["---"] * len(head)), *map(_line, rows), "", *_notes(trials), ""]
    return "\n".join(lines)


def _notes(trials: Mapping[str, Trial]) -> Iterator[str]:
    for name in sorted(trials):
        trial = trials[name]
        counts = ", ".join(f"{count} {what}" for what, count in trial.count().items())
        yield f"- {name}, {trial.date}, commit {trial.commit}: {counts.replace('_', ' ')}."
        for number, finding in trial.findings.items():
            if finding.status != "held":
                yield f"  - {number} {finding.status}: {finding.reason}"


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
