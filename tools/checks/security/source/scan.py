"""All that the source says: findings, routes, and what the app needs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tools.checks.security.finding import Finding
from tools.checks.security.source.project import Project
from tools.checks.security.source.routes import Route, find_routes
from tools.checks.security.source.rules import RULES
from tools.checks.security.source.taint import Hit, Tracer


@dataclass(frozen=True)
class Source:
    """An app's source, read once."""

    project: Project
    routes: list[Route]
    findings: tuple[Finding, ...]
    handlers: dict[Finding, tuple[str, int]]
    """Followed input -> file and first line of the handler that takes it."""


def scan_source(files: Mapping[str, bytes]) -> Source:
    """Parse the app's files and apply every rule; nothing is imported."""
    project = Project(files)
    routes = find_routes(project)
    handlers = dict(_followed(project, routes))
    findings = [finding for rule in RULES for finding in rule(project)] + list(handlers)
    unique = {(finding.kind, finding.path, finding.line): finding for finding in findings}
    return Source(project, routes, tuple(unique.values()), handlers)


def _followed(project: Project, routes: list[Route]) -> Iterator[tuple[Finding, tuple[str, int]]]:
    for route in routes:
        first = min(node.lineno for node in route.handler.node.decorator_list)
        for hit in Tracer(project, route).run():
            yield _finding(hit), (route.handler.file.path, first)


def _finding(hit: Hit) -> Finding:
    origins = ", ".join(sorted(hit.origins)[:3])
    return Finding(
        kind=hit.sink.kind,
        why=f"input ({origins}) reaches {hit.sink.what} unchecked",
        evidence="source",
        route=f"{hit.route.method} {hit.route.path}",
        path=hit.file.path,
        line=hit.line,
    )
