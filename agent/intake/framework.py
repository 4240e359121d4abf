"""Specs that ask for another framework are refused: we write FastAPI backends only."""

import re

from agent.intake.problem import Problem

_OTHERS = (
    "Flask|Django(?: REST framework)?|Tornado|Sanic|Bottle|Litestar|Express(?:\\.js)?|NestJS|Koa"
    "|Fastify|Spring(?: Boot)?|Rails|Ruby on Rails|Laravel|Symfony|ASP\\.NET(?: Core)?|Gin"
    "|Phoenix|Actix|Axum|Quarkus|Micronaut"
)
_ASKS = re.compile(
    r"(?:(?i:\b(?:use|using|build|built|write|written|implement(?:ed)?|made|develop(?:ed)?|create"
    r"|framework|stack|backend)\b[^.\n]{0,60}?\b(?:in|with|on|using|use|is)\s+"
    rf"|\buse\s+|\bframework:\s*)(?:the\s+)?)(?P<name>{_OTHERS})\b"
    rf"|^\W*(?i:an?)\s+(?P<subject>{_OTHERS})\s+(?:app|application|backend|service|api)\b"
)
_NEGATED = re.compile(
    r"\b(?:not|no|never|instead of|rather than|unlike|replac\w+|migrat\w+|from|moves? off|old"
    r"|previous|legacy)\b",
    re.IGNORECASE,
)


def find_other_framework(text: str) -> Problem | None:
    """The problem of a spec that asks for another framework, or None."""
    if re.search(r"\bFastAPI\b", text, re.IGNORECASE):
        return None
    for number, line in enumerate(text.splitlines(), start=1):
        match = _ASKS.search(line)
        if match and not _NEGATED.search(line):
            name = match["name"] or match["subject"]
            return Problem(
                number,
                f"the spec asks for {name}, and this agent writes FastAPI backends only",
                f"Remove the demand for {name}, or use another tool.",
            )
    return None
