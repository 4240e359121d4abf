"""A backend that keeps answers is proven without its cache."""

from agent.verifier.absent_cache import absent_cache
from tests.tools.components.blueprints import BOOKSHOP
from tests.tools.components.lending import LENDING


def test_only_a_backend_that_keeps_answers_is_told_of_a_cache() -> None:
    assert absent_cache(LENDING) == {"CACHE_URL": "redis://127.0.0.1:1/0"}
    assert absent_cache(BOOKSHOP) == {}
