"""Everything a test needs to stand on: users, rows, paths and request bodies."""

import itertools
from uuid import uuid4

from pydantic import JsonValue

from tools.blueprint.model import (
    Auth,
    Blueprint,
    Embed,
    Endpoint,
    Entity,
    EntityField,
    StateMachine,
)
from tools.checks.acceptance import facts
from tools.checks.acceptance.actors import Actor, sign_up
from tools.checks.acceptance.api import Answer, Api, Params, Row
from tools.checks.acceptance.database import CouldNotRun, Database
from tools.checks.acceptance.payloads import good_value

PASSWORD = "correct horse battery staple 1!"
PLENTY = 1000
"""What a counter holds unless a test says otherwise."""


class World:
    """The backend under test, and what the tests have made in it."""

    def __init__(self, blueprint: Blueprint, api: Api, database_url: str) -> None:
        self.blueprint = blueprint
        self.api = api
        self._database_url = database_url
        self._database: Database | None = None
        self._numbers = itertools.count(1)
        self._actors: dict[tuple[str, str], Actor] = {}

    @property
    def auth(self) -> Auth:
        """The Blueprint's auth. Raises CouldNotRun when it has none."""
        if self.blueprint.auth is None:
            raise CouldNotRun("the Blueprint has no users")
        return self.blueprint.auth

    @property
    def database(self) -> Database:
        """The backend's database. Raises CouldNotRun when it cannot be reached."""
        if self._database is None:
            self._database = Database(self._database_url)
        return self._database

    def number(self) -> int:
        """A number that no other value of this session was made from."""
        return next(self._numbers)

    def actor(self, role: str, label: str = "main") -> Actor:
        """The user of that role and label, signed up at first use."""
        if (role, label) not in self._actors:
            self._actors[role, label] = sign_up(self, role)
        return self._actors[role, label]

    def caller(self, role: str | None) -> Actor | None:
        """The ordinary user of a role; None for nobody."""
        return None if role is None else self.actor(role)

    def owner_for(self, entity: Entity) -> Actor | None:
        """A user who may own a row of the entity; None when rows have no owner."""
        if not entity.owner:
            return None
        made = facts.maker(self.blueprint, entity.name)
        able = facts.granted(self.blueprint, made[0]) if made else ()
        known = facts.roles(self.blueprint)
        if not known:
            raise CouldNotRun(f"{entity.name} has an owner but the Blueprint has no users")
        return self.actor((able or known)[-1])

    def owner_seen_by(
        self, endpoint: Endpoint, entity: Entity, caller: Actor | None
    ) -> Actor | None:
        """Whose row the caller may reach through the endpoint."""
        if caller is not None and facts.reach(endpoint, caller.role) == "own":
            return caller
        return self.owner_for(entity)

    # rows

    def create(self, name: str, owner: Actor | None = None, **fixed: JsonValue) -> Row:
        """A new row: through the API where somebody may create it, else in the database.

        Args:
            name: the entity.
            owner: whose it is; None: anybody's who can own one.
            fixed: values it must have; those that no client may write are set in the database.

        Raises:
            AssertionError: the API refuses a valid body.
            CouldNotRun: neither way is open.
        """
        entity = self.blueprint.entity(name)
        if self.auth_is(name):
            actor = owner or sign_up(self, self._user_role())
            row: Row = {entity.primary_key[0]: actor.id, self.auth.login_field: actor.login}
        else:
            owner = owner or self.owner_for(entity)
            row = self._post(entity, owner, fixed) or self.insert(name, owner, **fixed)
        late = {key: value for key, value in fixed.items() if row.get(key) != value}
        late = {key: value for key, value in late.items() if self._unwritten(entity, key)}
        if late:
            self.change(entity, row, **late)
        return {**row, **fixed}

    def change(self, entity: Entity, row: Row, **values: JsonValue) -> None:
        """Set columns of a row in the database."""
        key = entity.primary_key[0]
        self.database.update(entity.table, key, row[key], values)

    def column(self, entity: Entity, row: Row, name: str) -> JsonValue:
        """A column of a row, as text, from the database."""
        key = entity.primary_key[0]
        return self.database.read(entity.table, key, row[key], name)

    def insert(self, name: str, owner: Actor | None, **fixed: JsonValue) -> Row:
        """A row made in the database, whole but for its embedded children."""
        entity = self.blueprint.entity(name)
        row: Row = {}
        for field in entity.fields:
            if field.name in fixed:
                row[field.name] = fixed[field.name]
            elif field.generated != "identity":
                row[field.name] = self._column_value(entity, field, owner)
        key = entity.primary_key[0]
        return {**row, key: self.database.insert(entity.table, row, key)}

    def _post(self, entity: Entity, owner: Actor | None, fixed: Row) -> Row | None:
        made = facts.maker(self.blueprint, entity.name)
        if made is None:
            return None
        endpoint, embed = made
        caller = self._creator(endpoint, entity, owner)
        if caller is None and not endpoint.access.public:
            return None
        if embed is not None:
            return self._post_parent(endpoint, embed, caller, fixed)
        parent = fixed.get(endpoint.parent) if endpoint.parent else None
        if endpoint.parent and parent is None:
            parent = self.reference(entity.field(endpoint.parent), owner)
        body = self.body(endpoint, caller, **self._sendable(endpoint, entity, fixed))
        answer = self.call(endpoint, caller, parent=parent, body=body).expect(endpoint.status)
        made_row = answer.row
        if endpoint.parent:
            made_row.setdefault(endpoint.parent, parent)
        return made_row

    def _post_parent(
        self, endpoint: Endpoint, embed: Embed, caller: Actor | None, fixed: Row
    ) -> Row:
        child = self.child(embed, caller, **self._embeddable(embed, fixed))
        fixed_children: Row = {embed.field: [child]}
        body = self.body(endpoint, caller, **fixed_children)
        parent = self.call(endpoint, caller, body=body).expect(endpoint.status).row
        children = parent.get(embed.field)
        if not isinstance(children, list) or not children or not isinstance(children[0], dict):
            raise AssertionError(f"created with one of {embed.field!r}, but the answer has none")
        parent_entity = self.blueprint.entity(endpoint.entity or "")
        return {embed.via: parent[parent_entity.primary_key[0]], **children[0]}

    def _creator(self, endpoint: Endpoint, entity: Entity, owner: Actor | None) -> Actor | None:
        """Who posts the row: its owner where he may, else somebody who reaches every object."""
        if owner is not None and facts.reach(endpoint, owner.role) != "none":
            return owner
        if len(facts.owner_steps(entity)) == 1:
            return None  # the caller becomes the owner, so nobody else can do it for him
        able = facts.granted(self.blueprint, endpoint)
        wide = [role for role in able if facts.reach(endpoint, role) == "all" or not entity.owner]
        return self.actor(wide[0]) if wide else None

    def _sendable(self, endpoint: Endpoint, entity: Entity, fixed: Row) -> Row:
        names = {field.name for field in facts.body_fields(self.blueprint, endpoint, entity)}
        names |= {embed.field for embed in facts.embeds(endpoint, entity)}
        return {key: value for key, value in fixed.items() if key in names}

    def _embeddable(self, embed: Embed, fixed: Row) -> Row:
        names = {field.name for field in facts.embedded_fields(self.blueprint, embed)}
        return {key: value for key, value in fixed.items() if key in names}

    def _unwritten(self, entity: Entity, name: str) -> bool:
        """Whether the API had no way to take the value, so that the database has to."""
        made = facts.maker(self.blueprint, entity.name)
        if made is None or self.auth_is(entity.name):
            return True
        endpoint, embed = made
        if embed is not None:
            return name not in {f.name for f in facts.embedded_fields(self.blueprint, embed)}
        open_names = {f.name for f in facts.body_fields(self.blueprint, endpoint, entity)}
        return name not in open_names | {endpoint.parent}

    def _column_value(self, entity: Entity, field: EntityField, owner: Actor | None) -> JsonValue:
        if field.generated == "uuid":
            return str(uuid4())
        mine = field.generated == "caller" or facts.owner_steps(entity) == (field.name,)
        if mine and owner is not None:
            return owner.id
        for rule in self.blueprint.rules:
            if isinstance(rule, StateMachine) and (rule.entity, rule.field) == (
                entity.name,
                field.name,
            ):
                return rule.initial
        if field.default is not None:
            return field.default
        return self.value(field, owner)

    # values, bodies, paths

    def value(self, field: EntityField, owner: Actor | None) -> JsonValue:
        """A valid value of a field; a foreign key leads to a new row."""
        if field.references is None:
            return good_value(self.blueprint, field, self.number())
        return None if field.nullable else self.reference(field, owner)

    def reference(self, field: EntityField, owner: Actor | None) -> JsonValue:
        """The key of a row that the foreign key may point to."""
        if field.references is None:
            raise CouldNotRun(f"{field.name} is no foreign key")
        target = field.references
        if self.auth_is(target.entity) and owner is not None:
            return owner.id
        entity = self.blueprint.entity(target.entity)
        return self.create(target.entity, owner if entity.owner else None)[target.field]

    def body(self, endpoint: Endpoint, caller: Actor | None, **fixed: JsonValue) -> Row:
        """A valid body of a create, update or registration; nullable foreign keys are left out."""
        name = endpoint.entity or self.auth.user_entity
        entity = self.blueprint.entity(name)
        body: Row = {}
        for field in facts.body_fields(self.blueprint, endpoint, entity):
            if field.name in fixed or not (field.nullable and field.references):
                body[field.name] = self._body_value(entity, field, caller, fixed)
        for embed in facts.embeds(endpoint, entity):
            if embed.field not in fixed:
                count = max(1, embed.min_items)
                body[embed.field] = [self.child(embed, caller) for _ in range(count)]
        if facts.takes_password(self.blueprint, endpoint):
            body[self.auth.password_field] = PASSWORD
        return {**body, **fixed}

    def change_body(self, endpoint: Endpoint) -> JsonValue:
        """The least body that the endpoint takes for any object: what it says does not matter."""
        if endpoint.operation == "update":
            return self.body(endpoint, None) if endpoint.method == "PUT" else {}
        if endpoint.operation != "transition" or endpoint.to is not None:
            return None
        machines = facts.machines(self.blueprint, endpoint.entity or "")
        return {machine.field: machine.transitions[0].target for machine in machines}

    def child(self, embed: Embed, caller: Actor | None, **fixed: JsonValue) -> Row:
        """A valid child for a parent's body."""
        entity = self.blueprint.entity(embed.entity)
        return {
            field.name: self._body_value(entity, field, caller, fixed)
            for field in facts.embedded_fields(self.blueprint, embed)
            if field.name in fixed or not (field.nullable and field.references)
        }

    def _body_value(
        self, entity: Entity, field: EntityField, caller: Actor | None, fixed: Row
    ) -> JsonValue:
        if field.name in fixed:
            return fixed[field.name]
        if field.name in facts.counters(self.blueprint, entity.name):
            return int(min(PLENTY, field.maximum or PLENTY))
        if field.name in facts.amounts(self.blueprint, entity.name):
            return int(max(1, field.minimum or 1))
        return self.value(field, caller)

    def call(
        self,
        endpoint: Endpoint,
        caller: Actor | None,
        *,
        row: Row | None = None,
        parent: JsonValue = None,
        body: JsonValue = None,
        params: Params | None = None,
    ) -> Answer:
        """Call an endpoint as somebody.

        Args:
            endpoint: the endpoint.
            caller: whose token is sent; None: none.
            row: the object the path ends in; None: one that does not exist.
            parent: the id of the parent in the path; None: the row's, or one that does not exist.
            body: JSON body.
            params: query parameters.
        """
        return self.api.call(
            endpoint.method,
            self.path(endpoint, row or {}, parent),
            token=caller.access if caller else None,
            body=body,
            params=params,
        )

    def path(self, endpoint: Endpoint, row: Row, parent: JsonValue = None) -> str:
        """The endpoint's path for that object; unknown parts get ids that do not exist."""
        entity = self.blueprint.entity(endpoint.entity) if endpoint.entity else None
        params = list(facts.path_params(endpoint))
        filled: dict[str, JsonValue] = {}
        if entity and params and endpoint.operation in facts.ON_OBJECT:
            field = facts.key_field(endpoint, entity)
            filled[params.pop()] = row.get(field.name, self.absent(field))
        if entity and params and endpoint.parent:
            known = parent if parent is not None else row.get(endpoint.parent)
            field = entity.field(endpoint.parent)
            filled[params.pop()] = known if known is not None else self.absent(field)
        for name in params:
            filled[name] = row.get(name, str(uuid4()))
        path = endpoint.path
        for name, value in filled.items():
            path = path.replace("{" + name + "}", str(value))
        return path

    def absent(self, field: EntityField) -> JsonValue:
        """A well-formed key that no row has."""
        if field.type in ("integer", "bigint"):
            return 2_000_000_000
        return str(uuid4()) if field.type == "uuid" else "nothing-has-this-key"

    def parent_for(self, endpoint: Endpoint, owner: Actor | None) -> JsonValue:
        """The id of a new parent for a nested endpoint; None for a flat one."""
        if endpoint.parent is None or endpoint.entity is None:
            return None
        return self.reference(self.blueprint.entity(endpoint.entity).field(endpoint.parent), owner)

    def auth_is(self, name: str) -> bool:
        """Whether that is the entity of the users."""
        return self.blueprint.auth is not None and name == self.blueprint.auth.user_entity

    def _user_role(self) -> str:
        return self.auth.default_role or facts.roles(self.blueprint)[-1]
