"""Checks of scenarios: every step has an endpoint, an actor and the values that it uses."""

import re
from collections.abc import Iterator

from tools.blueprint.model import Blueprint, Step
from tools.blueprint.problem import Problem

DATE = re.compile(r"today([+-]\d{1,5})?")
"""What a scenario may write for a date, besides the names that its steps save."""
Finding = tuple[str, str, str]


def check_scenarios(blueprint: Blueprint) -> Iterator[Problem]:
    """Every problem of the scenarios."""
    for scenario in blueprint.scenarios:
        where, saved, number = f"scenario {scenario.name}", set[str](), 0
        if not scenario.steps:
            yield Problem(
                where, "it has no steps", "It would prove nothing", "add steps", scenario.line
            )
        for steps in scenario.turns:
            for step in steps:
                number += 1
                for finding in _findings(blueprint, step, steps, saved):
                    yield Problem(f"{where}, step {number}", *finding, scenario.line)
            saved |= {name for step in steps for name in step.save}


def _findings(
    blueprint: Blueprint, step: Step, steps: list[Step], saved: set[str]
) -> Iterator[Finding]:
    roles = {role.name for role in blueprint.roles}
    role = (step.actor or "").split(":")[0]
    if role and roles and role not in roles:
        yield (
            f"the actor {role!r} is no role",
            "Actors are logged-in users of a role",
            f"use one of {', '.join(sorted(roles))}",
        )
    used = set(re.findall(r"\{\{\s*(.*?)\s*\}\}", f"{step.path} {step.body} {step.expect}"))
    if unknown := sorted(name for name in used - saved if not DATE.fullmatch(name)):
        yield (
            f"it uses values that no earlier step saves: {', '.join(unknown)}",
            "They could not be filled in",
            "save them in an earlier step",
        )
    if step.at_once and len(steps) == 1:
        yield (
            "it is sent at once with no other step",
            "Steps beside each other that say `at_once` are sent at the same moment",
            "let the steps that compete follow each other, each with at_once",
        )
    if not _reaches_endpoint(blueprint, step.method, step.path):
        yield (
            f"no endpoint answers {step.method} {step.path}",
            "The step could only get a 404 or 405",
            "correct the method or path, or add the endpoint",
        )


def _reaches_endpoint(blueprint: Blueprint, method: str, path: str) -> bool:
    conventions = blueprint.conventions
    path = path.split("?", maxsplit=1)[0].removeprefix(conventions.base_path) or "/"
    if path in {conventions.health_path, conventions.ready_path, "/openapi.json"}:
        return True
    patterns = (
        re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(endpoint.path))
        for endpoint in blueprint.endpoints
        if endpoint.method == method
    )
    return any(re.fullmatch(pattern, path) for pattern in patterns)
