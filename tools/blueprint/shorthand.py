"""One-line spellings of fields, access and transitions: read from models, shown to models.

    title: string(200), unique, R3          price: decimal(10,2), >= 0, default "0.00"
    customer_id: uuid, -> user cascade      tags: array(string)?
    open_loans: integer, computed count loan via tool_id where status is open or late
    public | * | admin, customer own        open -> closed by staff, admin

`format_field(parse_field(line))` is the canonical line. Descriptions and line numbers have no
spelling; whoever merges keeps them.
"""

import json
import re
from collections.abc import Callable, Iterable
from typing import get_args

from pydantic import JsonValue

from tools.blueprint.model import (
    Access,
    Computed,
    EntityField,
    FieldType,
    Grant,
    Reference,
    Transition,
)

JsonObject = dict[str, JsonValue]
FIELD_TYPES: tuple[str, ...] = get_args(FieldType)

_FIELD = re.compile(
    r"\s*(?P<name>\w+)\s*:\s*(?P<type>\w+)(?:\((?P<size>[^()]*(?:\([^()]*\))?)\))?(?P<null>\?)?"
)
_RULE = re.compile(r'(?:"(?:\\.|[^"\\])*"|\[[^\]]*\]|\{[^}]*\}|[^,"\[{]|["\[{])+')
_FLAGS: dict[str, JsonObject] = {
    "unique": {"unique": True},
    "email": {"format": "email"},
    "url": {"format": "url"},
    "slug": {"format": "slug"},
    "create only": {"writable": "create"},
    "read only": {"writable": "never"},
    "hidden": {"readable": False},
}
FIELD_RULES = (
    "unique, default JSON, >= N, <= N, min length N, max length N, "
    'matches "REGEX", '
    "email, url, slug, "
    "-> entity.field cascade, generated uuid|identity|now|now_on_update|caller, create only, "
    "read only, hidden, readers ROLE ROLE, writers ROLE, computed [count|exists ENTITY via KEY | "
    "sum ENTITY.FIELD via KEY | past FIELD] [where FIELD is VALUE or VALUE | null], R1 R2"
)


def parse_field(line: str) -> JsonObject:
    """The field as `EntityField` data, not yet validated.

    Raises:
        ValueError: the line is not in the grammar; says which part and what is known.
    """
    match = _FIELD.match(line)
    if match is None:
        raise ValueError(f"{line!r} is not `name: type, rule, ...`")
    data: JsonObject = {"name": match["name"]} | _parse_type(match["type"], match["size"])
    if match["null"]:
        data["nullable"] = True
    rest = line[match.end() :].strip()
    if rest and not rest.startswith(","):
        raise ValueError(f"{line!r}: a comma is missing before {rest!r}")
    for rule in _RULE.findall(rest):
        if rule.strip():
            data |= _parse_rule(line, rule.strip())
    return data


def format_field(field: EntityField) -> str:
    """The field's canonical line."""
    head = f"{field.name}: {_format_type(field)}{'?' if field.nullable else ''}"
    return ", ".join([head, *_format_rules(field)])


def parse_access(text: str) -> JsonObject:
    """`public`, or grants separated by commas: a role or `*`, and `own` for one's own objects.

    Raises:
        ValueError: a grant has more words than that.
    """
    if text.strip() == "public":
        return {"public": True}
    grants: list[JsonValue] = []
    for grant in text.split(","):
        role, *rest = grant.split() or [""]
        if not role or rest not in ([], ["own"]):
            raise ValueError(f"{text!r} is not `public` or `ROLE, ROLE own, *`")
        grants.append({"role": role, "own": bool(rest)})
    return {"grants": grants}


def format_access(access: Access) -> str:
    """The access decision in one phrase; `nobody` when there is none."""
    if access.public:
        return "public"
    return ", ".join(map(_format_grant, access.grants)) or "nobody"


def parse_transition(text: str) -> JsonObject:
    """`open -> closed`, or `open -> closed by staff, admin`.

    Raises:
        ValueError: another form.
    """
    match = re.fullmatch(r"\s*(\S+)\s*->\s*(\S+)(?:\s+by\s+(.+))?\s*", text)
    if match is None:
        raise ValueError(f"{text!r} is not `state -> state` or `state -> state by role, role`")
    roles: list[JsonValue] = [role.strip() for role in (match[3] or "").split(",") if role.strip()]
    return {"source": match[1], "target": match[2], "roles": roles}


def format_transition(transition: Transition) -> str:
    """The move and who may make it."""
    by = f" by {', '.join(transition.roles)}" if transition.roles else ""
    return f"{transition.source} -> {transition.target}{by}"


def _parse_type(name: str, size: str | None) -> JsonObject:
    if name not in FIELD_TYPES:
        raise ValueError(f"{name!r} is not a type; types: {', '.join(FIELD_TYPES)}")
    data: JsonObject = {"type": name}
    if not size:
        return data
    if name == "array":
        item = re.fullmatch(r"\s*(\w+)(?:\((\w+)\))?\s*", size)
        if item is None:
            raise ValueError(f"array({size}) is not `array(TYPE)` or `array(enum(NAME))`")
        return data | {"item_type": item[1]} | ({"enum": item[2]} if item[2] else {})
    if name == "enum":
        return data | {"enum": size.strip()}
    numbers = [int(part) for part in size.split(",") if part.strip().isdigit()]
    keys = {"string": ["max_length"], "decimal": ["precision", "scale"]}.get(name, [])
    if len(numbers) != len(keys):
        raise ValueError(f"{name}({size}): use string(LENGTH), decimal(PRECISION,SCALE)")
    return data | dict(zip(keys, numbers, strict=True))


def _parse_rule(line: str, rule: str) -> JsonObject:
    if rule in _FLAGS:
        return _FLAGS[rule]
    for pattern, read in _PATTERNS:
        if match := pattern.fullmatch(rule):
            return read(match)
    raise ValueError(f"{line!r}: {rule!r} is not a rule; rules: {FIELD_RULES}")


def _parse_default(text: str) -> JsonValue:
    """JSON, or a bare word as a string (`default open`)."""
    try:
        value: JsonValue = json.loads(text)
    except json.JSONDecodeError:
        return text
    return value


def parse_computed(match: re.Match[str]) -> JsonObject:
    """A match of `COMPUTED` as `Computed` data, not yet validated."""
    found: JsonObject = {key: word for key, word in match.groupdict().items() if word}
    if own := found.pop("own", None):
        found["field"] = own
    values = str(found.pop("values", "null")).split(" or ")
    return found | {"values": [] if values == ["null"] else [*values]}


def _format_computed(computed: Computed) -> str:
    words = ["computed", computed.by] if computed.by != "hand" else ["computed"]
    words += [".".join(filter(None, (computed.entity, computed.field)))]
    words += ["via", computed.via] if computed.via else []
    if computed.where:
        words += ["where", computed.where, "is", " or ".join(computed.values) or "null"]
    return " ".join(filter(None, words))


COMPUTED = (
    r"computed"
    r"(?: (?P<by>count|exists|sum|past) (?:(?P<entity>\w+)(?:\.(?P<field>\w+))? via (?P<via>\w+)"
    r"|(?P<own>\w+)))?(?: where (?P<where>\w+) is (?P<values>\w+(?: or \w+)*))?"
)
_RULES: dict[str, Callable[[re.Match[str]], JsonObject]] = {
    r"->\s*(?P<entity>\w+)(?:\.(?P<field>\w+))?(?:\s+(?P<on_delete>restrict|cascade|set_null))?": (
        lambda match: {"references": {key: word for key, word in match.groupdict().items() if word}}
    ),
    r">=\s*(-?\d+(?:\.\d+)?)": lambda match: {"minimum": float(match[1])},
    r"<=\s*(-?\d+(?:\.\d+)?)": lambda match: {"maximum": float(match[1])},
    r"min length (\d+)": lambda match: {"min_length": int(match[1])},
    r'matches "(.+)"': lambda match: {"pattern": match[1].replace('\\"', '"')},
    r"max length (\d+)": lambda match: {"max_length": int(match[1])},
    r"generated (\w+)": lambda match: {"generated": match[1]},
    COMPUTED: lambda match: {"computed": parse_computed(match), "writable": "never"},
    r"R\d+(?:\s+R\d+)*": lambda match: {"requirements": [*match[0].split()]},
    r"(readers|writers) (\w+(?: \w+)*)": lambda match: {match[1]: [*match[2].split()]},
    r"default (.+)": lambda match: {"default": _parse_default(match[1])},
}
_PATTERNS = tuple((re.compile(text), read) for text, read in _RULES.items())


def _format_type(field: EntityField) -> str:
    enum = f"enum({field.enum})"
    if field.type == "enum":
        return enum
    if field.type == "array":
        return f"array({enum if field.item_type == 'enum' else field.item_type})"
    if field.type == "string" and field.max_length is not None:
        return f"string({field.max_length})"
    if field.type == "decimal" and field.precision is not None:
        return f"decimal({field.precision},{field.scale or 0})"
    return field.type


def _format_rules(field: EntityField) -> Iterable[str]:
    data = field.model_dump(mode="json")
    flags = (rule for rule, effect in _FLAGS.items() if effect.items() <= data.items())
    yield from (flag for flag in flags if not (field.computed and flag == "read only"))
    if field.references:
        yield _format_reference(field.references)
    if field.computed:
        yield _format_computed(field.computed)
    if field.generated:
        yield f"generated {field.generated}"
    bounds = {">=": field.minimum, "<=": field.maximum}
    yield from (f"{sign} {bound:.15g}" for sign, bound in bounds.items() if bound is not None)
    if field.pattern is not None:
        quoted = re.sub(r'(\\.)|"', lambda match: match[1] or '\\"', field.pattern)
        yield f'matches "{quoted}"'
    if field.min_length is not None:
        yield f"min length {field.min_length}"
    if field.max_length is not None and field.type != "string":
        yield f"max length {field.max_length}"
    if field.default is not None:
        yield f"default {json.dumps(field.default, ensure_ascii=False)}"
    roles = {"readers": field.readers, "writers": field.writers}
    yield from (f"{name} {' '.join(names)}" for name, names in roles.items() if names)
    if field.requirements:
        yield " ".join(field.requirements)


def _format_reference(reference: Reference) -> str:
    field = "" if reference.field == "id" else f".{reference.field}"
    action = "" if reference.on_delete == "restrict" else f" {reference.on_delete}"
    return f"-> {reference.entity}{field}{action}"


def _format_grant(grant: Grant) -> str:
    return f"{grant.role} own" if grant.own else grant.role
