"""The Blueprint: the one typed description of a backend that everything structured reads.

Intake and the model fill it, `freeze` fixes it, components write code from it, the verifier
derives its tests from the frozen copy. It is plain data: one JSON file, `blueprint.json`.

Names: an entity, field, role or enum name is snake_case; an entity is singular (`book`) and
its table is named by `Entity.table` (`books`). A *path* is `entity.field` or a chain of foreign
keys that ends in a field (`order.customer_id`). R-ids (`R1`) number the requirements of the spec.
"""

from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    SerializerFunctionWrapHandler,
    StringConstraints,
    field_validator,
    model_serializer,
)

from tools.blueprint.conventions import Conventions

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
UNPAGED_ROWS = 10_000
"""The most rows that a list without pages answers."""
OrderTerm = Annotated[str, StringConstraints(pattern=r"^-?[a-z][a-z0-9_]{0,62}$")]
"""A field to sort by; `-` puts the largest first."""
RequirementId = Annotated[str, StringConstraints(pattern=r"^R[0-9]+$")]
SpecLine = Annotated[int, Field(ge=1)]


class Node(BaseModel):
    """Base of every part of the Blueprint: unknown keys are errors, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Traced(Node):
    """A part that says where it comes from, so that proof can be traced to the spec."""

    requirements: tuple[RequirementId, ...] = ()
    """Requirements that this part satisfies when its acceptance tests pass."""
    line: SpecLine | None = None
    """Line of the spec that states it; None when a model or a default added it."""


FieldType = Literal[
    "string",  # varchar(max_length)
    "text",
    "integer",
    "bigint",
    "decimal",  # numeric(precision, scale)
    "float",
    "boolean",
    "date",
    "time",
    "timestamptz",
    "interval",
    "uuid",
    "jsonb",
    "bytes",
    "enum",
    "array",
]


class Reference(Node):
    """A foreign key."""

    entity: Name
    field: Name = "id"
    on_delete: Literal["restrict", "cascade", "set_null"] = "restrict"


class Computed(Node):
    """How a field that is no column follows from others, whenever its row is read."""

    by: Literal["hand", "count", "exists", "sum", "past"] = "hand"
    """`count`, `exists`, `sum`: over child rows. `past`: a date of the row's own is over.
    `hand`: as the spec says, in an expression written by hand."""
    entity: Name | None = None
    """The child entity."""
    via: Name | None = None
    """The child's foreign key to this entity."""
    field: Name | None = None
    """`sum`: the child's number. `past`: the row's own date or time."""
    where: Name | None = None
    """Field that says which rows count; of the child, for `past` of the row itself."""
    values: tuple[str, ...] = ()
    """Values of that enum field that count; empty: the field is null."""


class EntityField(Traced):
    """A value of a row, stored in a column or computed, and what callers may do with it."""

    name: Name
    type: FieldType
    nullable: bool = False
    unique: bool = False
    default: JsonValue = None
    """Value of a row that leaves the field out; None means none unless `nullable`."""
    generated: Literal["uuid", "identity", "now", "now_on_update", "caller"] | None = None
    """Filled by the server or the database, never by a client. `caller`: the id of whoever calls
    (owner, author); such a field is `writable="never"`."""
    format: Literal["email", "url", "slug"] | None = None
    pattern: str | None = None
    """Regular expression that is found in every value: `^` and `$` anchor it. Without look-around
    and backreferences, so that matching takes linear time."""
    min_length: int | None = None
    max_length: int | None = None
    """Characters. Required for `string`; intake fills the default of 255."""
    minimum: float | None = None
    maximum: float | None = None
    precision: int | None = None
    scale: int | None = None
    enum: Name | None = None
    """Name of an `Enum`, required for type `enum` (and arrays of enums)."""
    item_type: FieldType | None = None
    """Element type, required for type `array`."""
    references: Reference | None = None
    computed: Computed | None = None
    """Present when the field is no column but is computed; nobody can write it."""
    writable: Literal["always", "create", "never"] = "always"
    """`create`: set once by POST. `never`: set by the server (owner, totals, states)."""
    readable: bool = True
    """False: never in any response (password hashes, secrets)."""
    readers: tuple[Name, ...] = ()
    """Roles in whose responses it is; empty: everybody who may read the object."""
    writers: tuple[Name, ...] = ()
    """Roles that may set it; empty: whoever may call the endpoint."""
    description: str = ""


class Embed(Node):
    """Child rows written and read inside their parent: an order and its items."""

    entity: Name
    """The child entity."""
    field: Name
    """Key in the parent's JSON, holding a list of children."""
    via: Name
    """The child's foreign key to the parent."""
    min_items: int = 1
    max_items: int = 100


class UniqueWhile(Node):
    """Fields that no two rows share while both are in one of some states."""

    fields: tuple[Name, ...]
    field: Name
    """Enum field that says which rows count (`status`)."""
    values: tuple[str, ...]
    """Its values that count (`open`)."""


class Entity(Traced):
    """A table and the resource it is."""

    name: Name
    table: Name
    fields: tuple[EntityField, ...]
    primary_key: tuple[Name, ...] = ("id",)
    unique_together: tuple[tuple[Name, ...], ...] = ()
    unique_while: tuple[UniqueWhile, ...] = ()
    indexes: tuple[tuple[Name, ...], ...] = ()
    owner: str | None = None
    """Field that holds the owning user's id, or a path to it (`order.customer_id` on an item)."""
    embeds: tuple[Embed, ...] = ()
    soft_delete: bool = False
    """DELETE hides a row: no answer shows it, nothing new may refer to it, its unique values are
    free again. The row stays, with the time in `deleted_at`."""
    if_match: Literal["ignored", "optional", "required"] = "ignored"
    """`optional`: answers about one object carry an ETag, and a change or deletion whose `If-Match`
    names another version is a 412. `required`: one without `If-Match` is a 428."""
    description: str = ""

    @property
    def columns(self) -> tuple[EntityField, ...]:
        """The fields that its table holds."""
        return tuple(field for field in self.fields if field.computed is None)

    def field(self, name: str) -> EntityField:
        """The field of that name. Raises KeyError when there is none."""
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(f"{self.name} has no field {name!r}")


class Enum(Traced):
    """A closed set of values, stored as text with a CHECK constraint."""

    name: Name
    values: tuple[str, ...]


class Role(Traced):
    """A role a user may have."""

    name: Name
    description: str = ""


class Auth(Traced):
    """Users, tokens and passwords. Present exactly when the backend has users."""

    user_entity: Name = "user"
    login_field: Name = "email"
    password_field: Name = "password"  # noqa: S105 - a key
    """Key in the registration body; stored as a hash in `hash_field`, never returned."""
    hash_field: Name = "password_hash"
    role_field: Name | None = "role"
    """The user's field that holds the role; None when there are no roles."""
    default_role: Name | None = None
    """Role of whoever registers."""
    first_admin_role: Name | None = None
    """Role of the user whom the environment names; None: `admin`, else the role that may call most.
    The user is made at start while nobody has that role."""
    active_field: Name | None = None
    """The user's boolean that says whether they may log in; their tokens stop working with it."""
    password_hash: Literal["argon2id", "bcrypt"] = "argon2id"  # noqa: S105 - an algorithm
    password_min_length: int = 8
    password_max_length: int | None = None
    """Characters; None: any number within 512 bytes, the 72 that bcrypt sees."""
    access_ttl_s: int = 900
    refresh_ttl_s: int = 1_209_600
    rotation: bool = True
    """A refresh token works once."""
    reuse_ends_session: bool = True
    """A refresh token that is sent again may be stolen: all tokens of its login stop working.
    False: it is refused, and nothing more, for specs that say only that a token works once."""
    login_attempts: Annotated[int, Field(ge=0)] = 10
    """Failed logins with one name from one address within `login_window_s`; the next is a 429.
    0: any number."""
    login_window_s: Annotated[int, Field(ge=1)] = 900


class Grant(Node):
    """Who may call an endpoint."""

    role: Name | Literal["*"]
    """A role, or `*` for every logged-in user."""
    own: bool = False
    """Only on objects whose owner is the caller."""


class Access(Node):
    """The authorization decision of an endpoint. Public must be written down."""

    public: bool = False
    grants: tuple[Grant, ...] = ()


class RateLimit(Node):
    """How often one caller may call an endpoint; more is a 429 with Retry-After."""

    requests: Annotated[int, Field(ge=1)]
    per_s: Annotated[int, Field(ge=1)]
    """Length of the window, seconds."""
    by: Literal["user", "address"] = "user"
    """Whom it counts; callers without a login are always counted by address."""


Operation = Literal[
    "list",
    "get",
    "create",
    "update",
    "delete",
    "transition",  # moves one object along a StateMachine
    "bulk_create",  # {"items": [...]}: all of them or none, over `create`
    "bulk_update",  # {"items": [{"id", "changes"}]}: all of them or none, over `update`
    "bulk_delete",  # {"ids": [...]}: all of them or none, over `delete`
    "register",
    "login",
    "refresh",
    "logout",
    "me",
    "custom",  # written by hand; `request`, `response` and `status` say what it does
]


ComparisonKind = Literal["min", "max", "after", "before", "contains", "absent"]


class Comparison(Node):
    """A query parameter of a list that compares otherwise than for equality."""

    field: Name
    kind: ComparisonKind
    """`min`: >=, `max`: <=, `after`: >, `before`: <, `contains`: case-insensitive substring,
    `absent`: `true` for rows without a value, `false` for the others."""
    param: Name
    """Its name (`min_price`)."""


class Endpoint(Traced):
    """One operation of the API."""

    operation: Operation
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: Annotated[str, StringConstraints(pattern=r"^/")]
    """With `{param}` parts and without the conventions' base path."""
    entity: Name | None = None
    """What it works on; None only for `custom` and the auth operations."""
    access: Access
    status: int = 200
    """Status of success."""
    parent: Name | None = None
    """For `/tickets/{ticket_id}/comments`: the entity's foreign key that the path fills."""
    fields: tuple[Name, ...] | None = None
    """Fields a request may set; None: every writable field of the entity."""
    filters: tuple[Name, ...] = ()
    """Fields a list may be filtered by, as equal-to query parameters."""
    comparisons: tuple[Comparison, ...] = ()
    """Further filters of a list (`min_price`, `created_after`)."""
    search: tuple[Name, ...] = ()
    """Text fields that the query parameter `q` searches, case-insensitive substring."""
    sort: tuple[Name, ...] = ()
    """Fields a caller may sort a list by, both ways (`sort=price`, `sort=-price`)."""
    order: tuple[OrderTerm, ...] = ()
    """How a list is sorted when no caller says: `("-created_at", "name")` is the newest first, then
    by name. () is by `created_at`, else by the key."""
    paged: bool = True
    """False: a list answers a bare JSON array of all its rows (the first `UNPAGED_ROWS` of them),
    whatever the conventions say of pages."""
    to: str | None = None
    """For `transition`: the target state, or None when the request body names it."""
    rate_limit: RateLimit | None = None
    idempotent: bool = False
    """A POST with an `Idempotency-Key` header is answered once and repeated from memory."""
    cache_s: Annotated[int, Field(ge=0)] = 0
    """How long the backend may give the same answer again, seconds, unless what it shows changes
    before; 0: every answer is read anew. Clients keep nothing (`no-store`)."""
    description: str = ""

    @field_validator("sort", mode="before")
    @classmethod
    def _name_fields_only(cls, value: object) -> object:
        """The direction is the caller's to choose."""
        signed = [one for one in value if str(one)[:1] in "-+"] if isinstance(value, list) else []
        if signed:
            raise ValueError(
                f"name the field without {signed[0][0]!r}: callers choose the direction with "
                "sort=-price; what a list is sorted by when they do not is `order`"
            )
        return value

    @property
    def key(self) -> str:
        """`METHOD /path`, unique in a Blueprint."""
        return f"{self.method} {self.path}"

    @property
    def takes_query(self) -> bool:
        """Whether a list has any query parameters."""
        return bool(self.paged or self.filters or self.comparisons or self.search or self.sort)

    @property
    def ordering(self) -> tuple[tuple[str, bool], ...]:
        """`order` as (field, whether the largest comes first)."""
        return tuple((term.lstrip("-"), term.startswith("-")) for term in self.order)


class Transition(Node):
    """An allowed move of a state machine."""

    source: str
    target: str
    roles: tuple[Name, ...] = ()
    """Who may make it; empty: whoever may call the endpoint."""


class KindedRule(Traced):
    """Base of rules: `kind` tells them apart, so it is written even where defaults are left out."""

    @model_serializer(mode="wrap")
    def _write_kind(self, write: SerializerFunctionWrapHandler) -> dict[str, JsonValue]:
        return {"kind": getattr(self, "kind", None), **write(self)}


class StateMachine(KindedRule):
    """A field that changes only along given transitions; any other move is a 409."""

    kind: Literal["states"] = "states"
    entity: Name
    field: Name
    initial: str
    transitions: tuple[Transition, ...]


class StockRule(KindedRule):
    """Creating a row takes from a counter; too little left is a 409 and nothing changes."""

    kind: Literal["stock"] = "stock"
    entity: Name
    """Rows of this entity take (`order_item`)."""
    amount: Name
    """The row's field that says how much (`quantity`)."""
    via: Name
    """The row's foreign key to the entity that has the counter (`book_id`)."""
    counter: Name
    """The counter's field there (`stock`)."""


class CopyRule(KindedRule):
    """A field is copied from a referenced row when the row is created, then never changes."""

    kind: Literal["copy"] = "copy"
    entity: Name
    field: Name
    via: Name
    source: Name


class SumRule(KindedRule):
    """A parent's field is the sum over its embedded children of a product of their fields."""

    kind: Literal["sum"] = "sum"
    entity: Name
    field: Name
    child: Name
    factors: tuple[Name, ...]
    """Fields of the child that are multiplied (`quantity`, `unit_price`)."""


class QuotaRule(KindedRule):
    """At most so many rows, or so much of one field, per referenced row; more is a 409."""

    kind: Literal["quota"] = "quota"
    entity: Name
    per: Name
    """The entity's foreign key whose rows are counted (`member_id`)."""
    limit: Annotated[int, Field(ge=0)] | None = None
    limit_field: Name | None = None
    """Field of the referenced row that holds the limit (`capacity`), instead of `limit`."""
    amount: Name | None = None
    """Numeric field whose sum is limited (`hours`); None: rows are counted."""
    field: Name | None = None
    """Enum field that says which rows count; None: all."""
    values: tuple[str, ...] = ()
    """Its values that count (`open`)."""


class CustomRule(KindedRule):
    """A rule in words, implemented by hand; proven by the scenarios that name its requirement."""

    kind: Literal["custom"] = "custom"
    name: Name
    text: str


Rule = Annotated[
    StateMachine | StockRule | CopyRule | SumRule | QuotaRule | CustomRule,
    Field(discriminator="kind"),
]


class Step(Node):
    """One request of a scenario and what its answer must be."""

    actor: str | None = None
    """`role` or `role:label` (`customer:alice`) of a logged-in user; None: no token."""
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: str
    """May hold `{{name}}` of a value saved by an earlier step, and dates as `{{today-20}}`."""
    body: JsonValue = None
    """JSON body; strings may hold `{{name}}`."""
    status: int
    expect: dict[str, JsonValue] = {}
    """Dotted path into the JSON answer -> the exact value (`items.0.quantity`: 2), which may
    hold `{{name}}` too. `items.#` is how many there are, `items.#.name` the names of all in order,
    "" the whole answer."""
    lacks: tuple[str, ...] = ()
    """Dotted paths at which the answer has nothing."""
    save: dict[str, str] = {}
    """Name -> dotted path into the JSON answer, for later steps."""
    at_once: bool = False
    """Sent at the same moment as the steps beside it that say so too. Their statuses may come in
    any order; `expect`, `lacks` and `save` are about an answer with the step's status."""


class Scenario(Traced):
    """An acceptance criterion as a black-box HTTP conversation."""

    name: Name
    description: str = ""
    steps: tuple[Step, ...]

    @property
    def turns(self) -> list[list[Step]]:
        """The steps one after the other, those that are sent at once together."""
        found: list[list[Step]] = []
        for step in self.steps:
            if found and step.at_once and found[-1][0].at_once:
                found[-1].append(step)
            else:
                found.append([step])
        return found


class WrittenTest(Traced):
    """An acceptance criterion as pytest code: what no scenario can say (files, headers, HTML)."""

    name: Name
    code: str
    """A module that talks HTTP to `os.environ["BASE_URL"]`; each of its tests is evidence."""


class OutboundService(Traced):
    """A service the backend calls by HTTP."""

    name: Name
    base_url_env: str
    timeout_s: float = 10


class GivenDatabase(Node):
    """Tables that a Database Agent owns: the first revision makes them exactly as they were given
    where they are missing, and no migration ever alters them."""

    source: str
    """File or address, for messages."""
    statements: tuple[str, ...]
    """SQL, in order."""
    tables: tuple[str, ...]
    """`name`, or `schema.name` outside `public`."""
    enums: tuple[str, ...] = ()
    """PostgreSQL enum types among them."""
    computed: tuple[str, ...] = ()
    """`table.column` of generated columns: nobody may write them."""


class Requirement(Node):
    """One numbered statement of the spec."""

    id: RequirementId
    text: str
    line: SpecLine


class Blueprint(Node):
    """A whole backend."""

    blueprint_version: Literal[1] = 1
    name: Name
    title: str
    summary: str = ""
    form: Literal["house", "free"] = "house"
    """`house`: components write the layout. `free`: the spec dictates the form."""
    packages: tuple[str, ...] | None = None
    """What the spec lets the backend import besides the standard library; None: anything."""
    conventions: Conventions = Conventions()
    given: GivenDatabase | None = None
    """Present when a Database Agent handed over SQL."""
    enums: tuple[Enum, ...] = ()
    entities: tuple[Entity, ...] = ()
    roles: tuple[Role, ...] = ()
    auth: Auth | None = None
    endpoints: tuple[Endpoint, ...] = ()
    rules: tuple[Rule, ...] = ()
    outbound: tuple[OutboundService, ...] = ()
    scenarios: tuple[Scenario, ...] = ()
    tests: tuple[WrittenTest, ...] = ()
    requirements: tuple[Requirement, ...] = ()
    not_testable: dict[RequirementId, str] = {}
    """Requirement -> why no black-box test can show it (a wish, background); part of the result."""
    assumptions: tuple[str, ...] = ()
    """What the spec leaves open and how it was decided."""

    def entity(self, name: str) -> Entity:
        """The entity of that name. Raises KeyError when there is none."""
        for entity in self.entities:
            if entity.name == name:
                return entity
        raise KeyError(f"no entity {name!r}")

    def enum(self, name: str) -> Enum:
        """The enum of that name. Raises KeyError when there is none."""
        for enum in self.enums:
            if enum.name == name:
                return enum
        raise KeyError(f"no enum {name!r}")

    def endpoint(self, operation: str, entity: str | None = None) -> Endpoint | None:
        """The first endpoint with that operation (on that entity), or None."""
        for endpoint in self.endpoints:
            if endpoint.operation == operation and entity in (None, endpoint.entity):
                return endpoint
        return None
