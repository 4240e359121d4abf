"""What a rule is, and how it words a finding."""

import ast
from collections.abc import Callable, Iterator

from tools.checks.security.finding import Finding, Level
from tools.checks.security.source.project import Project, SourceFile

Rule = Callable[[Project], Iterator[Finding]]


def found(
    kind: str, file: SourceFile, node: ast.AST, why: str, *, level: Level = "flaw"
) -> Finding:
    """A finding at a node."""
    return Finding(
        kind=kind,
        why=why,
        evidence="source",
        level=level,
        path=file.path,
        line=getattr(node, "lineno", 1),
    )
