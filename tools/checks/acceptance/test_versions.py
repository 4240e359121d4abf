"""Changes that say which version of an object they change."""

from pydantic import JsonValue

from tools.checks.acceptance import facts
from tools.checks.acceptance.api import Answer, Row
from tools.checks.acceptance.case import EndpointCase
from tools.checks.acceptance.world import World

MADE_UP = '"no-such-version"'


def test_stale_version(world: World, case: EndpointCase) -> None:
    """A version that the object has not: 412, and it stays as it is."""
    change = Change(world, case)
    change.send({"If-Match": MADE_UP}).expect(412)
    assert change.exists(), "it is gone"


def test_current_version(world: World, case: EndpointCase) -> None:
    """The version that was read is accepted, once: after the change there is another."""
    change = Change(world, case)
    tag = change.read()
    change.send({"If-Match": tag}).expect(case.endpoint.status)
    if case.endpoint.operation == "update":
        assert change.read() != tag, "a changed object has the ETag of before"
        change.send({"If-Match": tag}).expect(412)


def test_no_version(world: World, case: EndpointCase) -> None:
    """A change that does not say which version it changes: 428."""
    change = Change(world, case)
    change.send({}).expect(428)
    assert change.exists(), "it is gone"


class Change:
    """An object, and a request that changes or deletes it."""

    def __init__(self, world: World, case: EndpointCase) -> None:
        self._world, self._case = world, case
        self._caller = world.player(case)
        self._entity = world.blueprint.entity(case.endpoint.entity or "")
        owner = world.actors.owner_seen_by(case.endpoint, self._entity, self._caller)
        self._row: Row = world.rows.create(self._entity.name, owner)

    def read(self) -> str:
        """The object's ETag, as somebody who may see it reads it."""
        shown = self._world.blueprint.endpoint("get", self._entity.name)
        assert shown is not None
        able = facts.granted(self._world.blueprint, shown)
        mine = self._caller is not None and facts.reach(shown, self._caller.role) != "none"
        reader = self._caller if mine or shown.access.public else self._world.actors.get(able[0])
        answer = self._world.call(shown, reader, row=self._row).expect(shown.status)
        tag = answer.headers.get("etag", "")
        assert tag.startswith('"'), f"no strong ETag\n{answer}"
        return str(tag)

    def send(self, headers: dict[str, str]) -> Answer:
        """The change, with a new value each time."""
        endpoint = self._case.endpoint
        body: JsonValue = None
        if endpoint.operation == "update":
            whole = self._world.rows.body(endpoint, self._caller)
            body = whole if endpoint.method == "PUT" else dict(list(whole.items())[:1])
        return self._world.call(endpoint, self._caller, row=self._row, body=body, headers=headers)

    def exists(self) -> bool:
        """Whether its row is there."""
        key = self._entity.primary_key[0]
        return self._world.rows.column(self._entity, self._row, key) is not None
