"""Apps with one planted flaw each and their repaired twins: read from a folder, judged, counted.

    evals/corpus/open/NAME/{meta.json, spec.md, flawed/, repaired/}

`meta.json` has `kind`, `cwe`, `entry` and `env`. A flaw is found when the flawed app is accused of
something of its family that the twin is not accused of; a twin is accused by any flaw at all.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from agent.verifier.security import SecurityJob, check_security
from sandbox.base import SandboxProvider
from sandbox.deadline import Deadline
from tools.checks.security.finding import Finding
from tools.checks.security.report import SecurityReport

SECONDS = 600
FAMILIES: dict[str, frozenset[int]] = {
    "sql_injection": frozenset({89}),
    "command_injection": frozenset({77, 78, 88}),
    "code_injection": frozenset({94, 95}),
    "template_injection": frozenset({94, 1336, 134}),
    "path_traversal": frozenset({22, 23, 73}),
    "zip_slip": frozenset({22, 23}),
    "ssrf": frozenset({918}),
    "xss": frozenset({79, 80}),
    "open_redirect": frozenset({601}),
    "csrf": frozenset({352}),
    "cors": frozenset({346, 942}),
    "xxe": frozenset({611, 776}),
    "deserialization": frozenset({502}),
    "zip_bomb": frozenset({400, 409, 770}),
    "redos": frozenset({400, 1333}),
    "resource_exhaustion": frozenset({400, 770, 789}),
    "upload_type": frozenset({434}),
    "missing_auth": frozenset({284, 287, 306, 862}),
    "missing_authorization": frozenset({269, 284, 285, 862, 863}),
    "idor": frozenset({284, 566, 639, 862, 863}),
    "mass_assignment": frozenset({269, 915}),
    "excess_data": frozenset({200, 213, 359, 497, 522}),
    "jwt": frozenset({287, 294, 345, 347, 613}),
    "hardcoded_secret": frozenset({259, 321, 798}),
    "password_storage": frozenset({256, 257, 327, 328, 759, 760, 916}),
    "secret_storage": frozenset({256, 312, 522}),
    "weak_random": frozenset({330, 335, 337, 338, 340, 341}),
    "timing": frozenset({203, 208, 385}),
    "user_enumeration": frozenset({200, 203, 204, 208}),
    "session": frozenset({384, 613, 614, 1004}),
    "log_injection": frozenset({93, 117}),
    "secret_in_log": frozenset({312, 532}),
    "error_leak": frozenset({200, 209}),
    "race": frozenset({362, 366, 367}),
    "business_logic": frozenset({20, 840, 841}),
    "crash": frozenset({20, 248, 703, 754, 755}),
    "brute_force": frozenset({307, 799}),
    "header_injection": frozenset({93, 113}),
    "tls": frozenset({295}),
    "weak_crypto": frozenset({326, 327, 328}),
}
"""Kind of finding -> numbers in the Common Weakness Enumeration under which others file it."""


@dataclass(frozen=True)
class Result:
    """What was said of one app and its twin."""

    name: str
    cwe: int
    found: bool
    accused: bool
    flawed: SecurityReport
    repaired: SecurityReport


def judge_folder(
    folder: Path, provider: SandboxProvider, packages: Mapping[str, bytes]
) -> Iterator[Result]:
    """One result for each app in the folder, in the order of names."""
    for meta_file in sorted(folder.glob("*/meta.json")):
        meta = json.loads(meta_file.read_text(encoding="utf-8"))
        reports = [
            check_security(
                SecurityJob(
                    files=read_folder(meta_file.parent / variant),
                    provider=provider,
                    run_id="bench-verifier",
                    deadline=Deadline.after(SECONDS),
                    environment=meta.get("env", {}),
                    packages=packages,
                    spec=(meta_file.parent / "spec.md").read_text(encoding="utf-8"),
                )
            )
            for variant in ("flawed", "repaired")
        ]
        yield compare(meta_file.parent.name, int(meta["cwe"]), *reports)


def compare(name: str, cwe: int, flawed: SecurityReport, repaired: SecurityReport) -> Result:
    """Whether the flaw was found, and whether the twin was accused."""
    twin = {_what(finding) for finding in repaired.flaws}
    found = any(
        cwe in FAMILIES[finding.kind] and _what(finding) not in twin for finding in flawed.flaws
    )
    return Result(name, cwe, found, bool(repaired.flaws), flawed, repaired)


def _what(finding: Finding) -> tuple[str, str | None]:
    return finding.kind, finding.route or finding.path


def read_folder(folder: Path) -> dict[str, bytes]:
    """The files of an app: relative path -> content."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }
