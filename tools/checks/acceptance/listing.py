"""Reads whole lists, page by page, in the style that the conventions say."""

from collections.abc import Iterator

from pydantic import JsonValue

from tools.blueprint.model import Endpoint
from tools.checks.acceptance.actors import Actor
from tools.checks.acceptance.api import Row
from tools.checks.acceptance.world import World

MAX_PAGES = 500


def read_list(
    world: World,
    endpoint: Endpoint,
    caller: Actor | None,
    *,
    parent: JsonValue = None,
    size: int | None = None,
    params: dict[str, str | int] | None = None,
) -> list[Row]:
    """Every row of a list, in its order. `size` None: the largest page."""
    if not endpoint.paged:
        answer = world.call(endpoint, caller, parent=parent, params=params)
        return answer.expect(endpoint.status).rows
    pages = read_pages(world, endpoint, caller, parent=parent, size=size, params=params)
    return [row for page in pages for row in page]


def read_pages(
    world: World,
    endpoint: Endpoint,
    caller: Actor | None,
    *,
    parent: JsonValue = None,
    size: int | None = None,
    params: dict[str, str | int] | None = None,
) -> Iterator[list[Row]]:
    """The pages of a list, until the last.

    Raises:
        AssertionError: an answer is no page, or the list does not end.
    """
    style = world.blueprint.conventions.pagination
    size = size or style.max_size
    query = {**(params or {}), style.size_param: size}
    position: str | int | None = {"keyset": None, "offset": 0, "page": 1}[style.style]
    for _ in range(MAX_PAGES):
        at = {} if position is None else {style.position_param: position}
        answer = world.call(endpoint, caller, parent=parent, params={**query, **at})
        body = answer.expect(endpoint.status).row
        rows = body.get(style.items_key)
        if not isinstance(rows, list):
            raise AssertionError(f"no list under {style.items_key!r}\n{answer}")
        yield [row for row in rows if isinstance(row, dict)]
        position = _next(world, position, size, len(rows), body)
        if position is None:
            return
    raise AssertionError(f"the list does not end after {MAX_PAGES} pages")


def _next(
    world: World, position: str | int | None, size: int, count: int, body: Row
) -> str | int | None:
    style = world.blueprint.conventions.pagination
    if style.style == "keyset":
        following = body[style.next_key] if style.next_key in body else _lacks(style.next_key)
        return following if isinstance(following, str) else None
    if count < size:
        return None
    return int(position or 0) + (size if style.style == "offset" else 1)


def _lacks(key: str) -> JsonValue:
    raise AssertionError(f"a page without {key!r}")
