"""What the declared rules promise."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from decimal import Decimal

from pydantic import JsonValue

from tools.blueprint.model import (
    CopyRule,
    Embed,
    Endpoint,
    Entity,
    StateMachine,
    StockRule,
    SumRule,
)
from tools.checks.acceptance import facts
from tools.checks.acceptance.actors import Actor
from tools.checks.acceptance.api import Answer, Row
from tools.checks.acceptance.case import MoveCase, RuleCase
from tools.checks.acceptance.payloads import distinct_values, same_value
from tools.checks.acceptance.world import World

BUYERS = 4
"""Fewer than the smallest usual pool of database connections (5)."""


def test_initial_state(world: World, case: RuleCase) -> None:
    """A new row starts in the initial state."""
    machine = _machine(case)
    row = _post(world, case, {}).expect(case.endpoint.status).row
    assert row[machine.field] == machine.initial, world.api.history[-1]


def test_move(world: World, case: MoveCase) -> None:
    """An allowed move, made by somebody who may make it."""
    row, answer = _ask(world, case)
    answer.expect(case.endpoint.status)
    _expect_state(world, case, row, case.move.target)


def test_move_refused(world: World, case: MoveCase) -> None:
    """A move that the machine does not have: 409, and the state stays.

    Where the caller's role may never move to the target, 403 says as much.
    """
    row, answer = _ask(world, case)
    moves = [move for move in _machine(case).transitions if move.target == case.move.target]
    never = moves and all(move.roles and case.role not in move.roles for move in moves)
    answer.expect(*((403, 409) if never else (409,)))
    _expect_state(world, case, row, case.move.source)


def test_move_forbidden(world: World, case: MoveCase) -> None:
    """A move that is other roles' to make: 403, and the state stays."""
    row, answer = _ask(world, case)
    answer.expect(403)
    _expect_state(world, case, row, case.move.source)


def test_unknown_state(world: World, case: RuleCase) -> None:
    """A state that does not exist is refused as a value."""
    machine, caller = _machine(case), world.player(case)
    entity = world.blueprint.entity(machine.entity)
    row = world.rows.create(entity.name, world.actors.owner_seen_by(case.endpoint, entity, caller))
    body: Row = {machine.field: "no_such_state"}
    answer = world.call(case.endpoint, caller, row=row, body=body)
    answer.expect(world.blueprint.conventions.errors.validation_status)


def test_stock_taken(world: World, case: RuleCase) -> None:
    """Creating a row takes its amount from the counter."""
    goods = Goods(world, case, 10)
    goods.buy([3]).expect(case.endpoint.status)
    assert goods.left() == 7, f"10 - 3 left {goods.left()}"


def test_stock_short(world: World, case: RuleCase) -> None:
    """Too little left: 409, and nothing of the request happened."""
    goods, plenty = Goods(world, case, 2), Goods(world, case, 10)
    before = world.database.count(goods.made.table)
    if goods.embedded:
        children = [*plenty.children([1]), *goods.children([3])]
        goods.send(children).expect(409)
    else:
        goods.buy([3]).expect(409)
    assert (goods.left(), plenty.left()) == (2, 10), "something was taken"
    assert world.database.count(goods.made.table) == before, "a row was left behind"


def test_stock_race(world: World, case: RuleCase) -> None:
    """Of several who want the last one at once, exactly one gets it.

    The counter's row is held until all of them wait for it: whoever has read it before that, and
    trusts what he read, sells what is gone.
    """
    goods = Goods(world, case, 1)
    bodies = [goods.body([1]) for _ in range(BUYERS)]
    with ThreadPoolExecutor(BUYERS) as buyers:
        with goods.held():
            sales = [buyers.submit(goods.post, body) for body in bodies]
            world.database.wait_for_rivals(BUYERS)
        answers = [sale.result() for sale in sales]
    statuses = sorted(answer.status for answer in answers)
    assert statuses == [case.endpoint.status, *[409] * (BUYERS - 1)], f"statuses {statuses}"
    assert goods.left() == 0, f"{goods.left()} left"


def test_copied(world: World, case: RuleCase) -> None:
    """A field takes its value from the referenced row when the row is made."""
    rule = case.rule
    assert isinstance(rule, CopyRule)
    entity = world.blueprint.entity(rule.entity)
    key = entity.field(rule.via)
    assert key.references is not None
    row = world.rows.create(rule.entity, world.actors.owner_for(entity))
    source = world.blueprint.entity(key.references.entity)
    original: Row = {source.primary_key[0]: row[rule.via]}
    expected = world.rows.column(source, original, rule.source)
    field = source.field(rule.source)
    fine = same_value(field, expected, row[rule.field])
    assert fine, f"{rule.field} is {row[rule.field]!r}, {rule.source} is {expected!r}"
    changed: Row = {rule.source: distinct_values(world.blueprint, field, 9)[-1]}
    world.rows.change(source, original, **changed)
    kept = world.rows.column(entity, row, rule.field)
    assert same_value(field, expected, kept), f"{rule.field} changed with {rule.source}"


def test_summed(world: World, case: RuleCase) -> None:
    """A parent's field is the sum over its children of the product of their factors."""
    rule = case.rule
    assert isinstance(rule, SumRule)
    embed = next(e for e in world.blueprint.entity(rule.entity).embeds if e.entity == rule.child)
    count = min(max(2, embed.min_items), embed.max_items)
    children = [_different_child(world, case, embed, number) for number in range(count)]
    fixed: Row = {embed.field: children}
    made = _post(world, case, fixed).expect(case.endpoint.status).row
    shown = made[embed.field]
    assert isinstance(shown, list), "the children are no list"
    total = sum((_product(child, rule.factors) for child in shown), Decimal(0))
    assert Decimal(str(made[rule.field])) == total, f"{rule.field}: {made[rule.field]}, not {total}"


class Goods:
    """A row with a counter, and requests that take from it."""

    def __init__(self, world: World, case: RuleCase, count: int) -> None:
        assert isinstance(case.rule, StockRule)
        self._world, self._endpoint, self._rule = world, case.endpoint, case.rule
        self._caller: Actor | None = world.player(case)
        made = facts.maker(world.blueprint, case.rule.entity)
        assert made is not None
        self._embed = made[1]
        self.made: Entity = world.blueprint.entity(case.endpoint.entity or "")
        key = world.blueprint.entity(case.rule.entity).field(case.rule.via)
        assert key.references is not None
        self._stock: Entity = world.blueprint.entity(key.references.entity)
        fixed: Row = {case.rule.counter: count}
        self._row = world.rows.create(self._stock.name, None, **fixed)
        self._key = self._row[key.references.field]

    @property
    def embedded(self) -> bool:
        """Whether the rows that take are children inside a body."""
        return self._embed is not None

    def left(self) -> int:
        """The counter."""
        return int(str(self._world.rows.column(self._stock, self._row, self._rule.counter)))

    def held(self) -> AbstractContextManager[None]:
        """Keep others from changing the counter for a while."""
        key = self._stock.primary_key[0]
        value = self._row[key]
        return self._world.database.held(self._stock.table, key, value, {key: value})

    def children(self, amounts: list[int]) -> list[JsonValue]:
        """Children that take these amounts."""
        assert self._embed is not None
        taken: list[Row] = [
            {self._rule.via: self._key, self._rule.amount: amount} for amount in amounts
        ]
        return [self._world.rows.child(self._embed, self._caller, **fixed) for fixed in taken]

    def body(self, amounts: list[int]) -> Row:
        """A body that takes these amounts."""
        if self._embed is None:
            fixed: Row = {self._rule.via: self._key, self._rule.amount: amounts[0]}
        else:
            fixed = {self._embed.field: self.children(amounts)}
        return self._world.rows.body(self._endpoint, self._caller, **fixed)

    def post(self, body: Row) -> Answer:
        """Send a body."""
        parent = self._key if self._endpoint.parent == self._rule.via else None
        return self._world.call(self._endpoint, self._caller, parent=parent, body=body)

    def send(self, children: list[JsonValue]) -> Answer:
        """Send a body with these children."""
        assert self._embed is not None
        fixed: Row = {self._embed.field: children}
        return self.post(self._world.rows.body(self._endpoint, self._caller, **fixed))

    def buy(self, amounts: list[int]) -> Answer:
        """Take these amounts."""
        return self.post(self.body(amounts))


def _machine(case: RuleCase) -> StateMachine:
    assert isinstance(case.rule, StateMachine)
    return case.rule


def _ask(world: World, case: MoveCase) -> tuple[Row, Answer]:
    """Put a row in the move's source state and ask for its target."""
    machine, endpoint, caller = _machine(case), case.endpoint, world.player(case)
    entity = world.blueprint.entity(machine.entity)
    row = world.rows.create(entity.name, world.actors.owner_seen_by(endpoint, entity, caller))
    state: Row = {machine.field: case.move.source}
    world.rows.change(entity, row, **state)
    body: JsonValue = None if endpoint.to else {machine.field: case.move.target}
    return row, world.call(endpoint, caller, row=row, body=body)


def _expect_state(world: World, case: MoveCase, row: Row, expected: str) -> None:
    machine = _machine(case)
    state = world.rows.column(world.blueprint.entity(machine.entity), row, machine.field)
    assert state == expected, f"the state is {state!r}, not {expected!r}\n{world.api.history[-1]}"


def _post(world: World, case: RuleCase, fixed: Row) -> Answer:
    endpoint: Endpoint = case.endpoint
    caller = world.player(case)
    parent = world.parent_for(endpoint, caller)
    return world.call(
        endpoint, caller, parent=parent, body=world.rows.body(endpoint, caller, **fixed)
    )


def _different_child(world: World, case: RuleCase, embed: Embed, number: int) -> JsonValue:
    """A child whose factors are neither all one nor those of its siblings, where they may."""
    assert isinstance(case.rule, SumRule)
    fixed: Row = {}
    for field in facts.embedded_fields(world.blueprint, embed):
        if field.name in case.rule.factors and not field.references:
            values = distinct_values(world.blueprint, field, number + 3)
            fixed[field.name] = values[(number + 2) % len(values)]
    return world.rows.child(embed, world.player(case), **fixed)


def _product(child: JsonValue, factors: tuple[str, ...]) -> Decimal:
    assert isinstance(child, dict), "a child is no object"
    product = Decimal(1)
    for factor in factors:
        product *= Decimal(str(child[factor]))
    return product
