"""Which requirements a case bears on: those of the parts of the Blueprint that it exercises."""

from tools.blueprint.model import Blueprint, Endpoint, Entity, EntityField, StateMachine, Traced


def trace(*parts: Traced) -> tuple[str, ...]:
    """The R-ids of these parts, each once, in order."""
    return tuple(dict.fromkeys(key for part in parts for key in part.requirements))


def with_enum(blueprint: Blueprint, *fields: EntityField) -> tuple[Traced, ...]:
    """The fields and the enums that type them."""
    enums = [blueprint.enum(field.enum) for field in fields if field.enum]
    return (*fields, *enums)


def exercised(blueprint: Blueprint, endpoint: Endpoint, entity: Entity) -> tuple[Traced, ...]:
    """The parts that a whole round through the endpoint exercises."""
    parts = [endpoint, entity, *with_enum(blueprint, *entity.fields)]
    for embed in entity.embeds:
        child = blueprint.entity(embed.entity)
        parts += [child, *with_enum(blueprint, *child.fields)]
    return tuple(parts)


def accessed(blueprint: Blueprint, endpoint: Endpoint, role: str | None) -> tuple[Traced, ...]:
    """The parts that an access case exercises.

    Being let in says nothing about what a hand-written endpoint does: its own requirements are
    left to scenarios.
    """
    roles = [known for known in blueprint.roles if known.name == role]
    auth = [blueprint.auth] if blueprint.auth and not endpoint.access.public else []
    return (*([endpoint] if derivable(blueprint, endpoint) else []), *roles, *auth)


def derivable(blueprint: Blueprint, endpoint: Endpoint) -> bool:
    """Whether the Blueprint alone says what the endpoint does."""
    if endpoint.operation == "transition":
        return any(
            isinstance(rule, StateMachine) and rule.entity == endpoint.entity
            for rule in blueprint.rules
        )
    return endpoint.operation != "custom"
