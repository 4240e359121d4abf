"""How lists are cut, filtered, searched and sorted."""

from decimal import Decimal, InvalidOperation

from pydantic import JsonValue

from tools.blueprint.model import Entity, EntityField
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

    def values(self, field: EntityField, count: int) -> list[JsonValue]:
        """Different values, in ascending order; of a unique field ones that no other test used."""
        start = 100_000 + 20 * self.world.number() if field.unique else 1
        return distinct_values(self.world.blueprint, field, count, start=start)

    def lost(self, key: str, found: list[Row]) -> str:
        """That a row is not among those that a list shows."""
        return f"row {key} is not among the {len(found)} that are shown"

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
    lost = sorted(added - set(seen))
    assert not lost, f"new rows are missing from {len(seen)}: {', '.join(lost)}"


def test_whole(world: World, case: EndpointCase) -> None:
    """A list without pages shows every row once, in a bare array."""
    shelf = Shelf(world, case)
    added = {shelf.add() for _ in range(3)}
    shown = [shelf.key(row) for row in shelf.read()]
    assert len(shown) == len(set(shown)), "a row is shown twice"
    lost = sorted(added - set(shown))
    assert not lost, f"new rows are missing from {len(shown)}: {', '.join(lost)}"


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
        wanted, unwanted = shelf.values(case.field, 2)
    first: Row = {name: wanted}
    second: Row = {name: unwanted}
    kept, dropped = shelf.add(**first), shelf.add(**second)
    found = shelf.read(**{name: _query_value(wanted)})
    shown = {shelf.key(row) for row in found}
    last = world.api.history[-1]
    assert kept in shown, f"{shelf.lost(kept, found)}: it has {name}={wanted!r}\n{last}"
    if wanted != unwanted:
        assert dropped not in shown, f"row {dropped} with {name}={unwanted!r} is shown\n{last}"
    for row in found:
        right = name not in row or same_value(case.field, wanted, row[name])
        assert right, f"row {shelf.key(row)} has {name}={row[name]!r}, not {wanted!r}\n{last}"


def test_compare(world: World, case: ComparisonCase) -> None:
    """Only rows that the comparison is true of are shown, the bound itself where it says so."""
    shelf, name = Shelf(world, case), case.field.name
    low, high = _ends(shelf, case)
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


def _ends(shelf: Shelf, case: ComparisonCase) -> tuple[JsonValue, JsonValue]:
    """Two values of rows, the smaller first; of texts one that holds the word, then another."""
    first, second = shelf.values(case.field, 2)
    if case.comparison.kind == "contains":
        return f"Zq{shelf.world.number()}x"[: case.field.max_length], second
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
    last = world.api.history[-1]
    assert found_key in shown, f"row {found_key} with {name}={text[name]!r} is missing\n{last}"
    assert other_key not in shown, f"row {other_key} without that word is shown\n{last}"
    assert other_key not in {shelf.key(row) for row in shelf.read(q="%")}, "% is not a percent sign"


def test_sort(world: World, case: FieldCase) -> None:
    """Rows come in the order of the field, both ways."""
    shelf, name = Shelf(world, case), case.field.name
    values = shelf.values(case.field, 3)
    rows: list[Row] = [{name: value} for value in values]
    keys = [shelf.add(**row) for row in [*rows[1:], rows[0]]]
    ascending = [keys[-1], *keys[:-1]]
    for sort, expected in ((name, ascending), (f"-{name}", ascending[::-1])):
        shown = [shelf.key(row) for row in shelf.read(sort=sort)]
        order = [key for key in shown if key in keys]
        assert order == expected, (
            f"sort={sort}: rows with {name}={', '.join(map(repr, values))} come as "
            f"{', '.join(order)}, not {', '.join(expected)}\n{world.api.history[-1]}"
        )


def test_order(world: World, case: FieldCase) -> None:
    """Without a `sort`, rows come in the order that the list is declared to have."""
    shelf, name = Shelf(world, case), case.field.name
    terms = dict(case.endpoint.ordering)
    before = list(terms)[: list(terms).index(name)]
    alike: Row = {one: _one_value(shelf, one) for one in before}
    values = shelf.values(case.field, 3)
    rows: list[Row] = [{**alike, name: value} for value in values]
    keys = [shelf.add(**row) for row in [*rows[1:], rows[0]]]
    ascending = [keys[-1], *keys[:-1]]
    expected = ascending[::-1] if terms[name] else ascending
    shown = [shelf.key(row) for row in shelf.read()]
    assert [key for key in shown if key in keys] == expected, (
        f"{name} was {', '.join(map(repr, values))} in the rows {', '.join(ascending)}, but they "
        f"come as {', '.join(key for key in shown if key in keys)}"
    )


def _one_value(shelf: Shelf, name: str) -> JsonValue:
    return shelf.values(shelf.entity.field(name), 1)[0]


def _query_value(value: JsonValue) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def test_filter_computed(world: World, case: FieldCase) -> None:
    """A row is found by the value that it shows, and all that are found show that value."""
    shelf, name = Shelf(world, case), case.field.name
    key = shelf.add()
    value = _shown_values(shelf, name)[key]
    found = {shelf.key(row): row.get(name) for row in shelf.read(**{name: _query_value(value)})}
    assert key in found, f"row {key} shows {name}={value!r}, but is not found by it"
    assert set(map(str, found.values())) == {str(value)}, f"{name}={value!r} shows other values"


def test_sort_computed(world: World, case: FieldCase) -> None:
    """Rows come in the order of the values that they show, both ways."""
    shelf, name = Shelf(world, case), case.field.name
    shelf.add()
    for sort, backwards in ((name, False), (f"-{name}", True)):
        shown = [_comparable(row[name]) for row in shelf.read(sort=sort)]
        assert shown == sorted(shown, reverse=backwards), f"sort={sort} does not sort"


def _shown_values(shelf: Shelf, name: str) -> dict[str, JsonValue]:
    """Key -> what the row shows as that field."""
    rows = shelf.read()
    missing = [row for row in rows if name not in row]
    assert not missing, f"a row does not show {name!r}"
    return {shelf.key(row): row[name] for row in rows}


def _comparable(value: JsonValue) -> Decimal | str:
    """A number as such, whichever way the API writes it; dates and text as text."""
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return str(value)
