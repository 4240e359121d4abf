"""A Blueprint and later states of it: each kind of change that a migration must carry."""

from tests.tools.components.blueprints import BOOKSHOP, PUBLIC, key
from tools.blueprint.model import Blueprint, Endpoint, Entity, EntityField, Enum

OTHER_TYPES = (
    "text",
    "decimal",
    "float",
    "time",
    "timestamptz",
    "interval",
    "uuid",
    "jsonb",
    "bytes",
)
KEPT = EntityField(name="text", type="string", max_length=200)


def notes(*fields: EntityField, **entity: object) -> Blueprint:
    """Notes with those fields, that anybody may make."""
    note = Entity.model_validate({"name": "note", "table": "notes", "fields": fields, **entity})
    making = Endpoint(
        operation="create", method="POST", path="/notes", entity="note", access=PUBLIC, status=201
    )
    enums = (Enum(name="mood", values=("good", "bad")), Enum(name="size", values=("s", "m", "l")))
    return Blueprint(
        name="notes", title="Notes", enums=enums, entities=(note,), endpoints=(making,)
    )


def with_tags(*fields: EntityField) -> Blueprint:
    tag = Entity(name="tag", table="tags", fields=(EntityField(name="name", type="text"),))
    plain = notes(KEPT, *fields)
    return plain.model_copy(update={"entities": (*plain.entities, tag)})


def with_mood(*values: str) -> Blueprint:
    mood = EntityField(name="mood", type="enum", enum="mood", default="good")
    enum = Enum(name="mood", values=values)
    plain = notes(KEPT, mood)
    return plain.model_copy(update={"enums": (enum, plain.enums[1])})


def field(**values: object) -> EntityField:
    return EntityField.model_validate({"name": "extra", **values})


PLAIN = notes(KEPT)
STARS = field(type="integer", minimum=1, maximum=5)
NAMED = notes(KEPT, field(type="string", max_length=40))
CHANGES: dict[str, tuple[Blueprint, Blueprint]] = {
    "nullable field": (PLAIN, notes(KEPT, field(type="date", nullable=True))),
    "field with default": (PLAIN, notes(KEPT, field(type="boolean", default=False))),
    "required number with a least value": (PLAIN, notes(KEPT, STARS)),
    "required text": (PLAIN, NAMED),
    "required unique text": (PLAIN, notes(KEPT, field(type="text", unique=True))),
    "required list": (PLAIN, notes(KEPT, field(type="array", item_type="integer"))),
    "required enum": (PLAIN, notes(KEPT, field(type="enum", enum="size"))),
    "every other type": (
        PLAIN,
        notes(
            KEPT,
            *(
                EntityField.model_validate({"name": f"one_{kind}", "type": kind})
                for kind in OTHER_TYPES
            ),
        ),
    ),
    "field dropped": (notes(KEPT, STARS), PLAIN),
    "longer text": (NAMED, notes(KEPT, field(type="string", max_length=80))),
    "number becomes text": (notes(KEPT, STARS), notes(KEPT, field(type="text"))),
    "another default": (
        notes(KEPT, field(type="integer", default=1)),
        notes(KEPT, field(type="bigint", default=2)),
    ),
    "no longer nullable": (
        notes(KEPT, field(type="string", max_length=9, nullable=True)),
        notes(KEPT, field(type="string", max_length=9)),
    ),
    "no longer nullable, with a default": (
        notes(KEPT, field(type="integer", nullable=True)),
        notes(KEPT, field(type="integer", default=7)),
    ),
    "nullable now": (NAMED, notes(KEPT, field(type="string", max_length=40, nullable=True))),
    "other limits": (notes(KEPT, STARS), notes(KEPT, field(type="integer", minimum=0))),
    "one more value of an enum": (with_mood("good", "bad"), with_mood("good", "bad", "odd")),
    "unique together, and an index": (
        NAMED,
        notes(
            KEPT,
            field(type="string", max_length=40),
            unique_together=(("text", "extra"),),
            indexes=(("extra",),),
        ),
    ),
    "a field that is a keyword": (
        notes(KEPT, EntityField(name="left", type="string", max_length=9, nullable=True)),
        notes(KEPT, EntityField(name="left", type="string", max_length=9)),
    ),
    "a table, and a reference to it": (
        PLAIN,
        with_tags(key("tag").model_copy(update={"nullable": True})),
    ),
    "a table dropped": (with_tags(), PLAIN),
    "everything": (PLAIN, BOOKSHOP),
    "everything back": (BOOKSHOP, PLAIN),
}
