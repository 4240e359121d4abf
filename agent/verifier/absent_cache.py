"""The cache of a backend under proof: one that nobody answers for.

Tests and probes put rows in behind the backend's back, which no cache can know of. So it is shown
that every answer is right without a cache; that answers are kept, and end with a change, is shown
by the backend's own tests.
"""

from tools.blueprint.model import Blueprint

NOBODY = "redis://127.0.0.1:1/0"
"""An address at which connections are refused at once."""


def absent_cache(blueprint: Blueprint) -> dict[str, str]:
    """The variable that leads to no cache; none for a backend that keeps no answers."""
    keeps = any(endpoint.cache_s for endpoint in blueprint.endpoints)
    return {blueprint.conventions.environment.cache_url: NOBODY} if keeps else {}
