"""Rows that tests need, made through the API where somebody may, and the bodies that make them."""

from uuid import uuid4

from pydantic import JsonValue

from tools.blueprint.model import Embed, Endpoint, Entity, EntityField
from tools.checks.acceptance import facts
from tools.checks.acceptance.actors import PASSWORD, Actor, Actors
from tools.checks.acceptance.api import Row
from tools.checks.acceptance.database import CouldNotRun
from tools.checks.acceptance.paths import path_to
from tools.checks.acceptance.payloads import good_value
from tools.checks.acceptance.stage import Stage

PLENTY = 1000
"""What a counter holds unless a test says otherwise."""


class Rows:
    """Makes rows, and the rows that those refer to."""

    def __init__(self, stage: Stage, actors: Actors) -> None:
        self._stage = stage
        self._blueprint = stage.blueprint
        self._actors = actors

    def create(self, name: str, owner: Actor | None = None, /, **fixed: JsonValue) -> Row:
        """A new row: through the API where somebody may create it, else in the database.

        Args:
            name: the entity.
            owner: whose it is; None: anybody's who can own one.
            fixed: values it must have; those that no client may write are set in the database.

        Raises:
            AssertionError: the API refuses a valid body.
            CouldNotRun: neither way is open.
        """
        entity = self._blueprint.entity(name)
        if self._stage.is_user(name):
            row = self._user(entity, owner)
        else:
            owner = owner or self._actors.owner_for(entity)
            row = self._post(entity, owner, fixed) or self._insert(entity, owner, fixed)
        sent = self._sendable(entity)
        late = {key: fixed[key] for key in fixed.keys() - sent if row.get(key) != fixed[key]}
        if late:
            self.change(entity, row, **late)
        return {**row, **fixed}

    def insert(self, name: str, owner: Actor | None, /, **fixed: JsonValue) -> Row:
        """A new row made in the database, past whatever rules the API has."""
        return self._insert(self._blueprint.entity(name), owner, fixed)

    def delete(self, endpoint: Endpoint, row: Row) -> None:
        """Delete a row through the API, as somebody who may delete any."""
        able = facts.granted(self._blueprint, endpoint)
        caller = None if endpoint.access.public else self._actors.get(able[0])
        path = path_to(self._blueprint, endpoint, row, None)
        token = caller.access if caller else None
        any_version = {"If-Match": "*"}
        answer = self._stage.api.call(endpoint.method, path, token=token, headers=any_version)
        answer.expect(endpoint.status)

    def change(self, entity: Entity, row: Row, /, **values: JsonValue) -> None:
        """Set columns of a row in the database."""
        key = entity.primary_key[0]
        self._stage.database.update(entity.table, key, row[key], values)

    def column(self, entity: Entity, row: Row, name: str) -> JsonValue:
        """A column of a row, as text, from the database."""
        key = entity.primary_key[0]
        return self._stage.database.read(entity.table, key, row[key], name)

    def reference(self, field: EntityField, owner: Actor | None) -> JsonValue:
        """The key of a new row that the foreign key may point to; of users, the owner himself."""
        if field.references is None:
            raise CouldNotRun(f"{field.name} is no foreign key")
        target = field.references
        if self._stage.is_user(target.entity) and owner is not None:
            return owner.id
        entity = self._blueprint.entity(target.entity)
        return self.create(target.entity, owner if entity.owner else None)[target.field]

    def body(self, endpoint: Endpoint, caller: Actor | None, /, **fixed: JsonValue) -> Row:
        """A valid body of a create or update; nullable foreign keys are left out."""
        entity = self._blueprint.entity(endpoint.entity or "")
        role = caller.role if caller else None
        fields = facts.body_fields(self._blueprint, endpoint, entity, role)
        body = self._values(entity, fields, caller, fixed)
        for embed in facts.embeds(endpoint, entity):
            if embed.field not in fixed:
                count = max(1, embed.min_items)
                body[embed.field] = [self.child(embed, caller) for _ in range(count)]
        if facts.takes_password(self._blueprint, endpoint):
            body[self._stage.auth.password_field] = PASSWORD
        return {**body, **fixed}

    def child(self, embed: Embed, caller: Actor | None, /, **fixed: JsonValue) -> Row:
        """A valid child for a parent's body."""
        entity = self._blueprint.entity(embed.entity)
        fields = facts.embedded_fields(self._blueprint, embed)
        return self._values(entity, fields, caller, fixed)

    def change_body(self, endpoint: Endpoint) -> JsonValue:
        """A small body that the endpoint takes for any object."""
        if endpoint.operation == "update":
            entity = self._blueprint.entity(endpoint.entity or "")
            fields = facts.body_fields(self._blueprint, endpoint, entity)
            plain = [field for field in fields if not field.references]
            whole = endpoint.method == "PUT"
            return self._values(entity, fields if whole else plain[:1], None, {})
        if endpoint.operation != "transition" or endpoint.to is not None:
            return None
        machines = facts.machines(self._blueprint, endpoint.entity or "")
        return {machine.field: machine.transitions[0].target for machine in machines}

    def _values(
        self, entity: Entity, fields: list[EntityField], caller: Actor | None, fixed: Row
    ) -> Row:
        counters = facts.counters(self._blueprint, entity.name)
        amounts = facts.amounts(self._blueprint, entity.name)
        values: Row = {}
        for field in fields:
            if field.name in fixed:
                values[field.name] = fixed[field.name]
            elif field.name in counters:
                values[field.name] = _plenty(field)
            elif field.name in amounts:
                values[field.name] = int(max(1, field.minimum or 1))
            elif not (field.references and field.nullable):
                values[field.name] = self._value(field, caller)
        return values

    def _value(self, field: EntityField, owner: Actor | None) -> JsonValue:
        if field.references is None:
            return good_value(self._blueprint, field, self._stage.number())
        return None if field.nullable else self.reference(field, owner)

    def _user(self, entity: Entity, owner: Actor | None) -> Row:
        if owner is None:
            try:
                return self._actors.enroll(self._actors.newcomer_role())
            except CouldNotRun:
                owner = self._actors.sign_up(self._actors.newcomer_role())
        return {entity.primary_key[0]: owner.id, self._stage.auth.login_field: owner.login}

    def _post(self, entity: Entity, owner: Actor | None, fixed: Row) -> Row | None:
        """A row made through the API; None when nobody may make it there for this owner."""
        made = facts.maker(self._blueprint, entity.name)
        if made is None:
            return None
        endpoint, embed = made
        caller = self._creator(endpoint, entity, owner)
        if caller is None and not endpoint.access.public:
            return None
        sent = {key: fixed[key] for key in fixed.keys() & self._sendable(entity)}
        if embed is not None:
            return self._post_parent(endpoint, embed, caller, sent)
        parent = sent.pop(endpoint.parent, None) if endpoint.parent else None
        if endpoint.parent and parent is None:
            parent = self.reference(entity.field(endpoint.parent), owner)
        body = self.body(endpoint, caller, **{**self._usual(endpoint, entity), **sent})
        row = self._send(endpoint, caller, parent, body)
        return {**({endpoint.parent: parent} if endpoint.parent else {}), **row}

    def _usual(self, endpoint: Endpoint, entity: Entity) -> Row:
        """States and switches as they usually are: a list may leave the unusual out."""
        fields = facts.body_fields(self._blueprint, endpoint, entity)
        return {
            field.name: field.default
            for field in fields
            if field.type in ("enum", "boolean") and field.default is not None
        }

    def _post_parent(
        self, endpoint: Endpoint, embed: Embed, caller: Actor | None, sent: Row
    ) -> Row:
        """The child of a new parent."""
        within: Row = {embed.field: [self.child(embed, caller, **sent)]}
        parent = self._send(endpoint, caller, None, self.body(endpoint, caller, **within))
        children = parent.get(embed.field)
        if not isinstance(children, list) or not children or not isinstance(children[0], dict):
            raise AssertionError(f"created with one of {embed.field!r}, but the answer has none")
        key = self._blueprint.entity(endpoint.entity or "").primary_key[0]
        return {embed.via: parent[key], **children[0]}

    def _send(self, endpoint: Endpoint, caller: Actor | None, parent: JsonValue, body: Row) -> Row:
        path = path_to(self._blueprint, endpoint, {}, parent)
        token = caller.access if caller else None
        answer = self._stage.api.call(endpoint.method, path, token=token, body=body)
        return answer.expect(endpoint.status).row

    def _creator(self, endpoint: Endpoint, entity: Entity, owner: Actor | None) -> Actor | None:
        """Who posts the row: its owner where he may, else somebody who reaches every object."""
        if owner is not None and facts.reach(endpoint, owner.role) != "none":
            return owner
        if len(facts.owner_steps(entity)) == 1:
            return None  # the caller becomes the owner, so nobody else can do it for him
        able = facts.granted(self._blueprint, endpoint)
        wide = [role for role in able if facts.reach(endpoint, role) == "all" or not entity.owner]
        return self._actors.get(wide[0]) if wide else None

    def _sendable(self, entity: Entity) -> set[str]:
        """What the request that makes a row can say about it."""
        made = facts.maker(self._blueprint, entity.name)
        if made is None or self._stage.is_user(entity.name):
            return set()
        endpoint, embed = made
        if embed is not None:
            return {field.name for field in facts.embedded_fields(self._blueprint, embed)}
        names = {field.name for field in facts.body_fields(self._blueprint, endpoint, entity)}
        names |= {found.field for found in facts.embeds(endpoint, entity)}
        return names | ({endpoint.parent} if endpoint.parent else set())

    def _insert(self, entity: Entity, owner: Actor | None, fixed: Row) -> Row:
        """A row made in the database, whole but for its embedded children."""
        row: Row = {}
        for field in entity.columns:
            if field.name in fixed:
                row[field.name] = fixed[field.name]
            elif field.generated != "identity":
                row[field.name] = self._column_value(entity, field, owner)
        key = entity.primary_key[0]
        return {**row, key: self._stage.database.insert(entity.table, row, key)}

    def _column_value(self, entity: Entity, field: EntityField, owner: Actor | None) -> JsonValue:
        if field.generated == "uuid":
            return str(uuid4())
        mine = field.generated == "caller" or facts.owner_steps(entity) == (field.name,)
        if mine and owner is not None:
            return owner.id
        for machine in facts.machines(self._blueprint, entity.name):
            if machine.field == field.name:
                return machine.initial
        if field.name in facts.counters(self._blueprint, entity.name):
            return _plenty(field)
        return field.default if field.default is not None else self._value(field, owner)


def _plenty(counter: EntityField) -> int:
    return int(min(PLENTY, counter.maximum or PLENTY))
