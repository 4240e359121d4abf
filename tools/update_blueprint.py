"""Merges what the model says about the backend into the draft Blueprint."""

from collections.abc import Iterator
from typing import Literal

from pydantic import Field, JsonValue

from tools.base import Args, Observation, Tool, ToolContext, ToolError
from tools.blueprint.coverage import NO_ENDPOINTS, NO_PART, Gap, find_gaps, lacks_endpoints
from tools.blueprint.merge import add_requirements, merge_parts, remove_parts
from tools.blueprint.model import Blueprint
from tools.blueprint.outline import outline_gaps
from tools.blueprint.parts import named_parts
from tools.blueprint.validate import validate_blueprint
from tools.excerpt import count_of

MAX_PROBLEMS = 12
MAX_REQUIREMENTS = 12

JsonObject = dict[str, JsonValue]


class UpdateBlueprintArgs(Args):
    """Arguments of `update_blueprint`."""

    name: str = Field("", description="snake_case name of the backend")
    title: str = Field("", description="Title for people")
    summary: str = Field("", description="One sentence")
    form: Literal["house", "free"] = Field(
        "house", description="free: the spec dictates files or libraries, so nothing is generated"
    )
    conventions: JsonObject = Field({}, description="Keys to change, nested")
    auth: JsonObject = Field({}, description="Keys to change")
    enums: list[JsonObject] = Field([], description="{name, values}")
    roles: list[str] = Field([], description="Names")
    entities: list[JsonObject] = Field([], description="See above")
    endpoints: list[JsonObject] = Field([], description="See above")
    rules: list[JsonObject] = Field([], description="See above")
    outbound: list[JsonObject] = Field([], description="{name, base_url_env, timeout_s}")
    scenarios: list[JsonObject] = Field([], description="See above")
    tests: list[JsonObject] = Field([], description="See above")
    packages: list[str] | None = Field(
        None,
        description="Packages that the spec allows, when it lists them: no others are imported",
    )
    not_testable: dict[str, str] = Field({}, description="R-id: why")
    assumptions: list[str] = Field([], description="Decisions the spec left open")
    covers: dict[str, list[str]] = Field(
        {}, description='R-id: parts that show it, e.g. {"R4": ["POST /orders", "scenario buy"]}'
    )
    remove: list[str] = Field([], description="Parts to remove, by name, before the rest is added")


def update_blueprint(ctx: ToolContext, args: UpdateBlueprintArgs) -> Observation:
    """Add, change and remove parts of the draft Blueprint; answers what is still missing.

    Parts are named as show_blueprint shows them: `POST /orders`, `entity book`, `field book.title`,
    `enum genre`, `role admin`, `rule NAME`, `scenario buy`, `test upload`. A part that
    exists is patched: give its name and the keys to change. Send many parts in one call; what does
    not fit is left out and named, the rest is kept. Any part may have
    "requirements": ["R1"]. Names are snake_case.

    entity: {"name": "order_item", "table": "order_items", "fields": [...]} and where they apply
    "owner" (field with the owning user's id, or a path to it: "order.customer_id"),
    "unique_together": [["a", "b"]], "indexes": [["a"]], "embeds": [{"entity", "field", "via",
    "min_items", "max_items"}] (children in the parent's JSON), "soft_delete" (DELETE only hides),
    "if_match": "optional"|"required" (answers carry an ETag; a change of another version is 412),
    "unique_while": [{"fields": ["seat_id"], "field": "status", "values": ["open"]}],
    "primary_key" (an `id` is added otherwise). Fields merge by name, each is one line: "title:
    string(200), unique, R3", "price: decimal(10,2), >= 0", "bio: text?" (? is nullable), "status:
    enum(order_status), default new, read only", "customer_id: uuid, -> user cascade, generated
    caller, read only", "created_at: timestamptz, generated now, read only", "tags: array(string)".
    Types: string(N) text integer bigint decimal(P,S) float boolean date time timestamptz interval
    uuid jsonb bytes enum(NAME) array(TYPE). Rules: unique, default JSON, >= N, <= N, min length N,
    max length N, matches "^[A-Z]{3}$" (a regular expression found in the text, without look-around
    and backreferences), email, url, slug, -> entity.field restrict|cascade|set_null, generated
    uuid|identity|now|now_on_update|caller, create only, read only (for clients), hidden, readers
    staff admin (only these roles see it), writers admin (only these may set it; default needed).
    What answers show but no column holds is "computed": "open_loans: integer, computed count loan
    via tool_id where status is open", "computed exists loan via tool_id", "computed sum item.price
    via order_id", "overdue: boolean, computed past due_on where returned_at is null"; any other
    is "computed" alone, its SQL expression left to you. Without the word it is a stored column.

    endpoint: {"operation", "method", "path" (without base path), "entity", "access"} and where they
    apply "status" (default 201, 204 or 200 by operation), "parent" (foreign key that the path
    fills), "fields" (that a create or update may set), "filters" (equal to), "comparisons":
    [{"field", "kind": min|max|after|before|contains|absent, "param": "min_price"}], "search",
    "sort" (fields that callers may sort by, both ways), "order" (of the list when they do not:
    ["-created_at", "name"] is newest first, then by name), "paged" (false: a list answers a bare
    JSON array of all rows, at most 10,000, not pages), "to" (target state), "rate_limit":
    {"requests", "per_s", "by": user|address} (more is a 429), "idempotent" (a POST that takes an
    Idempotency-Key), "description". operation: list get create update delete transition bulk_create
    bulk_update bulk_delete (over create, update and delete of one, with the same access) register
    login refresh logout me custom. access: "public", or grants such as "admin, customer own" or "*"
    (any logged-in user); own is only one's own objects.

    rule: {"kind": "states", "entity", "field", "initial", "transitions": ["new -> paid", "paid ->
    sent by staff, admin"]}; {"kind": "stock", "entity", "amount", "via", "counter"} (a new row
    takes amount from counter of the row that via points to); {"kind": "copy", "entity", "field",
    "via", "source"}; {"kind": "sum", "entity", "field", "child", "factors"}; {"kind": "quota",
    "entity", "per" (foreign key), "limit" or "limit_field" (of the row per leads to), and where
    they apply "amount" (field that is summed, else rows count), "field", "values" (states that
    count)}; {"kind": "custom", "name", "text"} for what must be written by hand, with a scenario
    or test that shows it.

    scenario: {"name", "steps": [{"actor": "customer:alice", "method", "path", "body", "status",
    "expect": {"items.0.quantity": 2}, "save": {"order": "id"}}]}. expect compares exactly: "items"
    a whole list, "items.#" its length, "items.#.name" the names in order, "" the whole answer;
    "lacks": ["items.0.note"] is what must not be there. Neighbouring steps with "at_once": true are
    sent at the same moment and their statuses may come in any order: the way to show that of two
    one gets 201 and one 409. actor is a role with a label, or left out for nobody; actors are new
    users (registered, else put in the database) with the defaults of their columns, logged in.
    "{{order}}" is filled in the path, body and expect of later steps; "{{today}}", "{{today+14}}",
    "{{today-20}}" are dates in UTC. Each scenario starts without rows but its actors.

    test: {"name", "code"}, for what a scenario cannot say (headers, uploads, raw or HTML answers):
    a pytest module, synchronous, with httpx2 against os.environ["BASE_URL"], in a machine of its
    own that has the backend's environment variables but none of its files. Each test function
    that passes on an empty server is refused. None can be changed after the freeze.

    form "free": the spec dictates files, packages or another database. Then say "packages", and in
    conventions what it dictates: commands {start, port, migrate: "" and test: "" where it leaves no
    place for them}, environment {port, database_path (SQLite), secret_key, extra {NAME: value}}.

    auth: user_entity login_field password_field hash_field role_field default_role password_hash
    password_min_length password_max_length access_ttl_s refresh_ttl_s rotation reuse_ends_session
    (true: a refresh token sent twice ends all of its login's; false where the spec says only that
    each works once) login_attempts (failures per login_window_s, then 429; 0: any number)
    first_admin_role (made from the environment while nobody has it) active_field (boolean; false:
    no login, tokens stop). Only a refresh or logout endpoint brings refresh tokens. A user's create
    takes the password, an update if its "fields" name it; the hash is stored. Type email is
    lower-cased.

    conventions: base_path, errors {style: problem|envelope|detail, validation_status}, pagination
    {style: keyset|offset|page, default_size, max_size, size_param, position_param, items_key,
    next_key, total_key}, formats {id_type: uuid|integer, decimal: string|number,
    unknown_fields: forbid|ignore, trim_strings},
    tokens {login_body: form|json, access_key, refresh_key, type_key, expires_key},
    foreign_object: 404|403, health_path, ready_path, commands {migrate, start, test, port},
    environment {database_url, secret_key, cors_origins, first_admin_login, first_admin_password}
    (names of variables).
    """
    before = ctx.blueprint.load()
    removed = remove_parts(before, args.remove)
    merged = merge_parts(removed.blueprint, _sections(args))
    covered = add_requirements(merged.blueprint, args.covers)
    refused = [*removed.refused, *merged.refused, *covered.refused]
    if refused and covered.blueprint == before:
        raise ToolError("\n".join(["nothing was changed:", *refused]))
    ctx.blueprint.save_draft(covered.blueprint)
    lines = [*_name_changes(before, covered.blueprint), *_refusal(refused)]
    return Observation(text="\n".join([*lines, *_missing(covered.blueprint)]))


def _refusal(refused: list[str]) -> Iterator[str]:
    if refused:
        yield "NOT taken; send only these again, mended:"
        yield from refused


def _sections(args: UpdateBlueprintArgs) -> JsonObject:
    """The arguments that are parts of a Blueprint, where they were given."""
    return args.model_dump(mode="json", include=args.model_fields_set - {"covers", "remove"})


def _name_changes(before: Blueprint, after: Blueprint) -> Iterator[str]:
    old, new = _comparable(before), _comparable(after)
    changes = {
        "added": [name for name in new if name not in old],
        "changed": [name for name in new if name in old and new[name] != old[name]],
        "removed": [name for name in old if name not in new],
    }
    if not any(changes.values()):
        yield "nothing changed"
    yield from (f"{verb}: {', '.join(names)}" for verb, names in changes.items() if names)


def _comparable(blueprint: Blueprint) -> dict[str, object]:
    """Name -> value of everything that an update may change; fields count as their entity."""
    settings = {name: getattr(blueprint, name) for name in _SETTINGS}
    parts = named_parts(blueprint).items()
    return settings | {name: part for name, part in parts if not name.startswith("field ")}


def _missing(blueprint: Blueprint) -> Iterator[str]:
    problems = validate_blueprint(blueprint)
    if problems:
        yield f"{count_of(len(problems), 'problem')}:"
        yield from (f"- {problem}" for problem in problems[:MAX_PROBLEMS])
    if len(problems) > MAX_PROBLEMS:
        yield f"... and {len(problems) - MAX_PROBLEMS} more"
    gaps = find_gaps(blueprint)
    if gaps:
        yield f"{count_of(len(gaps), 'requirement')} without proof yet:"
        yield from (f"  {line}" for line in _gap_lines(gaps))
    if lacks_endpoints(blueprint):
        yield NO_ENDPOINTS
    elif not problems and not gaps:
        yield "nothing is missing: freeze_blueprint when the Blueprint says what the spec says"


def _gap_lines(gaps: list[Gap]) -> list[str]:
    """The last few with their text; of a long list, what no part names by number only."""
    if len(gaps) <= MAX_REQUIREMENTS:
        return outline_gaps(gaps)
    named = [gap for gap in gaps if gap.reason != NO_PART]
    others = [gap.requirement.id for gap in gaps if gap.reason == NO_PART]
    return [*outline_gaps(named), *([" ".join(others)] if others else [])]


_SETTINGS = ("name", "title", "summary", "form", "conventions", "not_testable", "assumptions")

UPDATE_BLUEPRINT = Tool(
    "update_blueprint",
    UpdateBlueprintArgs,
    update_blueprint,
    changes_files=True,
    phase="before_freeze",
)
