"""Every name that generated code may import, apart from the classes of the Blueprint itself."""

VOCABULARY: dict[str, str] = {
    name: f"from {module} import {name}"
    for module, names in {
        # standard library
        "collections": "Counter",
        "collections.abc": "AsyncIterator Awaitable Callable Collection Iterator Mapping Sequence",
        "contextlib": "asynccontextmanager",
        "contextvars": "ContextVar",
        "dataclasses": "dataclass field",
        "decimal": "ROUND_HALF_UP Decimal",
        "enum": "StrEnum",
        "functools": "partial",
        "http": "HTTPStatus",
        "typing": "TYPE_CHECKING Annotated Any Generic Literal Protocol Self TypeVar",
        "uuid": "UUID uuid4",
        # third party
        "aiohttp": "ClientConnectionError ClientError ClientResponseError ClientSession "
        "ClientTimeout TCPConnector ThreadedResolver web",
        "aiohttp.abc": "AbstractResolver ResolveResult",
        "aiohttp.helpers": "is_ip_address",
        "aiohttp.test_utils": "RawTestServer",
        "yarl": "URL",
        "redis.asyncio": "Redis",
        "redis.backoff": "NoBackoff",
        "redis.exceptions": "RedisError",
        "alembic": "command context op",
        "alembic.config": "Config",
        "anyio": "CapacityLimiter",
        "importlib": "import_module",
        "fastapi": "APIRouter Depends FastAPI Header Path Query Request Response",
        "fastapi.dependencies.models": "Dependant",
        "fastapi.encoders": "jsonable_encoder",
        "fastapi.exceptions": "RequestValidationError",
        "fastapi.middleware.cors": "CORSMiddleware",
        "fastapi.responses": "JSONResponse",
        "fastapi.routing": "APIRoute iter_route_contexts",
        "fastapi.security": "HTTPAuthorizationCredentials HTTPBearer OAuth2PasswordBearer "
        "OAuth2PasswordRequestForm",
        "httpx2": "ASGITransport AsyncClient",
        "pwdlib": "PasswordHash",
        "pwdlib.hashers": "HasherProtocol",
        "pwdlib.hashers.argon2": "Argon2Hasher",
        "pwdlib.hashers.bcrypt": "BcryptHasher",
        "pydantic": "AfterValidator AwareDatetime BaseModel BeforeValidator ConfigDict "
        "Field FiniteFloat JsonValue PlainSerializer RootModel SecretStr StringConstraints "
        "TypeAdapter ValidationError field_validator model_validator",
        "pydantic_settings": "BaseSettings NoDecode SettingsConfigDict",
        "sqlalchemy": "ARRAY BigInteger Boolean CheckConstraint ColumnElement Connection Date "
        "DateTime Double Enum FetchedValue ForeignKey Identity Index Integer Interval LargeBinary "
        "MetaData Numeric Select String Text Time UniqueConstraint Uuid and_ case cast delete "
        "exists false func make_url null or_ select text update",
        "sqlalchemy.dialects.postgresql": "ENUM JSONB insert",
        "sqlalchemy.event": "listens_for",
        "sqlalchemy.sql.expression": "UpdateBase",
        "sqlalchemy.exc": "DBAPIError IntegrityError SQLAlchemyError",
        "sqlalchemy.ext.asyncio": "AsyncConnection AsyncEngine AsyncSession async_sessionmaker "
        "create_async_engine",
        "sqlalchemy.orm": "DeclarativeBase InstrumentedAttribute Mapped ORMExecuteState "
        "column_property mapped_column relationship selectinload",
        "sqlalchemy.pool": "NullPool",
        "starlette.datastructures": "Headers MutableHeaders",
        "starlette.exceptions": "HTTPException",
        "starlette.types": "ASGIApp Message Receive Scope Send",
        # the generated application
        "app.access": "Allow AnyOwner AnyUser Anyone Caller anyone check_writers current_user "
        "require_access_decisions",
        "app.answer_cache": "AnswerCache CachedAnswer CachedRead open_answer_cache seal_of",
        "app.cache_stores": "CacheStore MemoryStore ValkeyStore",
        "app.watched_sessions": "WatchedSession",
        "app.auth.first_admin": "create_first_admin",
        "app.auth.models": "RefreshToken",
        "app.auth.service": "start_family",
        "app.auth.passwords": "MAX_PASSWORD_BYTES Password Passwords",
        "app.auth.schemas": "AccessToken Login RefreshRequest Registration TokenPair",
        "app.auth.tokens": "ACCESS_LIFETIME REFRESH_LIFETIME Tokens TokenType",
        "app.computed": "map_computed_fields",
        "app.config": "DEVELOPMENT_SECRET DatabaseSettings Settings load_settings",
        "app.db": "Base IntegerKey UuidKey assign connect new_id given_enum text_enum",
        "app.deps": "AnswerCacheDep LargeRowId PasswordsDep RowId SessionDep SettingsDep TokensDep",
        "app.etags": "IfMatch check_version etag_of",
        "app.idempotency": "Idempotency IdempotencyDep IdempotencyRecord",
        "app.rate_limits": "AddressLimit LOGIN_ATTEMPTS RateLimitWindow UserLimit count_call "
        "login_attempt",
        "app.error_handlers": "add_error_handlers",
        "app.errors": "ApiError ErrorBody FieldError conflict documented error_response forbidden "
        "invalid_reference invalid_value not_found too_many_requests unauthorized",
        "app.outbound": "ATTEMPTS GuardedResolver Service open_services",
        "app.retries": "LOST_RACES MOST_RUNS RetryLostRaces note_lost_race",
        "app.logs": "JsonFormatter configure_logging request_id",
        "app.main": "create_app lifespan",
        "app.middleware": "SECURITY_HEADERS RequestContext add_middleware",
        "app.openapi": "Api",
        "app.pagination": "Ordering Page PageQuery Slice Term choose_ordering paginate read_whole",
        "app.routers": "ROUTERS",
        "app.schemas": "Base64Input Base64Output Day DecimalNumber Duration Email Input "
        "NonNullJson Output SearchText TimeOfDay Timestamp UNCHANGED fix_scale unchanged",
    }.items()
    for name in names.split()
} | {
    "RedisRetry": "from redis.asyncio.retry import Retry as RedisRetry",
    "SyncSession": "from sqlalchemy.orm import Session as SyncSession",
    "PoolTimeoutError": "from sqlalchemy.exc import TimeoutError as PoolTimeoutError",
    "asyncio": "import asyncio",
    "anyio": "import anyio",
    "base64": "import base64",
    "dt": "import datetime as dt",
    "hashlib": "import hashlib",
    "hmac": "import hmac",
    "ipaddress": "import ipaddress",
    "itertools": "import itertools",
    "json": "import json",
    "jwt": "import jwt",
    "logging": "import logging",
    "math": "import math",
    "os": "import os",
    "pathlib": "import pathlib",
    "pytest": "import pytest",
    "pytest_asyncio": "import pytest_asyncio",
    "random": "import random",
    "re": "import re",
    "socket": "import socket",
    "sa": "import sqlalchemy as sa",
    "secrets": "import secrets",
    "sys": "import sys",
    "time": "import time",
    "uuid": "import uuid",
}
"""Name -> import statement. A class of the Blueprint never takes one of these names."""
