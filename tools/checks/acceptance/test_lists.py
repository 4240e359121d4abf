"""How lists are cut, filtered, searched and sorted."""

from pydantic import JsonValue

from tools.blueprint.model import Entity
from tools.checks.acceptance import facts
from tools.checks.acceptance.actors import Actor
from tools.checks.acceptance.api import Row
from tools.checks.acceptance.case import ComparisonCase, EndpointCase, FieldCase
from tools.checks.acceptance.listing import read_list, read_pages
from tools.checks.acceptance.payloads import distinct_values, same_value
from tools.checks.acceptance.world import World


class Shelf:
    """The rows of one list: where new ones go, and how to read it."""

    def __init__(self, world: World, case: EndpointCase) -> None:
        self.world = world
        self.endpoint = case.endpoint
        self.entity: Entity = world.blueprint.entity(case.endpoint.entity or "")
        self.caller: Actor | None = world.player(case)
        self.owner = world.actors.owner_seen_by(self.endpoint, self.entity, self.caller)
        self.parent = world.parent_for(self.endpoint, self.owner)
        self.crowded = self.owner != self.caller and bool(
            facts.room(world.blueprint, self.entity, self.endpoint.parent)
        )

    def add(self, /, **fixed: JsonValue) -> str:
        """Put a row on it; returns its key."""
        owner = self.owner
        if owner is not None and self.crowded:
            owner = self.world.actors.sign_up(owner.role)
        under: Row = {self.endpoint.parent: self.parent} if self.endpoint.parent else {}
        return self.key(self.world.rows.create(self.entity.name, owner, **under, **fixed))

    def read(self, /, **params: str | int) -> list[Row]:
        """All of it, as the query leaves it."""
        return read_list(self.world, self.endpoint, self.caller, parent=self.parent, params=params)

    def key(self, row: Row) -> str:
        """A row's primary key."""
        return str(row[self.entity.primary_key[0]])


def test_pages(world: World, case: EndpointCase) -> None:
    """Pages are no longer than asked for and show each row once."""
    shelf = Shelf(world, case)
    added = {shelf.add() for _ in range(3)}
    whole = [shelf.key(row) for row in shelf.read()]
    size = len(whole) // 3 + 1
    pages = list(read_pages(world, shelf.endpoint, shelf.caller, parent=shelf.parent, size=size))
    assert max(map(len, pages)) <= size, f"a page of more than {size}"
    seen = [shelf.key(row) for page in pages for row in page]
    assert len(seen) == len(set(seen)), "a row is shown twice"
    assert set(seen) == set(whole), "short pages show other rows than long ones"
    assert added <= set(seen), "a new row is missing"


def test_page_too_large(world: World, case: EndpointCase) -> None:
    """More than the largest page is refused."""
    shelf = Shelf(world, case)
    style = world.blueprint.conventions.pagination
    params = {style.size_param: style.max_size + 1}
    answer = world.call(case.endpoint, shelf.caller, parent=shelf.parent, params=params)
    answer.expect(world.blueprint.conventions.errors.validation_status)


def test_bad_cursor(world: World, case: EndpointCase) -> None:
    """A cursor that the server never gave is refused."""
    shelf = Shelf(world, case)
    params = {world.blueprint.conventions.pagination.position_param: "no-cursor-at-all"}
    answer = world.call(case.endpoint, shelf.caller, parent=shelf.parent, params=params)
    answer.expect(world.blueprint.conventions.errors.validation_status)


def test_filter(world: World, case: FieldCase) -> None:
    """Only rows with that value are shown."""
    shelf, name = Shelf(world, case), case.field.name
    if case.field.references:
        wanted, unwanted = (world.rows.reference(case.field, shelf.owner) for _ in range(2))
    else:
        wanted, unwanted = distinct_values(world.blueprint, case.field, 2)
    first: Row = {name: wanted}
    second: Row = {name: unwanted}
    kept, dropped = shelf.add(**first), shelf.add(**second)
    found = shelf.read(**{name: _query_value(wanted)})
    shown = {shelf.key(row) for row in found}
    assert kept in shown, f"a row with {name}={wanted!r} is missing\n{world.api.history[-1]}"
    if wanted != unwanted:
        assert dropped not in shown, f"a row with {name}={unwanted!r} is shown"
    for row in found:
        assert name not in row or same_value(case.field, wanted, row[name]), f"{name} is wrong"


def test_compare(world: World, case: ComparisonCase) -> None:
    """Only rows that the comparison is true of are shown, the bound itself where it says so."""
    shelf, name = Shelf(world, case), case.field.name
    low, high = _ends(world, case)
    small, large = ({name: value} for value in (low, high))
    first, second = shelf.add(**small), shelf.add(**large)
    for asked, shown, hidden in _expectations(case, low, high):
        params = {case.comparison.param: _query_value(asked)}
        found = {shelf.key(row) for row in shelf.read(**params)}
        keys = {"low": first, "high": second}
        for end in shown:
            assert keys[end] in found, f"{params} hides {name}={(low, high)}: the {end} one"
        for end in hidden:
            assert keys[end] not in found, f"{params} shows {name}={(low, high)}: the {end} one"


Ends = tuple[str, ...]


def _ends(world: World, case: ComparisonCase) -> tuple[JsonValue, JsonValue]:
    """Two values of rows, the smaller first; of texts one that holds the word, then another."""
    first, second = distinct_values(world.blueprint, case.field, 2)
    if case.comparison.kind == "contains":
        return f"Zq{world.number()}x"[: case.field.max_length], second
    return (None, second) if case.comparison.kind == "absent" else (first, second)


def _expectations(
    case: ComparisonCase, low: JsonValue, high: JsonValue
) -> list[tuple[JsonValue, Ends, Ends]]:
    """(what is asked for, rows that are shown, rows that are hidden)."""
    both: Ends = ("low", "high")
    table: dict[str, list[tuple[JsonValue, Ends, Ends]]] = {
        "min": [(high, ("high",), ("low",)), (low, both, ())],
        "max": [(low, ("low",), ("high",)), (high, both, ())],
        "after": [(low, ("high",), ("low",)), (high, (), both)],
        "before": [(high, ("low",), ("high",)), (low, (), both)],
        "contains": [(str(low)[1:].swapcase(), ("low",), ("high",)), ("%", (), both)],
        "absent": [(True, ("low",), ("high",)), (False, ("high",), ("low",))],
    }
    return table[case.comparison.kind]


def test_search(world: World, case: FieldCase) -> None:
    """Part of a text, in any case, finds the row and no other."""
    shelf, name = Shelf(world, case), case.field.name
    word = f"Zq{world.number()}"[: case.field.max_length]
    text: Row = {name: word.rjust(case.field.min_length or 1, "x")}
    found_key, other_key = shelf.add(**text), shelf.add()
    shown = {shelf.key(row) for row in shelf.read(q=word.swapcase())}
    assert found_key in shown, f"not found by {name}\n{world.api.history[-1]}"
    assert other_key not in shown, "a row without the word is shown"
    assert other_key not in {shelf.key(row) for row in shelf.read(q="%")}, "% is not a percent sign"


def test_sort(world: World, case: FieldCase) -> None:
    """Rows come in the order of the field, both ways."""
    shelf, name = Shelf(world, case), case.field.name
    values = distinct_values(world.blueprint, case.field, 3)
    rows: list[Row] = [{name: value} for value in values]
    keys = [shelf.add(**row) for row in [*rows[1:], rows[0]]]
    ascending = [keys[-1], *keys[:-1]]
    for sort, expected in ((name, ascending), (f"-{name}", ascending[::-1])):
        shown = [shelf.key(row) for row in shelf.read(sort=sort)]
        order = [key for key in shown if key in keys]
        assert order == expected, f"sort={sort} does not sort\n{world.api.history[-1]}"


def _query_value(value: JsonValue) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
