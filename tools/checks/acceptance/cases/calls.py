"""How often an endpoint may be called, and what a repeated call does."""

from collections.abc import Iterator

from tools.blueprint.model import Blueprint, Endpoint
from tools.checks.acceptance.case import Case, EndpointCase
from tools.checks.acceptance.cases.crud import caller
from tools.checks.acceptance.trace import trace

MAX_CALLS = 100
MIN_WINDOW_S = 20
"""More calls or a shorter window and the suite could not be sure to stay inside it."""


def call_cases(blueprint: Blueprint) -> Iterator[Case]:
    """`rate_limit`, `login_limit`, `repeated`, `repeated_otherwise` and `repeated_at_once`."""
    for endpoint in blueprint.endpoints:
        limit = endpoint.rate_limit
        if limit and limit.requests <= MAX_CALLS and limit.per_s >= MIN_WINDOW_S:
            yield _case(blueprint, "rate_limit", endpoint)
        if endpoint.idempotent and endpoint.operation in ("create", "transition"):
            yield _case(blueprint, "repeated", endpoint)
        if endpoint.idempotent and endpoint.operation == "create":
            yield _case(blueprint, "repeated_otherwise", endpoint)
            yield _case(blueprint, "repeated_at_once", endpoint)
    login = blueprint.endpoint("login")
    attempts = blueprint.auth.login_attempts if blueprint.auth else 0
    if login is not None and blueprint.form == "house" and 0 < attempts <= MAX_CALLS:
        yield _case(blueprint, "login_limit", login)


def _case(blueprint: Blueprint, kind: str, endpoint: Endpoint) -> EndpointCase:
    traced = [endpoint] if kind != "login_limit" or blueprint.auth is None else [blueprint.auth]
    return EndpointCase(
        kind=kind,
        subject=endpoint.key,
        requirements=trace(*traced),
        endpoint=endpoint,
        role=caller(blueprint, endpoint),
    )
