"""Many objects in one request: all of it is done, or nothing."""

from pydantic import JsonValue

from tools.blueprint.model import Endpoint
from tools.checks.acceptance import facts
from tools.checks.acceptance.api import Answer, Row
from tools.checks.acceptance.case import EndpointCase
from tools.checks.acceptance.paths import absent
from tools.checks.acceptance.world import World


def test_bulk_create(world: World, case: EndpointCase) -> None:
    """Each item becomes an object."""
    many = Many(world, case)
    before = many.count()
    answer = many.send("items", [many.body(), many.body()]).expect(case.endpoint.status)
    assert len(_items(answer)) == 2, answer
    assert many.count() == before + 2, f"{many.count() - before} rows were made\n{answer}"


def test_bulk_create_whole(world: World, case: EndpointCase) -> None:
    """One item that is refused keeps the others from being made."""
    many = Many(world, case)
    body = many.body()
    broken = many.spoil(many.body(), body)
    before = many.count()
    answer = many.send("items", [body, broken])
    assert 400 <= answer.status < 500, answer
    assert many.count() == before, f"a row was made\n{answer}"


def test_bulk_update(world: World, case: EndpointCase) -> None:
    """Each object gets its own change."""
    many = Many(world, case)
    keys = [many.create(), many.create()]
    items: list[JsonValue] = [{"id": key, "changes": many.change()} for key in keys]
    answer = many.send("items", items).expect(case.endpoint.status)
    assert [item.get(many.key) for item in _items(answer)] == keys, answer


def test_bulk_update_whole(world: World, case: EndpointCase) -> None:
    """An object that does not exist keeps the others as they are."""
    many = Many(world, case)
    key, change = many.create(), many.change()
    before = many.columns(key, change)
    items: list[JsonValue] = [{"id": one, "changes": change} for one in (key, many.nothing())]
    many.send("items", items).expect(404)
    assert many.columns(key, change) == before, "one was changed"


def test_bulk_delete(world: World, case: EndpointCase) -> None:
    """Each object is gone."""
    many = Many(world, case)
    keys = [many.create(), many.create()]
    many.send("ids", keys).expect(case.endpoint.status)
    for key in keys:
        many.send("ids", [key]).expect(404)


def test_bulk_delete_whole(world: World, case: EndpointCase) -> None:
    """An object that does not exist keeps the others from being deleted."""
    many = Many(world, case)
    key = many.create()
    many.send("ids", [key, many.nothing()]).expect(404)
    many.send("ids", [key]).expect(case.endpoint.status)


class Many:
    """Objects of one kind, and a request about several of them."""

    def __init__(self, world: World, case: EndpointCase) -> None:
        self._world, self._case = world, case
        self._entity = world.blueprint.entity(case.endpoint.entity or "")
        self._caller = world.player(case)
        self._owner = world.actors.owner_seen_by(case.endpoint, self._entity, self._caller)
        self.key = self._entity.primary_key[0]

    def _single(self, operation: str) -> Endpoint:
        found = self._world.blueprint.endpoint(operation, self._entity.name)
        assert found is not None, f"no endpoint that does {operation} for one {self._entity.name}"
        return found

    def body(self) -> Row:
        """What creates one."""
        return self._world.rows.body(self._single("create"), self._caller)

    def spoil(self, body: Row, other: Row) -> Row:
        """The body as it is refused beside the other: late, by the database, where that can be."""
        fields = [field for field in self._entity.fields if field.name in body]
        for field in fields:
            if field.unique and not field.references:
                return {**body, field.name: other[field.name]}
        for field in fields:
            if field.references:
                return {**body, field.name: absent(field)}
        needed = next((field.name for field in fields if facts.required(field)), None)
        return {key: value for key, value in body.items() if key != needed}

    def change(self) -> Row:
        """A change of one field."""
        whole = self._world.rows.body(self._single("update"), self._caller)
        return dict(list(whole.items())[:1])

    def create(self) -> JsonValue:
        """The key of a new object."""
        return self._world.rows.create(self._entity.name, self._owner)[self.key]

    def nothing(self) -> JsonValue:
        """A key that no object has."""
        return absent(self._entity.field(self.key))

    def count(self) -> int:
        """How many rows there are."""
        return self._world.database.count(self._entity.table)

    def columns(self, key: JsonValue, names: Row) -> list[JsonValue]:
        """These columns of a row, from the database."""
        row: Row = {self.key: key}
        return [self._world.rows.column(self._entity, row, name) for name in names]

    def send(self, name: str, items: list[JsonValue] | list[Row]) -> Answer:
        """The request, with its list under that name."""
        body: Row = {name: list(items)}
        return self._world.call(self._case.endpoint, self._caller, body=body)


def _items(answer: Answer) -> list[Row]:
    items = answer.row.get("items")
    assert isinstance(items, list), f"no list under items\n{answer}"
    return [item for item in items if isinstance(item, dict)]
