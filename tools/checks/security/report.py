"""The result of a security check, and its form in SARIF."""

import json
from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict

from tools.checks.security.finding import Finding
from tools.checks.security.kinds import KINDS

SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


class Coverage(BaseModel):
    """How much of the app the probes got to see."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    operations: int = 0
    reached: int = 0
    """Operations that succeeded for somebody."""
    accounts: int = 0
    requests: int = 0
    seconds: float = 0.0


class SecurityReport(BaseModel):
    """All that was found. `status` says whether the app was probed, too."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    status: Literal["checked", "source_only"]
    reason: str = ""
    """Why the app could not be probed."""
    findings: tuple[Finding, ...]
    coverage: Coverage = Coverage()
    entry: str = ""
    """What was started, `module:name`."""

    @property
    def flaws(self) -> tuple[Finding, ...]:
        """The findings that accuse."""
        return tuple(finding for finding in self.findings if finding.level == "flaw")

    @property
    def notes(self) -> tuple[Finding, ...]:
        """Advice."""
        return tuple(finding for finding in self.findings if finding.level == "note")


def to_sarif(report: SecurityReport, version: str) -> str:
    """SARIF 2.1.0, for code hosts and editors."""
    used = sorted({finding.kind for finding in report.findings})
    document = {
        "$schema": SARIF_SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "backend-agent",
                        "version": version,
                        "rules": [_rule(kind) for kind in used],
                    }
                },
                "results": _results(report.findings, used),
            }
        ],
    }
    return json.dumps(document, indent=2) + "\n"


def _rule(kind: str) -> dict[str, object]:
    described = KINDS[kind]
    return {
        "id": kind,
        "shortDescription": {"text": described.title},
        "help": {"text": described.mend},
        "properties": {"tags": ["security", f"external/cwe/cwe-{described.cwe}"]},
    }


def _results(findings: Sequence[Finding], used: Sequence[str]) -> list[dict[str, object]]:
    return [
        {
            "ruleId": finding.kind,
            "ruleIndex": used.index(finding.kind),
            "level": "error" if finding.level == "flaw" else "note",
            "message": {"text": f"{finding.why} ({finding.where}). {finding.mend}"},
            "locations": [_location(finding)],
            "properties": {"evidence": finding.evidence},
        }
        for finding in findings
    ]


def _location(finding: Finding) -> dict[str, object]:
    if finding.path is None:
        return {"logicalLocations": [{"fullyQualifiedName": finding.route or "app"}]}
    place = {
        "artifactLocation": {"uri": finding.path},
        "region": {"startLine": max(1, finding.line or 1)},
    }
    return {"physicalLocation": place}
