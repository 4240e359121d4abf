"""Passwords, tokens and sessions."""

from collections.abc import Iterator

from tools.blueprint.model import Blueprint, Endpoint
from tools.checks.acceptance import facts
from tools.checks.acceptance.case import Case, EndpointCase
from tools.checks.acceptance.trace import exercised, trace

FORGERIES = ("garbage", "no_algorithm", "wrong_key", "tampered")


def auth_cases(blueprint: Blueprint) -> Iterator[Case]:
    """One case for each promise of the auth endpoints that the Blueprint has."""
    if blueprint.auth is None or blueprint.endpoint("login") is None:
        return
    user = blueprint.entity(blueprint.auth.user_entity)
    for kind, operations in _kinds(blueprint).items():
        used = [blueprint.endpoint(operation) for operation in operations]
        present = [endpoint for endpoint in used if endpoint is not None]
        if len(present) == len(operations):
            parts = [*exercised(blueprint, present[0], user), *present[1:], blueprint.auth]
            yield _case(kind, present[0], trace(*parts))
    yield from _forged_cases(blueprint)


def _kinds(blueprint: Blueprint) -> dict[str, tuple[str, ...]]:
    """Kind -> the operations it needs; the first is its subject."""
    rotation = blueprint.auth is not None and blueprint.auth.rotation
    active = blueprint.auth is not None and blueprint.auth.active_field
    return {
        "register": ("register",),
        "register_twice": ("register",),
        "register_short_password": ("register",),
        "login": ("login",),
        "login_refused": ("login",),
        **({"inactive": ("login",)} if active and probe(blueprint) else {}),
        "me": ("me",),
        "refresh": ("refresh",),
        **({"refresh_reused": ("refresh",)} if rotation else {}),
        "refresh_with_access_token": ("refresh",),
        "logout": ("logout", "refresh"),
    }


def _forged_cases(blueprint: Blueprint) -> Iterator[EndpointCase]:
    endpoint = probe(blueprint)
    if endpoint is None or blueprint.auth is None:
        return
    kinds = [*FORGERIES] + (["refresh_token"] if blueprint.endpoint("refresh") else [])
    for kind in kinds:
        yield EndpointCase(
            kind="forged",
            subject=kind,
            requirements=trace(blueprint.auth),
            endpoint=endpoint,
        )


def probe(blueprint: Blueprint) -> Endpoint | None:
    """The endpoint by which a token is tried: `me`, else any that needs one."""
    closed = [
        endpoint
        for endpoint in blueprint.endpoints
        if not endpoint.access.public
        and endpoint.operation not in ("login", "register", "refresh", "logout")
    ]
    closed.sort(
        key=lambda endpoint: (endpoint.operation != "me", bool(facts.path_params(endpoint)))
    )
    return closed[0] if closed else None


def _case(kind: str, endpoint: Endpoint, requirements: tuple[str, ...]) -> EndpointCase:
    return EndpointCase(
        kind=kind, subject=endpoint.key, requirements=requirements, endpoint=endpoint
    )
