"""Which limits of frequency and which idempotent endpoints a backend has."""

from dataclasses import dataclass

from tools.blueprint.model import Endpoint
from tools.components.names import quote
from tools.components.plan import Plan


@dataclass(frozen=True)
class Limits:
    """What `app/rate_limits.py` has to hold."""

    limits_login: bool
    limits_addresses: bool
    limits_users: bool

    @property
    def any(self) -> bool:
        """Whether there is such a file."""
        return self.limits_login or self.limits_addresses or self.limits_users


def limits_of(plan: Plan) -> Limits:
    """The kinds of limits that some endpoint has."""
    limited = [endpoint for endpoint in plan.blueprint.endpoints if endpoint.rate_limit]
    auth = plan.blueprint.auth
    logs_in = auth is not None and plan.blueprint.endpoint("login") is not None
    return Limits(
        limits_login=logs_in and auth is not None and auth.login_attempts > 0,
        limits_addresses=any(not counts_users(endpoint) for endpoint in limited),
        limits_users=any(counts_users(endpoint) for endpoint in limited),
    )


def counts_users(endpoint: Endpoint) -> bool:
    """Whether calls are counted by user; callers without a login have only an address."""
    limit = endpoint.rate_limit
    return limit is not None and limit.by == "user" and not endpoint.access.public


def limit_argument(endpoint: Endpoint) -> str:
    """`, dependencies=[...]` of a route's decorator, or nothing."""
    limit = endpoint.rate_limit
    if limit is None:
        return ""
    name = "UserLimit" if counts_users(endpoint) else "AddressLimit"
    arguments = f"{quote(endpoint.key)}, {limit.requests}, {limit.per_s}"
    return f", dependencies=[Depends({name}({arguments}))]"


def uses_idempotency(plan: Plan) -> bool:
    """Whether some endpoint takes an `Idempotency-Key`."""
    return any(endpoint.idempotent for endpoint in plan.blueprint.endpoints)
