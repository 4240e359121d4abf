"""What the standard operations do with an object."""

from pydantic import JsonValue

from tools.blueprint.model import Endpoint, Entity
from tools.checks.acceptance import facts
from tools.checks.acceptance.actors import PASSWORD, Actor
from tools.checks.acceptance.api import Row
from tools.checks.acceptance.case import EndpointCase, FieldCase
from tools.checks.acceptance.listing import read_list
from tools.checks.acceptance.paths import absent
from tools.checks.acceptance.payloads import INTEGER_TOP, good_value, same_value
from tools.checks.acceptance.world import World


def test_create(world: World, case: EndpointCase) -> None:
    """A row is made with the values that were sent, and can be read back."""
    endpoint, entity, caller = _scene(world, case)
    parent = world.parent_for(endpoint, caller)
    body = world.rows.body(endpoint, caller)
    made = world.call(endpoint, caller, parent=parent, body=body).expect(endpoint.status).row
    _expect_values(entity, body, made, case.role)
    for field in entity.fields:
        if field.generated == "caller" and caller is not None and facts.shown(field, caller.role):
            assert made.get(field.name) == caller.id, f"{field.name} is not the caller's id"
    for embed in facts.embeds(endpoint, entity):
        child = world.blueprint.entity(embed.entity)
        _expect_children(child, body[embed.field], made[embed.field], case.role)
    shown = world.blueprint.endpoint("get", entity.name)
    if shown is not None and _may(shown, caller):
        row = {**made, **({endpoint.parent: parent} if endpoint.parent else {})}
        found = world.call(shown, caller, row=row).expect(shown.status).row
        _expect_values(entity, body, found, case.role)


def test_get(world: World, case: EndpointCase) -> None:
    """An object shows every readable field."""
    endpoint, entity, caller = _scene(world, case)
    row = world.rows.create(entity.name, world.actors.owner_seen_by(endpoint, entity, caller))
    found = world.call(endpoint, caller, row=row).expect(endpoint.status).row
    expected = [field.name for field in entity.fields if facts.shown(field, case.role)]
    missing = [name for name in expected if name not in found]
    assert not missing, f"the object lacks {', '.join(missing)}"
    key = facts.key_field(endpoint, entity).name
    assert str(found[key]) == str(row[key]), "another object than the one asked for"


def test_update(world: World, case: EndpointCase) -> None:
    """A change touches what it names and nothing else."""
    endpoint, entity, caller = _scene(world, case)
    owner = world.actors.owner_seen_by(endpoint, entity, caller)
    row = world.rows.create(entity.name, owner)
    before = _state(world, endpoint, entity, caller, row)
    for field in facts.body_fields(world.blueprint, endpoint, entity):
        if field.references and field.nullable:
            continue
        whole = world.rows.body(endpoint, owner)
        sent: Row = whole if endpoint.method == "PUT" else {field.name: whole[field.name]}
        answer = world.call(endpoint, caller, row=row, body=sent).expect(endpoint.status)
        row = {**row, **sent}  # what leads to the object may have changed
        after = _state(world, endpoint, entity, caller, row)
        if not after:
            _expect_values(entity, sent, answer.row, case.role)
            continue
        _expect_values(entity, sent, after, case.role)
        changed = _changed(entity, before, after) - set(sent)
        changed -= facts.computed_fields(world.blueprint, entity)
        assert not changed, f"{', '.join(changed)} changed too\n{answer}"
        before = after


def test_password(world: World, case: EndpointCase) -> None:
    """The password that is sent logs its user in, and one that it replaces no longer does."""
    endpoint, _, caller = _scene(world, case)
    if endpoint.operation == "create":
        body = world.rows.body(endpoint, caller)
        world.call(endpoint, caller, body=body).expect(endpoint.status)
        world.actors.log_in(str(body[world.auth.login_field]), PASSWORD).expect(200)
        return
    own = caller is not None and facts.reach(endpoint, caller.role) == "own"
    user = world.actors.sign_up(caller.role if own and caller else world.actors.newcomer_role())
    row: Row = {world.blueprint.entity(world.auth.user_entity).primary_key[0]: user.id}
    sent: Row = world.rows.body(endpoint, caller) if endpoint.method == "PUT" else {}
    changed = world.call(
        endpoint,
        user if own else caller,
        row=row,
        body={**sent, world.auth.password_field: f"{PASSWORD} anew"},
    ).expect(endpoint.status)
    login = str(sent.get(world.auth.login_field, user.login))
    assert world.auth.password_field not in changed.row, "the answer shows the password"
    world.actors.log_in(login, f"{PASSWORD} anew").expect(200)
    world.actors.log_in(login, PASSWORD).expect(401)


def test_delete(world: World, case: EndpointCase) -> None:
    """A deleted object is gone, from its own address and from lists."""
    endpoint, entity, caller = _scene(world, case)
    row = world.rows.create(entity.name, world.actors.owner_seen_by(endpoint, entity, caller))
    answer = world.call(endpoint, caller, row=row).expect(endpoint.status)
    assert endpoint.status != 204 or not answer.text, f"a 204 has no body\n{answer}"
    world.call(endpoint, caller, row=row).expect(404)
    shown = world.blueprint.endpoint("get", entity.name)
    if shown is not None and _may(shown, caller):
        world.call(shown, caller, row=row).expect(404)
    listed = world.blueprint.endpoint("list", entity.name)
    if listed is not None and _may(listed, caller) and not listed.parent:
        key = entity.primary_key[0]
        assert row[key] not in [found.get(key) for found in read_list(world, listed, caller)]


def test_soft_delete(world: World, case: EndpointCase) -> None:
    """A deleted object can no longer be seen, but its row is kept."""
    endpoint, entity, caller = _scene(world, case)
    row = world.rows.create(entity.name, world.actors.owner_seen_by(endpoint, entity, caller))
    answer = world.call(endpoint, caller, row=row).expect(endpoint.status)
    kept = world.rows.column(entity, row, entity.primary_key[0]) is not None
    assert kept, f"the row is gone\n{answer}"


def test_missing(world: World, case: EndpointCase) -> None:
    """An id that nothing has: 404."""
    endpoint, entity, caller = _scene(world, case)
    row = world.rows.create(entity.name, world.actors.owner_seen_by(endpoint, entity, caller))
    field = facts.key_field(endpoint, entity)
    gone: Row = {**row, field.name: absent(field)}
    body = world.rows.change_body(endpoint)
    world.call(endpoint, caller, row=gone, body=body).expect(404)
    if field.type in INTEGER_TOP and world.blueprint.form == "house":
        for beyond in (INTEGER_TOP[field.type] + 1, 2**63):
            far: Row = {**row, field.name: beyond}
            world.call(endpoint, caller, row=far, body=body).expect(404)


def test_missing_parent(world: World, case: EndpointCase) -> None:
    """Under a parent that does not exist: 404."""
    endpoint, _, caller = _scene(world, case)
    body = world.rows.body(endpoint, caller) if endpoint.operation == "create" else None
    world.call(endpoint, caller, body=body).expect(404)


def test_malformed_id(world: World, case: EndpointCase) -> None:
    """An id that is none: the status of validation errors."""
    endpoint, entity, caller = _scene(world, case)
    row = world.rows.create(entity.name, world.actors.owner_seen_by(endpoint, entity, caller))
    broken: Row = {**row, facts.key_field(endpoint, entity).name: "not-an-id"}
    answer = world.call(endpoint, caller, row=broken, body=world.rows.change_body(endpoint))
    answer.expect(world.blueprint.conventions.errors.validation_status)


def test_restrict(world: World, case: FieldCase) -> None:
    """A row that others refer to cannot be deleted: 409, and it stays."""
    entity = world.blueprint.entity(case.endpoint.entity or "")
    row, _, _ = _referred(world, case)
    world.call(case.endpoint, world.player(case), row=row).expect(409)
    assert world.rows.column(entity, row, entity.primary_key[0]) is not None, "the row is gone"


def test_cascade(world: World, case: FieldCase) -> None:
    """Rows that belong to a deleted row go with it."""
    row, child, other = _referred(world, case)
    answer = world.call(case.endpoint, world.player(case), row=row).expect(case.endpoint.status)
    gone = world.rows.column(child, other, child.primary_key[0]) is None
    assert gone, f"the {child.name} is still there\n{answer}"


def test_set_null(world: World, case: FieldCase) -> None:
    """Rows that refer to a deleted row stay, and refer to nothing."""
    row, child, other = _referred(world, case)
    answer = world.call(case.endpoint, world.player(case), row=row).expect(case.endpoint.status)
    kept = world.rows.column(child, other, child.primary_key[0]) is not None
    assert kept, f"the {child.name} is gone\n{answer}"
    assert world.rows.column(child, other, case.field.name) is None, answer


def _referred(world: World, case: FieldCase) -> tuple[Row, Entity, Row]:
    """A row that the caller may delete, the entity that refers to it, and a row that does."""
    endpoint, entity, caller = _scene(world, case)
    child = next(e for e in world.blueprint.entities if case.field in e.fields)
    target = case.field.references
    assert target is not None
    row = world.rows.create(entity.name, world.actors.owner_seen_by(endpoint, entity, caller))
    key: Row = {case.field.name: row[target.field]}
    return row, child, world.rows.create(child.name, None, **key)


def test_hidden(world: World, case: FieldCase) -> None:
    """A secret field is in no answer."""
    found = _shown_rows(world, case)
    assert not [shown for shown in found if case.field.name in shown], "the field is shown"


def test_veiled(world: World, case: FieldCase) -> None:
    """A field that is for other roles is not in the answer to this one."""
    found = _shown_rows(world, case)
    assert not [shown for shown in found if case.field.name in shown], "the field is shown"


def test_visible(world: World, case: FieldCase) -> None:
    """A field that is for some roles is in the answer to this one."""
    found = _shown_rows(world, case)
    assert all(case.field.name in shown for shown in found), "the field is not shown"


def test_not_writable(world: World, case: FieldCase) -> None:
    """A field that only other roles may set is refused from this one: 403."""
    endpoint, entity, caller = _scene(world, case)
    creates = endpoint.operation == "create"
    owner = world.actors.owner_seen_by(endpoint, entity, caller)
    row = None if creates else world.rows.create(entity.name, owner)
    value = good_value(world.blueprint, case.field, world.number())
    whole = world.rows.body(endpoint, caller) if creates or endpoint.method == "PUT" else {}
    body: Row = {**whole, case.field.name: value}
    parent = world.parent_for(endpoint, caller) if creates else None
    answer = world.call(endpoint, caller, row=row, parent=parent, body=body)
    answer.expect(403, world.blueprint.conventions.errors.validation_status)


def _shown_rows(world: World, case: FieldCase) -> list[Row]:
    """The rows in the answer of the case's endpoint, one at least."""
    endpoint, entity, caller = _scene(world, case)
    owner = world.actors.owner_seen_by(endpoint, entity, caller)
    row = world.rows.create(entity.name, owner)
    if endpoint.operation == "list":
        found = read_list(world, endpoint, caller, parent=row.get(endpoint.parent or ""))
    else:
        found = [world.call(endpoint, caller, row=row).expect(endpoint.status).row]
    assert found, "the row is not shown"
    return found


def _scene(world: World, case: EndpointCase) -> tuple[Endpoint, Entity, Actor | None]:
    entity = world.blueprint.entity(case.endpoint.entity or "")
    return case.endpoint, entity, world.player(case)


def _may(endpoint: Endpoint, caller: Actor | None) -> bool:
    return endpoint.access.public or (
        caller is not None and facts.reach(endpoint, caller.role) != "none"
    )


def _expect_values(entity: Entity, sent: Row, got: Row, role: str | None) -> None:
    for field in entity.fields:
        if field.name in sent and facts.shown(field, role):
            assert field.name in got, f"the answer lacks {field.name!r}"
            fine = same_value(field, sent[field.name], got[field.name])
            assert fine, f"{field.name}: sent {sent[field.name]!r}, got {got[field.name]!r}"


def _expect_children(entity: Entity, sent: JsonValue, got: JsonValue, role: str | None) -> None:
    assert isinstance(sent, list)
    assert isinstance(got, list), "the children are no list"
    assert len(sent) == len(got), f"sent {len(sent)} children, got {len(got)}"
    for one_sent, one_got in zip(sent, got, strict=True):
        assert isinstance(one_sent, dict)
        assert isinstance(one_got, dict)
        _expect_values(entity, one_sent, one_got, role)


def _state(world: World, endpoint: Endpoint, entity: Entity, caller: Actor | None, row: Row) -> Row:
    """The object as the caller sees it; {} where it can only be replaced.

    Where it cannot be read, an empty change shows it.
    """
    shown = world.blueprint.endpoint("get", entity.name)
    if shown is not None and _may(shown, caller):
        return world.call(shown, caller, row=row).expect(shown.status).row
    if endpoint.method == "PUT":
        return {}
    return world.call(endpoint, caller, row=row, body={}).expect(endpoint.status).row


def _changed(entity: Entity, before: Row, after: Row) -> set[str]:
    """Fields that differ, without those that every change touches or rules compute."""
    return {
        field.name
        for field in entity.fields
        if field.generated != "now_on_update" and before.get(field.name) != after.get(field.name)
    }
