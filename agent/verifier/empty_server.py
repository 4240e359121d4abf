"""A server that has nothing: the control that every test from outside must fail on."""

from collections.abc import Mapping
from dataclasses import replace

from agent.verifier.candidate import Candidate
from agent.verifier.user_tests import run_user_tests
from agent.verifier.verdict import CheckResult, TestReport
from tools.blueprint.conventions import Commands

NOTHING = "python -m http.server --bind 127.0.0.1 --directory /run {port}"
"""Answers 404 to every path but the root, and 501 to every method but GET and HEAD."""


def empty_server(candidate: Candidate) -> Candidate:
    """A candidate whose backend is that server."""
    conventions = candidate.blueprint.conventions
    port = conventions.commands.port
    commands = Commands(migrate="", start=NOTHING.format(port=port), port=port)
    nothing = conventions.model_copy(update={"commands": commands, "health_path": "/"})
    blueprint = candidate.blueprint.model_copy(update={"conventions": nothing})
    return replace(candidate, files={}, blueprint=blueprint)


def run_on_nothing(
    candidate: Candidate, tests: Mapping[str, bytes], *, test_timeout_s: int | None = None
) -> tuple[CheckResult, TestReport]:
    """What tests do there; arguments, outcomes and errors as for `run_user_tests`."""
    return run_user_tests(empty_server(candidate), tests, test_timeout_s=test_timeout_s)
