"""How an app is started, found by looking at its source: entry, environment, database."""

import ast
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Literal

from tools.checks.security.source.project import Project, SourceFile, argument, dotted, literal

Database = Literal["none", "sqlite", "postgres"]
SECRET = re.compile(r"SECRET|KEY|TOKEN|PASSWORD|PASSWD|PEPPER|SALT|CREDENTIAL|PASSPHRASE", re.I)
NUMBER = re.compile(
    r"(^|_)(TTL|SECONDS|SECS|LIMIT|MAX|MIN|MINUTES|COUNT|SIZE|AGE|DAYS|HOURS|TIMEOUT|PORT)(_|$)",
    re.I,
)
DATABASE = re.compile(r"DATABASE|(^|_)DB(_|$)|DSN|POSTGRES|SQLALCHEMY", re.I)
FIRST_NAMES = ("app", "application", "api", "main", "server")


class StartError(ValueError):
    """No way to start the app was found; says what to give."""


@dataclass(frozen=True)
class Start:
    """How to start an app."""

    entry: str
    """`module:name`, for uvicorn."""
    factory: bool = False
    root: str = "."
    """Folder that modules are imported from, relative to the app's."""
    database: Database = "none"
    environment: dict[str, str] = field(default_factory=dict)
    """Variables that it reads, with values made up for it; the database's address comes later."""
    database_variables: tuple[str, ...] = ()
    """Those that want the address of PostgreSQL."""
    scheme: str = "postgresql"
    """Of that address."""
    folders: tuple[str, ...] = ()
    """Folders that must exist before the start."""
    migrate: str = ""


def find_start(files: Mapping[str, bytes], project: Project, entry: str | None = None) -> Start:
    """Read how the app is started.

    Args:
        files: all files of the app.
        project: the same, parsed.
        entry: `module:name` or `module:name()` when the user says so.

    Raises:
        StartError: there is no FastAPI instance, or no factory of one.
    """
    if entry is None:
        found = sorted(_entries(project), key=lambda item: item[0])
        if not found:
            raise StartError("no FastAPI instance was found; name it with --entry MODULE:NAME")
        _, file, name, factory = found[0]
        root, module = _module_of(file, project)
        entry = f"{module}:{name}"
    else:
        factory = entry.endswith("()")
        root, entry = ".", entry.removesuffix("()")
    database = _database(project)
    variables = {name: default for _, name, default in _variables(project)}
    environment = {
        name: value
        for name, default in variables.items()
        if (value := _made_up(name, default, project)) is not None
    }
    folders = [value for name, value in environment.items() if value.startswith("/tmp/zqdata")]  # noqa: S108
    wants = tuple(name for name in variables if database == "postgres" and _is_address(name))
    return Start(
        entry=entry,
        factory=factory,
        root=root,
        database=database,
        environment={name: value for name, value in environment.items() if name not in wants},
        database_variables=wants,
        scheme=_scheme(project),
        folders=tuple(folders),
        migrate="alembic upgrade head" if "alembic.ini" in files else "",
    )


def _entries(project: Project) -> Iterator[tuple[tuple[int, ...], SourceFile, str, bool]]:
    """(rank, file, name, factory) of everything that may be the app; the lowest rank is best."""
    makers = {
        definition.node.name
        for definition in project.definitions()
        if _makes_app(definition.node, definition.file)
    }
    for file in project.files:
        depth = len(PurePosixPath(file.path).parts)
        started = 0 if "uvicorn.run" in ast.unparse(file.tree) else 1
        for name, value in file.constants.items():
            called = (
                dotted(value.func, file).rpartition(".")[2] if isinstance(value, ast.Call) else ""
            )
            if called == "FastAPI" or called in makers:
                named = FIRST_NAMES.index(name) if name in FIRST_NAMES else 9
                yield (0, named, started, depth), file, name, False
    for definition in project.definitions():
        if (
            definition.node.name in makers
            and not definition.node.args.args
            and not definition.owner
        ):
            depth = len(PurePosixPath(definition.file.path).parts)
            yield (1, 0, depth, 0), definition.file, definition.node.name, True


def _makes_app(node: ast.FunctionDef | ast.AsyncFunctionDef, file: SourceFile) -> bool:
    if node.returns is not None and ast.unparse(node.returns).endswith("FastAPI"):
        return True
    made = any(
        isinstance(part, ast.Call) and dotted(part.func, file).endswith("fastapi.FastAPI")
        for part in ast.walk(node)
    )
    return made and any(isinstance(part, ast.Return) and part.value for part in ast.walk(node))


def _module_of(file: SourceFile, project: Project) -> tuple[str, str]:
    """(root folder, dotted module): packages are followed up as far as the app's imports do."""
    parts = PurePosixPath(file.path).with_suffix("").parts
    parts = parts[:-1] if parts[-1] == "__init__" else parts
    imported = {
        origin.partition(".")[0] for each in project.files for origin in each.imports.values()
    }
    paths = {each.path for each in project.files}
    for start in range(len(parts)):
        package = "/".join(parts[: start + 1])
        inside = start == len(parts) - 1
        if parts[start] in imported or f"{package}/__init__.py" in paths or inside:
            return "/".join(parts[:start]) or ".", ".".join(parts[start:])
    return ".", ".".join(parts)


def _database(project: Project) -> Database:
    text = " ".join(origin for file in project.files for origin in file.imports.values())
    strings = " ".join(
        node.value
        for file in project.files
        for node in ast.walk(file.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
    if re.search(r"asyncpg|psycopg", text) or "postgresql" in strings or "postgres://" in strings:
        return "postgres"
    if "sqlite" in text or "sqlite" in strings:
        return "sqlite"
    return "postgres" if "sqlalchemy" in text else "none"


def _scheme(project: Project) -> str:
    source = " ".join(ast.unparse(file.tree) for file in project.files)
    for scheme in ("postgresql+asyncpg", "postgresql+psycopg"):
        if scheme in source:
            return scheme
    if "create_async_engine" in source:
        return "postgresql+asyncpg"
    return "postgresql+psycopg" if "create_engine" in source else "postgresql"


def _variables(project: Project) -> Iterator[tuple[SourceFile, str, ast.expr | None]]:
    """Every environment variable that is read: (file, name, default or None)."""
    for file in project.files:
        for node in ast.walk(file.tree):
            if isinstance(node, ast.Subscript) and dotted(node.value, file) in (
                "os.environ",
                "environ",
            ):
                name = literal(node.slice)
                if isinstance(name, str):
                    yield file, name, None
            elif isinstance(node, ast.Call):
                called = dotted(node.func, file)
                if called in (
                    "os.getenv",
                    "os.environ.get",
                    "getenv",
                    "environ.get",
                    "os.environ.pop",
                ):
                    name = literal(argument(node, 0, "key"))
                    if isinstance(name, str):
                        yield file, name, argument(node, 1, "default")
    for file, node in project.classes.values():
        if any("Settings" in ast.unparse(base) for base in node.bases):
            yield from _settings(file, node)


def _settings(
    file: SourceFile, node: ast.ClassDef
) -> Iterator[tuple[SourceFile, str, ast.expr | None]]:
    prefix = re.search(r"env_prefix\W+['\"](\w+)", ast.unparse(node))
    for part in node.body:
        if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name):
            name = part.target.id
            if name != "model_config":
                alias = _alias_of(part.value)
                yield file, alias or ((prefix[1] if prefix else "") + name).upper(), part.value


def _alias_of(default: ast.expr | None) -> str | None:
    """`Field(validation_alias="NAME")`."""
    if not isinstance(default, ast.Call):
        return None
    alias = literal(argument(default, 99, "validation_alias", "alias"))
    return alias if isinstance(alias, str) else None


def _is_address(name: str) -> bool:
    return bool(DATABASE.search(name)) and bool(re.search(r"URL|DSN|URI|DATABASE$|DB$", name, re.I))


def _made_up(name: str, default: ast.expr | None, project: Project) -> str | None:
    """A value for a variable; None leaves the app's own default."""
    if SECRET.search(name) and not NUMBER.search(name):
        hexadecimal = any("fromhex" in ast.unparse(file.tree) for file in project.files)
        return secrets.token_hex(32) if hexadecimal else secrets.token_urlsafe(32) + "="
    if default is not None and literal(default) != "":
        return None
    return _plain_value(name, project)


def _plain_value(name: str, project: Project) -> str:  # noqa: PLR0911 - a table
    upper = name.upper()
    if NUMBER.search(upper) or upper.endswith("PORT"):
        return "8000" if upper.endswith("PORT") else "60"
    if DATABASE.search(upper):
        wants_url = any("sqlite://" in ast.unparse(file.tree) for file in project.files)
        return "sqlite:////tmp/zqapp.db" if wants_url else "/tmp/zqapp.db"  # noqa: S108 - same
    if re.search(r"DIR|PATH|FOLDER|ROOT|STORAGE|FILE", upper):
        return f"/tmp/zqdata/{upper.lower()}"  # noqa: S108 - in the app's machine
    if re.search(r"EMAIL|MAIL", upper):
        return "admin@example.com"
    if re.search(r"HOSTS?$|DOMAINS?$", upper):
        return "127.0.0.1" if upper == "HOST" else "partner.example.com"
    if re.search(r"URL|ORIGIN|URI", upper):
        return "https://app.example.com"
    return "admin" if re.search(r"USER|LOGIN|NAME|ADMIN", upper) else "test"
