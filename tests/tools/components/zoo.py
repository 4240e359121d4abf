"""A Blueprint with every type, awkward names, and conventions unlike ours wherever they can be."""

from tests.tools.components.blueprints import ANY_USER, PUBLIC, granted
from tools.blueprint.conventions import (
    Conventions,
    Environment,
    Errors,
    Formats,
    Pagination,
    Tokens,
)
from tools.blueprint.model import (
    Access,
    Auth,
    Blueprint,
    Endpoint,
    Entity,
    EntityField,
    Enum,
    Operation,
    Reference,
)

OWN = granted(own=("*",))

CONVENTIONS = Conventions(
    base_path="/api/v2",
    errors=Errors(style="detail", validation_status=400),
    pagination=Pagination(
        style="offset",
        default_size=5,
        max_size=50,
        size_param="size",
        position_param="start",
        items_key="data",
        total_key="count",
    ),
    formats=Formats(
        id_type="integer", decimal="number", unknown_fields="ignore", trim_strings=False
    ),
    tokens=Tokens(
        access_key="accessToken",
        refresh_key="refreshToken",
        type_key="tokenType",
        expires_key=None,
        login_body="json",
    ),
    environment=Environment(
        environment="APP_ENV",
        database_url="PG_URL",
        test_database_url="PG_TEST_URL",
        secret_key="JWT_KEY",
        cors_origins="ALLOWED_ORIGINS",
        first_admin_login="ROOT_NAME",
        first_admin_password="ROOT_PASSWORD",
    ),
    foreign_object=403,
    health_path="/livez",
    ready_path="/readyz",
)


def reference(name: str, entity: str, *, nullable: bool = False) -> EntityField:
    return EntityField(
        name=name, type="integer", nullable=nullable, references=Reference(entity=entity)
    )


MEMBER = Entity(
    name="member",
    table="members",
    owner="id",
    fields=(
        EntityField(name="nickname", type="string", max_length=40, format="slug"),
        reference("favorite_id", "request", nullable=True),
    ),
)

REQUEST = Entity(
    name="request",
    table="metadata",
    owner="member_id",
    unique_together=(("date", "member_id"),),
    indexes=(("float", "decimal"),),
    fields=(
        EntityField(
            name="member_id",
            type="integer",
            references=Reference(entity="member", on_delete="cascade"),
            generated="caller",
            writable="never",
        ),
        EntityField(name="class", type="string", max_length=30, min_length=2),
        EntityField(name="metadata", type="jsonb", nullable=True),
        EntityField(name="date", type="date"),
        EntityField(name="time", type="time", nullable=True),
        EntityField(name="datetime", type="timestamptz"),
        EntityField(name="interval", type="interval", nullable=True),
        EntityField(name="float", type="float", minimum=-1.5, maximum=99),
        EntityField(name="decimal", type="decimal", precision=8, scale=3, minimum=0.001),
        EntityField(name="bigint", type="bigint", default=7),
        EntityField(name="bool", type="boolean", default=False),
        EntityField(name="uuid", type="uuid", nullable=True),
        EntityField(name="bytes", type="bytes", nullable=True),
        EntityField(name="enum", type="enum", enum="mood", default="3rd"),
        EntityField(name="moods", type="array", item_type="enum", enum="mood", nullable=True),
        EntityField(name="words", type="array", item_type="string", max_length=20),
        EntityField(name="link", type="string", max_length=200, format="url", nullable=True),
        EntityField(name="select", type="text", nullable=True, writable="create"),
        EntityField(name="order", type="integer", minimum=1, maximum=9),
        EntityField(name="left", type="integer", minimum=0, maximum=9, default=1),
        reference("parent_id", "request", nullable=True),
        EntityField(name="created_at", type="timestamptz", generated="now"),
        EntityField(name="updated_at", type="timestamptz", generated="now_on_update"),
    ),
)

RESPONSE = Entity(
    name="response",
    table="responses",
    owner="request.member_id",
    fields=(
        reference("request_id", "request"),
        EntityField(name="text", type="text", max_length=100),
    ),
)


def endpoint(operation: Operation, key: str, entity: str | None, access: Access) -> Endpoint:
    """`POST /members` and its status."""
    method, path = key.split()
    status = {"create": 201, "register": 201, "delete": 204, "logout": 204}.get(operation, 200)
    return Endpoint.model_validate(
        {
            "operation": operation,
            "method": method,
            "path": path,
            "entity": entity,
            "access": access,
            "status": status,
            "parent": "request_id" if path.startswith("/requests/{request_id}/") else None,
        }
    )


ZOO = Blueprint(
    name="zoo",
    title='Zoo of "everything"',
    conventions=CONVENTIONS,
    auth=Auth(
        user_entity="member",
        login_field="nickname",
        password_field="pass",
        role_field=None,
        password_hash="bcrypt",
        password_max_length=60,
        rotation=False,
    ),
    enums=(Enum(name="mood", values=("very-good", "bad", "3rd", "class")),),
    entities=(MEMBER, REQUEST, RESPONSE),
    endpoints=(
        endpoint("register", "POST /members", None, PUBLIC),
        endpoint("login", "POST /sessions", None, PUBLIC),
        endpoint("refresh", "PUT /sessions", None, PUBLIC),
        endpoint("logout", "DELETE /sessions", None, PUBLIC),
        endpoint("get", "GET /members/{id}", "member", ANY_USER),
        endpoint("update", "PATCH /members/{id}", "member", OWN),
        endpoint("create", "POST /requests", "request", ANY_USER),
        endpoint("list", "GET /requests", "request", OWN).model_copy(
            update={
                "filters": ("class", "bool", "enum", "date", "parent_id"),
                "search": ("class", "select"),
                "sort": ("float", "decimal", "datetime"),
            }
        ),
        endpoint("get", "GET /requests/{id}", "request", ANY_USER),
        endpoint("update", "PUT /requests/{id}", "request", OWN),
        endpoint("delete", "DELETE /requests/{id}", "request", OWN),
        endpoint("create", "POST /responses", "response", OWN),
        endpoint("list", "GET /responses", "response", PUBLIC).model_copy(update={"paged": False}),
        endpoint("list", "GET /requests/{request_id}/responses", "response", OWN),
        endpoint("create", "POST /requests/{request_id}/responses", "response", OWN),
        endpoint("update", "PATCH /requests/{request_id}/responses/{id}", "response", OWN),
        endpoint("delete", "DELETE /responses/{id}", "response", OWN),
    ),
)
