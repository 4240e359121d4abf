"""Who may call what."""

from pydantic import JsonValue

from tools.blueprint.model import Endpoint, Entity
from tools.checks.acceptance import facts
from tools.checks.acceptance.actors import Actor
from tools.checks.acceptance.api import Answer
from tools.checks.acceptance.case import EndpointCase
from tools.checks.acceptance.listing import read_list
from tools.checks.acceptance.world import World


def test_anonymous(world: World, case: EndpointCase) -> None:
    """Without a token: 401 and how to log in."""
    answer = world.call(case.endpoint, None, body=_any_body(case.endpoint)).expect(401)
    assert answer.headers.get("www-authenticate", "").startswith("Bearer"), answer


def test_forbidden(world: World, case: EndpointCase) -> None:
    """A role that was not granted the endpoint: 403, before anything is looked at."""
    world.call(case.endpoint, world.player(case), body=_any_body(case.endpoint)).expect(403)


def test_allowed(world: World, case: EndpointCase) -> None:
    """A role that was granted the endpoint gets what it asks for."""
    entity = world.blueprint.entity(case.endpoint.entity or "")
    _perform(world, case.endpoint, entity, world.player(case))


def test_foreign(world: World, case: EndpointCase) -> None:
    """Somebody else's object is refused, and stays as it was."""
    endpoint, entity = case.endpoint, world.blueprint.entity(case.endpoint.entity or "")
    role = case.role or ""
    other = world.other(case)
    row = world.rows.create(entity.name, other)
    answer = world.call(
        endpoint, world.player(case), row=row, body=world.rows.change_body(endpoint)
    )
    answer.expect(world.blueprint.conventions.foreign_object)
    shown = world.blueprint.endpoint("get", entity.name)
    if shown is not None and facts.reach(shown, role) != "none":
        after = world.call(shown, other, row=row).expect(shown.status).row
        assert all(after[key] == row[key] for key in row.keys() & after.keys()), answer


def test_foreign_parent(world: World, case: EndpointCase) -> None:
    """What lies under somebody else's object is as much out of reach as the object."""
    endpoint = case.endpoint
    parent = world.parent_for(endpoint, world.other(case))
    body = _any_valid_body(world, endpoint, world.player(case))
    answer = world.call(endpoint, world.player(case), parent=parent, body=body)
    answer.expect(world.blueprint.conventions.foreign_object)


def test_own_only(world: World, case: EndpointCase) -> None:
    """A list shows the caller's own objects and nobody else's."""
    entity = world.blueprint.entity(case.endpoint.entity or "")
    me, other = world.player(case), world.other(case)
    mine, foreign = world.rows.create(entity.name, me), world.rows.create(entity.name, other)
    key = entity.primary_key[0]
    shown = {str(row[key]) for row in read_list(world, case.endpoint, me)}
    assert str(mine[key]) in shown, "the caller's own object is missing"
    assert str(foreign[key]) not in shown, "somebody else's object is shown"


def _perform(world: World, endpoint: Endpoint, entity: Entity, actor: Actor | None) -> Answer:
    owner = world.actors.owner_seen_by(endpoint, entity, actor)
    if endpoint.operation in ("list", "create"):
        parent = world.parent_for(endpoint, owner)
        body = _any_valid_body(world, endpoint, actor)
        return world.call(endpoint, actor, parent=parent, body=body).expect(endpoint.status)
    row = world.rows.create(entity.name, owner)
    body = world.rows.change_body(endpoint)
    return world.call(endpoint, actor, row=row, body=body).expect(endpoint.status)


def _any_valid_body(world: World, endpoint: Endpoint, actor: Actor | None) -> JsonValue:
    return world.rows.body(endpoint, actor) if endpoint.operation == "create" else None


def _any_body(endpoint: Endpoint) -> JsonValue:
    return None if endpoint.method in ("GET", "DELETE") else {}
