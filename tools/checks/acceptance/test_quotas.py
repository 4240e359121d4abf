"""How many rows there may be: never one more, however many ask at once."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager

from pydantic import JsonValue

from tools.blueprint.model import Entity, QuotaRule
from tools.checks.acceptance import facts
from tools.checks.acceptance.actors import Actor
from tools.checks.acceptance.api import Answer, Row
from tools.checks.acceptance.case import RuleCase
from tools.checks.acceptance.world import World

RIVALS = 4
"""Fewer than the smallest usual pool of database connections (5)."""
ROUNDS = 4
"""Counting at the same moment is a matter of luck: two rounds in three showed it when tried."""
HELD = 3
"""The limit that the suite sets where a row holds it."""


def test_quota(world: World, case: RuleCase) -> None:
    """The last that fits is accepted, the next is a 409 and leaves nothing behind."""
    desk = Desk(world, case)
    desk.fill()
    desk.ask().expect(case.endpoint.status)
    before = world.database.count(desk.entity.table)
    desk.ask().expect(409)
    assert world.database.count(desk.entity.table) == before, "a row was left behind"


def test_quota_race(world: World, case: RuleCase) -> None:
    """Of several who want the last place at once, exactly one gets it.

    The row that has the quota is held until all of them wait for it: whoever has counted before
    that, or counts after it without regard to the others, lets too many in.
    """
    for number in range(ROUNDS):
        desk = Desk(world, case, f"round {number}")
        desk.fill()
        bodies = [(who, desk.body(who)) for who in (desk.somebody() for _ in range(RIVALS))]
        with ThreadPoolExecutor(RIVALS) as rivals:
            with desk.held():
                asked = [rivals.submit(desk.post, who, body) for who, body in bodies]
                world.database.wait_for_rivals(RIVALS)
            answers = [one.result() for one in asked]
        statuses = sorted(answer.status for answer in answers)
        assert statuses == [case.endpoint.status, *[409] * (RIVALS - 1)], f"statuses {statuses}"


class Desk:
    """A row that has a quota, and requests for rows that count."""

    def __init__(self, world: World, case: RuleCase, label: str = "main") -> None:
        assert isinstance(case.rule, QuotaRule)
        self._world, self._endpoint, self._rule = world, case.endpoint, case.rule
        self._role, self._label = case.role, f"{label} of {case.id}"
        self._caller: Actor | None = world.player(case, label)
        self.entity: Entity = world.blueprint.entity(case.rule.entity)
        key = self.entity.field(case.rule.per)
        assert key.references is not None
        self._target = world.blueprint.entity(key.references.entity)
        self._limit = HELD if case.rule.limit is None else case.rule.limit
        self._holder = self._find_holder()
        self._key = self._holder[key.references.field]
        room = facts.room(world.blueprint, self.entity, case.rule.per)
        self._one_each = room == 1 and self._holder_is_new
        self._people = itertools.count(1)

    @property
    def _holder_is_new(self) -> bool:
        per = self.entity.field(self._rule.per)
        mine = per.generated == "caller" or self.entity.owner == per.name
        return self._caller is None or not mine

    def _find_holder(self) -> Row:
        """The caller himself where the rows are his, else a new row."""
        if self._caller is not None and not self._holder_is_new:
            return {self._target.primary_key[0]: self._caller.id}
        fixed: Row = {self._rule.limit_field: HELD} if self._rule.limit_field else {}
        return self._world.rows.create(self._target.name, None, **fixed)

    def somebody(self) -> Actor | None:
        """Who makes the next row: always the caller, unless nobody can have two rows there."""
        if self._role is None or not self._one_each:
            return self._caller
        return self._world.actors.get(self._role, f"{next(self._people)} at {self._label}")

    @property
    def _step(self) -> int:
        """The amount of one request."""
        field = self.entity.field(self._rule.amount) if self._rule.amount else None
        return int(max(1, field.minimum or 1)) if field else 1

    def fill(self) -> None:
        """Leave room for one request."""
        amounts = self._amounts(self._limit - self._step)
        for amount in amounts:
            fixed: Row = {self._rule.per: self._key}
            if self._rule.field:
                fixed[self._rule.field] = self._rule.values[0]
            if self._rule.amount:
                fixed[self._rule.amount] = amount
            self._world.rows.insert(self.entity.name, self.somebody(), **fixed)

    def _amounts(self, total: int) -> list[int]:
        """What the rows hold that make up the total."""
        if self._rule.amount is None:
            return [1] * total
        most = int(self.entity.field(self._rule.amount).maximum or total)
        whole = [most] * (total // most) if total else []
        return [*whole, *([total % most] if total and total % most else [])]

    def body(self, caller: Actor | None) -> Row:
        """A body with which the caller asks for one more."""
        fixed: Row = {self._rule.amount: self._step} if self._rule.amount else {}
        body = self._world.rows.body(self._endpoint, caller, **fixed)
        if self._rule.per in body:
            body[self._rule.per] = self._key
        return body

    def post(self, caller: Actor | None, body: Row) -> Answer:
        """Send a body as the caller."""
        parent: JsonValue = self._key if self._endpoint.parent == self._rule.per else None
        if self._endpoint.parent and parent is None:
            parent = self._world.parent_for(self._endpoint, caller)
        return self._world.call(self._endpoint, caller, parent=parent, body=body)

    def ask(self) -> Answer:
        """Ask for one more."""
        caller = self.somebody()
        return self.post(caller, self.body(caller))

    def held(self) -> AbstractContextManager[None]:
        """Keep others from adding rows to the holder for a while."""
        key = self._target.primary_key[0]
        return self._world.database.locked(self._target.table, key, self._holder[key])
