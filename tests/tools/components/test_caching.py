"""Which tables a kept answer shows, and that nothing is written where none is kept."""

import pytest
from pydantic import JsonValue

from tests.tools.components.blueprints import BOOKSHOP, TINY
from tests.tools.components.lending import LENDING, WITHOUT_REFRESH
from tools.blueprint.merge import merge_parts
from tools.blueprint.model import Blueprint
from tools.components import emit_backend
from tools.components.caching import cached_tables, shown_entities
from tools.components.plan import make_plan

MODULES = {"app/answer_cache.py", "app/cache_stores.py", "app/watched_sessions.py"}


def shown(blueprint: Blueprint, key: str) -> list[str]:
    plan = make_plan(blueprint)
    endpoint = next(one for one in plan.blueprint.endpoints if one.key == key)
    return [entity.name for entity in shown_entities(endpoint, plan)]


@pytest.mark.parametrize(
    ("blueprint", "key", "names"),
    [
        (LENDING, "GET /tools", ["tool", "loan"]),  # computed from its loans
        (LENDING, "GET /courses/{course_id}/seats", ["course", "seat"]),  # goes with its course
        (WITHOUT_REFRESH, "GET /loans", ["loan"]),
        (BOOKSHOP, "GET /orders/{order_id}", ["order", "order_item"]),  # embedded
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_answer_shows(blueprint: Blueprint, key: str, names: list[str]) -> None:
    assert shown(blueprint, key) == names


def test_an_answer_written_by_hand_may_show_anything() -> None:
    by_hand: JsonValue = {
        "operation": "custom", "method": "GET", "path": "/report", "access": "public",
        "cache_s": 9,
    }  # fmt: skip
    blueprint = merge_parts(TINY, {"endpoints": [by_hand]}).blueprint
    assert cached_tables(make_plan(blueprint)) == ["notes"]
    assert set(emit_backend(blueprint)) >= MODULES


def test_without_a_kept_answer_nothing_speaks_of_one() -> None:
    files = emit_backend(BOOKSHOP)
    assert not MODULES & set(files)
    assert not [path for path, text in files.items() if "cache_url" in text.lower()]


def test_with_one_there_is_a_server_a_client_and_a_variable() -> None:
    conventions = LENDING.conventions.model_copy(
        update={
            "environment": LENDING.conventions.environment.model_copy(
                update={"cache_url": "VALKEY"}
            )
        }
    )
    files = emit_backend(LENDING.model_copy(update={"conventions": conventions}))
    assert set(files) >= MODULES
    assert "      VALKEY: redis://cache:6379/0\n" in files["compose.yaml"]
    assert "\nredis==" in files["requirements.txt"]
    assert 'validation_alias="VALKEY"' in files["app/config.py"]
    assert "| `/tools` | 60 s |" in files["README.md"]
