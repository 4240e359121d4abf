"""What a body may hold: one flaw at a time."""

from concurrent.futures import ThreadPoolExecutor

from pydantic import JsonValue

from tools.blueprint.model import Endpoint, Entity
from tools.checks.acceptance import facts
from tools.checks.acceptance.api import Answer, Row
from tools.checks.acceptance.case import EmbedCase, EndpointCase, FlawCase, TogetherCase
from tools.checks.acceptance.cases.validation import trimmable
from tools.checks.acceptance.paths import absent
from tools.checks.acceptance.payloads import flaws, good_value
from tools.checks.acceptance.world import World

ODD_TEXTS = ("nul \0 inside", "\u202eright to left", "'; DROP TABLE x; --")
HALF_A_PAIR = "\ud800"
"""Legal in JSON, and no text that could be sent back."""


def test_invalid(world: World, case: FlawCase) -> None:
    """A body with one flaw is refused."""
    body = _body(world, case)
    if case.embed is not None:
        child = world.rows.child(case.embed, world.player(case))
        body[case.embed.field] = [_spoil(world, case, child)]
    else:
        body = _spoil(world, case, body)
    no_such_row = case.flaw in ("no_such_row", "deleted_row")
    _send(world, case, body).expect(422 if no_such_row else _validation_status(world))


def test_too_few(world: World, case: EmbedCase) -> None:
    """Fewer children than a parent must have."""
    caller = world.player(case)
    body = _body(world, case)
    count = case.embed.min_items - 1
    body[case.embed.field] = [world.rows.child(case.embed, caller) for _ in range(count)]
    _send(world, case, body).expect(_validation_status(world))


def test_too_many(world: World, case: EmbedCase) -> None:
    """More children than a parent may have."""
    body = _body(world, case)
    child = world.rows.child(case.embed, world.player(case))
    body[case.embed.field] = [child] * (case.embed.max_items + 1)
    _send(world, case, body).expect(_validation_status(world))


def test_unknown_field(world: World, case: EndpointCase) -> None:
    """A key that no field has is refused or dropped, as the conventions say."""
    answer = _send(world, case, {**_body(world, case), "no_such_field_": 1})
    if world.blueprint.conventions.formats.unknown_fields == "forbid":
        answer.expect(_validation_status(world))
    else:
        assert "no_such_field_" not in answer.expect(case.endpoint.status).row


def test_read_only(world: World, case: EndpointCase) -> None:
    """A client cannot set what is the server's: refused, or without effect."""
    entity, row = _entity(world, case.endpoint), _target(world, case)
    for field in facts.closed_fields(world.blueprint, case.endpoint, entity):
        value = good_value(world.blueprint, field, world.number()) if not field.references else None
        if value is None:
            value = absent(field)
        body: Row = {**_body(world, case), field.name: value}
        answer = _send(world, case, body, row, label=field.name)
        if world.blueprint.conventions.formats.unknown_fields == "forbid":
            answer.expect(_validation_status(world))
        else:
            got = answer.expect(case.endpoint.status).row.get(field.name)
            assert got != value or field.type in ("boolean", "enum"), f"{field.name} was set"


def test_odd_text(world: World, case: EndpointCase) -> None:
    """Text that no database takes is never the server's fault, whatever the answer is."""
    entity, row = _entity(world, case.endpoint), _target(world, case)
    is_house = world.blueprint.form == "house"  # elsewhere FastAPI itself answers half a pair 500
    texts = (*ODD_TEXTS, f"half {HALF_A_PAIR} pair") if is_house else ODD_TEXTS
    for field in facts.body_fields(world.blueprint, case.endpoint, entity):
        if field.type in ("string", "text"):
            for text in texts:
                body: Row = {**_body(world, case), field.name: text}
                answer = _send(world, case, body, row, label=f"{field.name} {text!r}")
                assert answer.status < 500, answer
    if is_house:
        answer = _send(world, case, {**_body(world, case), HALF_A_PAIR: 1}, row)
        assert answer.status < 500, answer


def test_trimmed(world: World, case: EndpointCase) -> None:
    """White space around a text is removed."""
    entity = _entity(world, case.endpoint)
    fields = facts.body_fields(world.blueprint, case.endpoint, entity)
    field = next(field for field in fields if trimmable(field))
    value = str(good_value(world.blueprint, field, world.number()))
    answer = _send(world, case, {**_body(world, case), field.name: f"  {value} "})
    got = answer.expect(case.endpoint.status).row
    assert not facts.shown(field, case.role) or got[field.name] == value, answer


def test_defaults(world: World, case: EndpointCase) -> None:
    """What a body leaves out gets its default."""
    entity = _entity(world, case.endpoint)
    fields = facts.body_fields(world.blueprint, case.endpoint, entity)
    absent = [field for field in fields if field.default is not None]
    body = _body(world, case)
    for field in absent:
        del body[field.name]
    got = _send(world, case, body).expect(case.endpoint.status).row
    seen = [field for field in absent if facts.shown(field, case.role)]
    wrong = [field.name for field in seen if field.name not in got]
    assert not wrong, f"the answer lacks {', '.join(wrong)}"
    for field in seen:
        if field.type in ("boolean", "enum", "string", "text", "integer"):
            assert got[field.name] == field.default, f"{field.name} is {got[field.name]!r}"


def test_unique(world: World, case: FlawCase) -> None:
    """A value that another row has: 409."""
    name = case.field.name
    taken = _taken(world, case)
    body: Row = {**_body(world, case), name: taken}
    _send(world, case, body).expect(409)


def test_unique_race(world: World, case: FlawCase) -> None:
    """A value that another row gets at the same moment: 409 too, for only the database can tell.

    The rival's value is committed only when the backend waits for it: looking first finds nothing.
    """
    entity, name = _entity(world, case.endpoint), case.field.name
    key = entity.primary_key[0]
    rival = world.rows.create(entity.name)
    changes: Row = {name: good_value(world.blueprint, case.field, world.number())}
    body: Row = {**_body(world, case), **changes}
    with ThreadPoolExecutor(1) as beside:
        with world.database.held(entity.table, key, rival[key], changes):
            sent = beside.submit(_send, world, case, body)
            world.database.wait_for_rivals(1)
        sent.result().expect(409)


def test_unique_together(world: World, case: TogetherCase) -> None:
    """The same combination of values twice: 409."""
    caller = world.player(case)
    parent = world.parent_for(case.endpoint, caller)
    first = world.rows.body(case.endpoint, caller)
    world.call(case.endpoint, caller, parent=parent, body=first).expect(case.endpoint.status)
    again: Row = {key: first[key] for key in case.fields if key in first}
    body = world.rows.body(case.endpoint, caller, **again)
    world.call(case.endpoint, caller, parent=parent, body=body).expect(409)


def _taken(world: World, case: FlawCase) -> JsonValue:
    entity, name = _entity(world, case.endpoint), case.field.name
    if case.endpoint.operation == "register":
        body = _body(world, case)
        _send(world, case, body).expect(case.endpoint.status)
        return body[name]
    if world.is_user(entity.name):
        return world.actors.get(facts.roles(world.blueprint)[-1], "other").login
    value = good_value(world.blueprint, case.field, world.number())
    fixed: Row = {name: value}
    world.rows.create(entity.name, None, **fixed)
    return value


def _spoil(world: World, case: FlawCase, body: Row) -> Row:
    name = case.field.name
    if case.flaw == "missing":
        return {key: value for key, value in body.items() if key != name}
    if case.flaw == "no_such_row":
        return {**body, name: absent(case.field)}
    if case.flaw == "deleted_row":
        return {**body, name: _deleted(world, case)}
    return {**body, name: flaws(world.blueprint, case.field)[case.flaw]}


def _deleted(world: World, case: FlawCase) -> JsonValue:
    """The key of a row that was deleted softly."""
    endpoint, target = facts.hider(world.blueprint, case.field), case.field.references
    assert endpoint is not None
    assert target is not None
    row = world.rows.create(target.entity)
    world.rows.delete(endpoint, row)
    return row[target.field]


def _entity(world: World, endpoint: Endpoint) -> Entity:
    return world.blueprint.entity(endpoint.entity or world.auth.user_entity)


def _body(world: World, case: EndpointCase) -> Row:
    """A good body; empty for a partial change."""
    if case.endpoint.operation == "register":
        return world.actors.registration(case.endpoint)
    if case.endpoint.method == "PATCH":
        return {}
    return world.rows.body(case.endpoint, world.player(case))


def _send(
    world: World, case: EndpointCase, body: Row, row: Row | None = None, *, label: str = "main"
) -> Answer:
    """Send a body; an update is sent to that row, or to a new one.

    `label` tells callers apart where one can have but few objects of the kind.
    """
    endpoint, caller = case.endpoint, world.player(case)
    if endpoint.operation != "update":
        if facts.room(world.blueprint, _entity(world, endpoint)):
            caller = world.player(case, label)
        parent = world.parent_for(endpoint, caller)
        return world.call(endpoint, caller, parent=parent, body=body)
    return world.call(endpoint, caller, row=row or _target(world, case), body=body)


def _target(world: World, case: EndpointCase) -> Row | None:
    """A row to update; None where nothing is updated."""
    if case.endpoint.operation != "update":
        return None
    entity = _entity(world, case.endpoint)
    owner = world.actors.owner_seen_by(case.endpoint, entity, world.player(case))
    return world.rows.create(entity.name, owner)


def _validation_status(world: World) -> int:
    return world.blueprint.conventions.errors.validation_status
