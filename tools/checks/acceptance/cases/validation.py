"""What a body may hold: one flaw at a time."""

from collections.abc import Iterator

from tools.blueprint.model import Blueprint, Embed, Endpoint, Entity, EntityField
from tools.checks.acceptance import facts
from tools.checks.acceptance.case import Case, EmbedCase, EndpointCase, FlawCase, TogetherCase
from tools.checks.acceptance.cases.crud import caller
from tools.checks.acceptance.payloads import flaws
from tools.checks.acceptance.trace import trace, with_enum

WRITERS = ("create", "update", "register")


def validation_cases(blueprint: Blueprint) -> Iterator[Case]:
    """Every flaw of every body, and what a body must not or need not hold."""
    for endpoint, entity in writers(blueprint):
        yield from _endpoint_cases(blueprint, endpoint, entity)
        for field in facts.body_fields(blueprint, endpoint, entity):
            yield from _field_cases(blueprint, endpoint, field)
        for embed in facts.embeds(endpoint, entity):
            yield from _embed_cases(blueprint, endpoint, embed)
        if endpoint.operation == "create":
            yield from _together_cases(blueprint, endpoint, entity)


def writers(blueprint: Blueprint) -> Iterator[tuple[Endpoint, Entity]]:
    """Endpoints that write an entity, registration too."""
    for endpoint in blueprint.endpoints:
        if endpoint.operation == "register" and blueprint.auth:
            yield endpoint, blueprint.entity(blueprint.auth.user_entity)
        elif endpoint.operation in WRITERS and endpoint.entity:
            yield endpoint, blueprint.entity(endpoint.entity)


def _endpoint_cases(
    blueprint: Blueprint, endpoint: Endpoint, entity: Entity
) -> Iterator[EndpointCase]:
    fields = facts.body_fields(blueprint, endpoint, entity)
    kinds = ["unknown_field", "read_only"]
    if any(field.type in ("string", "text") for field in fields):
        kinds.append("odd_text")
    if endpoint.operation != "register":
        plain = [field for field in fields if trimmable(field)]
        kinds += ["trimmed"] if plain and blueprint.conventions.formats.trim_strings else []
    if endpoint.operation == "create" and any(field.default is not None for field in fields):
        kinds.append("defaults")
    for kind in kinds:
        yield EndpointCase(
            kind=kind,
            subject=endpoint.key,
            requirements=trace(endpoint),
            endpoint=endpoint,
            role=caller(blueprint, endpoint),
        )


def trimmable(field: EntityField) -> bool:
    """Whether white space around a value of the field is removed and the rest kept."""
    room = field.max_length is None or field.max_length > 20
    return field.type in ("string", "text") and field.format is None and room


def _field_cases(
    blueprint: Blueprint, endpoint: Endpoint, field: EntityField
) -> Iterator[FlawCase]:
    names = list(flaws(blueprint, field))
    if field.references:
        names = [name for name in names if name in ("null", "wrong_type")] + ["no_such_row"]
        names += ["deleted_row"] if facts.hider(blueprint, field) else []
    if endpoint.operation != "update" and facts.required(field):
        names.append("missing")
    for name in names:
        yield _flaw_case(blueprint, endpoint, field, name)
    if field.unique and not field.references:
        yield _flaw_case(blueprint, endpoint, field, "taken", kind="unique")
        if endpoint.operation != "update":
            yield _flaw_case(blueprint, endpoint, field, "taken", kind="unique_race")


def _embed_cases(blueprint: Blueprint, endpoint: Endpoint, embed: Embed) -> Iterator[Case]:
    for field in facts.embedded_fields(blueprint, embed):
        names = list(flaws(blueprint, field))
        if field.references:
            names = [name for name in names if name in ("null", "wrong_type")] + ["no_such_row"]
        if facts.required(field):
            names.append("missing")
        for name in names:
            yield _flaw_case(blueprint, endpoint, field, name, embed=embed)
    bounds = ["too_many"] + (["too_few"] if embed.min_items else [])
    for kind in bounds:
        yield EmbedCase(
            kind=kind,
            subject=f"{endpoint.key} {embed.field}",
            requirements=trace(endpoint),
            endpoint=endpoint,
            role=caller(blueprint, endpoint),
            embed=embed,
        )


def _flaw_case(
    blueprint: Blueprint,
    endpoint: Endpoint,
    field: EntityField,
    flaw: str,
    *,
    kind: str = "invalid",
    embed: Embed | None = None,
) -> FlawCase:
    place = f"{embed.field}.{field.name}" if embed else field.name
    return FlawCase(
        kind=kind,
        subject=f"{endpoint.key} {place} {flaw}",
        requirements=trace(endpoint, *with_enum(blueprint, field)),
        endpoint=endpoint,
        role=caller(blueprint, endpoint),
        field=field,
        flaw=flaw,
        embed=embed,
    )


def _together_cases(
    blueprint: Blueprint, endpoint: Endpoint, entity: Entity
) -> Iterator[TogetherCase]:
    body = {field.name for field in facts.body_fields(blueprint, endpoint, entity)}
    by_caller = {field.name for field in entity.fields if field.generated == "caller"}
    repeatable = body | by_caller | set(facts.owner_steps(entity)[:1]) | {endpoint.parent}
    for names in entity.unique_together:
        if set(names) <= repeatable:
            yield TogetherCase(
                kind="unique_together",
                subject=f"{endpoint.key} {'+'.join(names)}",
                requirements=trace(endpoint, entity),
                endpoint=endpoint,
                role=caller(blueprint, endpoint),
                fields=names,
            )
