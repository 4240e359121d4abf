"""The Blueprint as emitters need it: completed with what it leaves implied, and indexed."""

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from tools.blueprint.model import (
    Auth,
    Blueprint,
    CopyRule,
    Embed,
    Endpoint,
    Entity,
    EntityField,
    Enum,
    StateMachine,
    StockRule,
    SumRule,
)
from tools.components.base import ComponentError
from tools.components.names import camel
from tools.components.vocabulary import VOCABULARY

RuleT = TypeVar("RuleT", StateMachine, StockRule, CopyRule, SumRule)

RESOURCE_OPERATIONS = {"list", "get", "create", "update", "delete", "transition"}
_APP_MODULE_NAMES = (
    "main config db deps errors error_handlers access auth enums health logs middleware "
    "openapi pagination routers schemas"
)
APP_MODULES = frozenset(_APP_MODULE_NAMES.split())


@dataclass(frozen=True)
class Plan:
    """A completed Blueprint and the questions that emitters ask it."""

    blueprint: Blueprint
    entity_classes: dict[str, str]
    """Entity name -> Python class name, free of collisions."""
    enum_classes: dict[str, str]
    """Enum name -> Python class name, free of collisions."""

    @property
    def auth(self) -> Auth:
        """Raises ComponentError when the backend has no users."""
        if self.blueprint.auth is None:
            raise ComponentError("the Blueprint has no `auth`, so nobody can log in")
        return self.blueprint.auth

    @property
    def has_auth(self) -> bool:
        """Whether there are users."""
        return self.blueprint.auth is not None

    @property
    def user(self) -> Entity:
        """The entity of the users."""
        return self.blueprint.entity(self.auth.user_entity)

    @property
    def role_enum(self) -> Enum | None:
        """The enum of the users' roles; None when there are none."""
        if self.blueprint.auth is None or self.auth.role_field is None:
            return None
        return self.blueprint.enum(self.user.field(self.auth.role_field).enum or "")

    def model(self, entity: Entity) -> str:
        """The class of an entity's rows."""
        return self.entity_classes[entity.name]

    def folder(self, entity: Entity) -> str:
        """The folder under `app/` that holds the entity's code: its own, or its parent's."""
        home = self.home(entity)
        return f"{home.table}_" if home.table in APP_MODULES else home.table

    def home(self, entity: Entity) -> Entity:
        """The entity whose folder this one lives in: an embedded child lives with its parent."""
        parents = self.parents(entity)
        if parents and not self.endpoints(entity) and parents[0][0].name != entity.name:
            return self.home(parents[0][0])
        return entity

    def members(self, home: Entity) -> tuple[Entity, ...]:
        """The entities in a folder, the resource itself first."""
        others = [e for e in self.blueprint.entities if e != home and self.home(e) == home]
        return (home, *others)

    @cached_property
    def homes(self) -> tuple[Entity, ...]:
        """The entities that have a folder of their own."""
        return tuple(e for e in self.blueprint.entities if self.home(e) == e)

    @cached_property
    def resources(self) -> tuple[Entity, ...]:
        """The entities that have endpoints."""
        return tuple(e for e in self.blueprint.entities if self.endpoints(e))

    def endpoints(self, entity: Entity) -> tuple[Endpoint, ...]:
        """The endpoints that a component writes for this entity."""
        return tuple(
            e
            for e in self.blueprint.endpoints
            if e.entity == entity.name and e.operation in RESOURCE_OPERATIONS
        )

    def parents(self, entity: Entity) -> tuple[tuple[Entity, Embed], ...]:
        """Who embeds this entity, and how."""
        return tuple(
            (parent, embed)
            for parent in self.blueprint.entities
            for embed in parent.embeds
            if embed.entity == entity.name
        )

    def rules(self, kind: type[RuleT], entity: Entity) -> tuple[RuleT, ...]:
        """The rules of one kind about an entity."""
        rules: Iterator[RuleT] = (r for r in self.blueprint.rules if isinstance(r, kind))
        return tuple(rule for rule in rules if rule.entity == entity.name)

    def key(self, entity: Entity) -> EntityField:
        """The primary key. Raises ComponentError for a composite one."""
        if len(entity.primary_key) != 1:
            raise ComponentError(
                f"{entity.name} has a composite primary key; endpoints need a single column"
            )
        return entity.field(entity.primary_key[0])

    def key_is_generated(self, entity: Entity) -> bool:
        """Whether the server makes the primary key."""
        return any(entity.field(name).generated is not None for name in entity.primary_key)

    @property
    def uses_integer_keys(self) -> bool:
        """Whether some table is numbered by the database."""
        keys = (
            entity.field(name) for entity in self.blueprint.entities for name in entity.primary_key
        )
        return any(key.generated == "identity" and key.type == "integer" for key in keys)

    def referenced(self, field: EntityField) -> Entity:
        """The entity that a foreign key refers to. Raises ComponentError for another field."""
        if field.references is None:
            raise ComponentError(f"{field.name} refers to no entity")
        return self.blueprint.entity(field.references.entity)

    def parent_entity(self, endpoint: Endpoint) -> Entity:
        """The entity that a nested path starts with."""
        child = self.blueprint.entity(endpoint.entity or "")
        return self.referenced(child.field(endpoint.parent or ""))

    @cached_property
    def creation_order(self) -> tuple[Entity, ...]:
        """Tables after those they refer to, as far as there are no cycles."""
        done: list[Entity] = []
        waiting = list(self.blueprint.entities)
        while waiting:
            made = {entity.name for entity in done}
            chosen = next((e for e in waiting if _targets(e) <= made), waiting[0])
            done.append(chosen)
            waiting.remove(chosen)
        return tuple(done)

    def closes_cycle(self, entity: Entity, field: EntityField) -> bool:
        """Whether the foreign key refers to a table that is created later."""
        order = [made.name for made in self.creation_order]
        return order.index(self.referenced(field).name) > order.index(entity.name)

    def owner_chain(self, entity: Entity) -> tuple[EntityField, ...]:
        """The foreign keys from a row to its owner, the last one holding the user's id.

        Raises:
            ComponentError: `Entity.owner` leads nowhere.
        """
        if entity.owner is None:
            return ()
        chain: list[EntityField] = []
        current = entity
        for part in entity.owner.split("."):
            field = _follow(current, part)
            chain.append(field)
            if field.references is not None:
                current = self.blueprint.entity(field.references.entity)
        return tuple(chain)

    def direct_owner(self, entity: Entity) -> EntityField | None:
        """The field that holds the owner's id, when it is on the row itself."""
        chain = self.owner_chain(entity)
        return chain[0] if len(chain) == 1 else None


def _targets(entity: Entity) -> set[str]:
    names = {f.references.entity for f in entity.fields if f.references is not None}
    return names - {entity.name}


def _follow(entity: Entity, part: str) -> EntityField:
    """The field that one part of a path means: a field, or the name of a relation."""
    for field in entity.fields:
        if field.name in {part, f"{part}_id"}:
            return field
    for field in entity.fields:
        if field.references is not None and field.references.entity == part:
            return field
    raise ComponentError(f"the owner path of {entity.name} has no field {part!r}")


def make_plan(blueprint: Blueprint) -> Plan:
    """The plan of a Blueprint.

    Raises:
        ComponentError: it refers to something it does not have.
    """
    completed = _complete(blueprint)
    entities = _name_classes((e.name for e in blueprint.entities), "Record", VOCABULARY.keys())
    taken = {*VOCABULARY, *entities.values()}
    enums = _name_classes((e.name for e in blueprint.enums), "Value", taken)
    return Plan(completed, entities, enums)


def _complete(blueprint: Blueprint) -> Blueprint:
    entities = tuple(_complete_entity(blueprint, entity) for entity in blueprint.entities)
    with_keys = blueprint.model_copy(update={"entities": entities})
    entities = tuple(_type_references(with_keys, entity) for entity in entities)
    return blueprint.model_copy(update={"entities": entities})


def _complete_entity(blueprint: Blueprint, entity: Entity) -> Entity:
    fields = {field.name: field for field in entity.fields}
    if entity.primary_key == ("id",) and "id" not in fields:
        id_type = blueprint.conventions.formats.id_type
        generated = "uuid" if id_type == "uuid" else "identity"
        key = EntityField(name="id", type=id_type, generated=generated, writable="never")
        fields = {"id": key, **fields}
    auth = blueprint.auth
    if auth is not None and entity.name == auth.user_entity:
        _complete_user(entity, auth, fields)
    for name, field in fields.items():
        if field.generated is not None:
            fields[name] = field.model_copy(update={"writable": "never"})
    for rule in blueprint.rules:
        if isinstance(rule, StateMachine) and rule.entity == entity.name:
            fields[rule.field] = fields[rule.field].model_copy(update={"default": rule.initial})
    indexes = entity.indexes
    if blueprint.endpoint("list", entity.name) and "created_at" in fields:
        by_age = ("created_at", *entity.primary_key)
        indexes = (*indexes, by_age) if by_age not in indexes else indexes
    return entity.model_copy(update={"fields": tuple(fields.values()), "indexes": indexes})


def _complete_user(user: Entity, auth: Auth, fields: dict[str, EntityField]) -> None:
    if auth.login_field not in fields:
        raise ComponentError(f"{user.name} has no login field {auth.login_field!r}")
    fields[auth.login_field] = fields[auth.login_field].model_copy(update={"unique": True})
    secret = fields.get(auth.hash_field) or EntityField(name=auth.hash_field, type="text")
    fields[auth.hash_field] = secret.model_copy(update={"writable": "never", "readable": False})


def _type_references(blueprint: Blueprint, entity: Entity) -> Entity:
    """A foreign key has the type of the key it refers to."""
    fields = []
    for field in entity.fields:
        if field.references is not None:
            try:
                target = blueprint.entity(field.references.entity).field(field.references.field)
            except KeyError as error:
                raise ComponentError(f"{entity.name}.{field.name}: {error.args[0]}") from error
            same = {"type": target.type, "max_length": target.max_length}
            fields.append(field.model_copy(update=same))
        else:
            fields.append(field)
    return entity.model_copy(update={"fields": tuple(fields)})


def _name_classes(names: Iterable[str], suffix: str, taken: Set[str]) -> dict[str, str]:
    classes: dict[str, str] = {}
    for name in names:
        base = camel(name)
        while base in taken or base in classes.values():
            base += suffix
        classes[name] = base
    return classes
