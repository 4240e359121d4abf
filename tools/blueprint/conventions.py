"""The conventions of an API: what a spec may dictate and every emitter obeys.

Each default here is ours and applies only where the spec is silent.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict


class Convention(BaseModel):
    """Base of a group of conventions."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Errors(Convention):
    """The body of every error answer."""

    style: Literal["problem", "envelope", "detail"] = "problem"
    """`problem`: RFC 9457, `application/problem+json` with type, title, status, detail, code.
    `envelope`: `{"error": {"code", "message", "details"}}`. `detail`: `{"detail": ...}`."""
    validation_status: Literal[400, 422] = 422
    """Status of a body or parameter that does not validate."""


class Pagination(Convention):
    """How lists are cut into pages."""

    style: Literal["keyset", "offset", "page"] = "keyset"
    """`keyset`: `?limit=&cursor=`. `offset`: `?limit=&offset=`. `page`: `?page=&page_size=`."""
    default_size: int = 20
    max_size: int = 100
    size_param: str = "limit"
    position_param: str = "cursor"
    """Name of the cursor, offset or page parameter."""
    items_key: str = "items"
    next_key: str = "next_cursor"
    """Key of the next cursor (keyset only); null on the last page."""
    total_key: str | None = None
    """Key of the total count; None: no count. `offset` and `page` default to `total`."""


class Formats(Convention):
    """How values look on the wire."""

    id_type: Literal["uuid", "integer"] = "uuid"
    decimal: Literal["string", "number"] = "string"
    """JSON form of money and other decimals."""
    unknown_fields: Literal["forbid", "ignore"] = "forbid"
    """Keys of a request body that the schema does not have: 422 or dropped."""
    trim_strings: bool = True
    """Leading and trailing white space of strings is removed before validation."""


class Tokens(Convention):
    """Login and refresh answers."""

    access_key: str = "access_token"
    refresh_key: str = "refresh_token"
    type_key: str = "token_type"
    expires_key: str | None = "expires_in"
    """Key of the access token's lifetime in seconds; None: left out."""
    login_body: Literal["form", "json"] = "form"
    """`form`: the OAuth2 password flow (username, password). `json`: login field and password."""


class Commands(Convention):
    """How the backend is driven, from its own folder."""

    migrate: str = "alembic upgrade head"
    start: str = "uvicorn app.main:create_app --factory --host 0.0.0.0 --port 8000"
    test: str = "python -m pytest"
    port: int = 8000


class Environment(Convention):
    """Names of the environment variables."""

    environment: str = "ENVIRONMENT"
    """`development`, `test` or `production`; outside development default secrets are refused."""
    database_url: str = "DATABASE_URL"
    test_database_url: str = "TEST_DATABASE_URL"
    secret_key: str = "SECRET_KEY"  # noqa: S105 - the name of a variable
    cors_origins: str = "CORS_ORIGINS"
    """Comma-separated list of origins."""
    cache_url: str = "CACHE_URL"
    """Of the Valkey or Redis that keeps answers for every process; unset: each keeps its own."""
    first_admin_login: str = "FIRST_ADMIN_EMAIL"
    first_admin_password: str = "FIRST_ADMIN_PASSWORD"  # noqa: S105 - the name of a variable
    port: str | None = None
    """Variable with the port to listen on; None: the start command says it."""
    database_path: str | None = None
    """Variable with the path of an SQLite file; None: the data is in PostgreSQL."""
    extra: dict[str, str] = {}
    """Further variables that the spec names -> a value for tests."""


class Conventions(Convention):
    """All conventions of one API."""

    base_path: str = ""
    """Prefix of every path (`/api/v1`); health endpoints stay at the root."""
    errors: Errors = Errors()
    pagination: Pagination = Pagination()
    formats: Formats = Formats()
    tokens: Tokens = Tokens()
    commands: Commands = Commands()
    environment: Environment = Environment()
    foreign_object: Literal[404, 403] = 404
    """Answer to a caller who may only touch their own objects and asks for another's."""
    health_path: str = "/health"
    ready_path: str = "/ready"
