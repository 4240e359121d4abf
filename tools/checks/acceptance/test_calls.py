"""How often an endpoint may be called, and what a repeated call does."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

from pydantic import JsonValue

from tools.blueprint.model import StateMachine
from tools.checks.acceptance.actors import PASSWORD, Actor
from tools.checks.acceptance.api import Answer, Row
from tools.checks.acceptance.case import EndpointCase
from tools.checks.acceptance.paths import path_to
from tools.checks.acceptance.world import World

RIVALS = 4
"""Fewer than the smallest usual pool of database connections (5)."""


def test_rate_limit(world: World, case: EndpointCase) -> None:
    """As many calls as the limit says, then a 429 that says how long to wait."""
    limit, caller = case.endpoint.rate_limit, world.player(case, "hasty")
    assert limit is not None
    path = path_to(world.blueprint, case.endpoint, {}, None)

    def call(actor: Actor | None) -> Answer:
        token = actor.access if actor else None
        return world.api.call(case.endpoint.method, path, token=token)

    other = world.other(case) if case.role else None
    with world.counting_calls():
        for number in range(limit.requests):
            assert call(caller).status != 429, f"call {number + 1} of {limit.requests} is refused"
        refused = call(caller).expect(429)
        wait = refused.headers.get("retry-after", "")
        assert wait.isdecimal(), f"no Retry-After in seconds\n{refused}"
        assert 0 < int(wait) <= limit.per_s, f"Retry-After is {wait} of {limit.per_s} s"
        if limit.by == "user" and other is not None:
            assert call(other).status != 429, "another user has to wait too"


def test_login_limit(world: World, case: EndpointCase) -> None:
    """After too many failures even the right password has to wait; other people have not."""
    role = world.actors.newcomer_role()
    person, other = world.actors.sign_up(role), world.actors.sign_up(role)
    with world.counting_calls():
        for _ in range(world.auth.login_attempts):
            world.actors.log_in(person.login, f"{PASSWORD}x").expect(401)
        refused = world.actors.log_in(person.login, PASSWORD).expect(429)
        assert refused.headers.get("retry-after", "").isdecimal(), f"no Retry-After\n{refused}"
        assert world.actors.log_in(other.login, PASSWORD).status == case.endpoint.status


def test_repeated(world: World, case: EndpointCase) -> None:
    """The same request with the same key: the same answer, and done once."""
    request = Keyed(world, case)
    first = request.send().expect(case.endpoint.status)
    count = world.database.count(request.table)
    again = request.send().expect(case.endpoint.status)
    assert again.json == first.json, f"another answer than the first\n{again}"
    assert world.database.count(request.table) == count, "it was done twice"


def test_repeated_otherwise(world: World, case: EndpointCase) -> None:
    """Another body with the same key: 422, and nothing is done."""
    request = Keyed(world, case)
    request.send().expect(case.endpoint.status)
    count = world.database.count(request.table)
    other = world.rows.body(case.endpoint, world.player(case))
    request.send(other).expect(422)
    assert world.database.count(request.table) == count, "it was done"


def test_repeated_at_once(world: World, case: EndpointCase) -> None:
    """The same request with the same key, several times at the same moment: done once."""
    request = Keyed(world, case)
    count = world.database.count(request.table)
    with ThreadPoolExecutor(RIVALS) as rivals:
        answers = list(rivals.map(lambda _: request.send(), range(RIVALS)))
    done = [answer for answer in answers if answer.status == case.endpoint.status]
    assert done, f"none was done\n{answers[0]}"
    refused = {answer.status for answer in answers if answer not in done}
    assert refused <= {409}, f"statuses {sorted(answer.status for answer in answers)}"
    assert len({answer.text for answer in done}) == 1, "different answers to one key"
    assert world.database.count(request.table) == count + 1, "it was done more than once"


class Keyed:
    """A request with an Idempotency-Key of its own."""

    def __init__(self, world: World, case: EndpointCase) -> None:
        self._world, self._endpoint = world, case.endpoint
        self._caller = world.player(case)
        entity = world.blueprint.entity(case.endpoint.entity or "")
        self.table = entity.table
        self._row: Row | None = None
        self._parent: JsonValue = None
        if case.endpoint.operation == "create":
            self._parent = world.parent_for(case.endpoint, self._caller)
            self._body: JsonValue = world.rows.body(case.endpoint, self._caller)
        else:
            owner = world.actors.owner_seen_by(case.endpoint, entity, self._caller)
            self._row = world.rows.create(entity.name, owner)
            self._body = self._prepare_move()
        self._key = str(uuid4())

    def _prepare_move(self) -> JsonValue:
        """Put the row where it can be moved from; the body that moves it."""
        entity = self._world.blueprint.entity(self._endpoint.entity or "")
        machines = [r for r in self._world.blueprint.rules if isinstance(r, StateMachine)]
        for machine in machines:
            for move in machine.transitions if machine.entity == entity.name else ():
                mine = not move.roles or (self._caller and self._caller.role in move.roles)
                if mine and self._endpoint.to in (None, move.target) and self._row is not None:
                    state: Row = {machine.field: move.source}
                    self._world.rows.change(entity, self._row, **state)
                    return None if self._endpoint.to else {machine.field: move.target}
        return None

    def send(self, body: JsonValue = None) -> Answer:
        """Send it, or another body under the same key."""
        return self._world.call(
            self._endpoint,
            self._caller,
            row=self._row,
            parent=self._parent,
            body=self._body if body is None else body,
            headers={"Idempotency-Key": self._key, "If-Match": "*"},
        )
