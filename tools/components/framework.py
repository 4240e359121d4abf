"""Writes what every backend has: the app factory, settings, errors, logs, packaging."""

from collections.abc import Iterator
from dataclasses import asdict

from tools.blueprint.model import Blueprint, Endpoint
from tools.components.auth import user_shape
from tools.components.base import GeneratedFile
from tools.components.bulk import bulk_endpoints
from tools.components.caching import cached_endpoints, cached_tables, keeps_versions
from tools.components.grants import all_roles, callers_of
from tools.components.limits import limits_of, uses_idempotency
from tools.components.names import quote
from tools.components.origins import origins_of
from tools.components.plan import Plan, make_plan
from tools.components.render import render_python, render_text
from tools.components.requirements import requirement_files
from tools.components.support import check_supported

_MODULES = (
    "main",
    "config",
    "deps",
    "errors",
    "error_handlers",
    "health",
    "logs",
    "middleware",
    "retries",
    "openapi",
    "routers",
)
_TEXTS = {
    "pyproject.toml": "pyproject.toml",
    "Makefile": "Makefile",
    "README.md": "README.md",
    "Dockerfile": "Dockerfile",
    "compose.yaml": "compose.yaml",
    "env.example": ".env.example",
    "gitignore": ".gitignore",
    "dockerignore": ".dockerignore",
}


class FrameworkSetup:
    """The application around the resources, and the files around the application."""

    name = "framework"

    def emit(self, blueprint: Blueprint) -> Iterator[GeneratedFile]:
        """The files that are there whatever the resources are."""
        plan = make_plan(blueprint)
        check_supported(plan)
        context = _context(plan)
        origins = origins_of(plan)
        yield GeneratedFile("app/__init__.py", f'"""{_title(blueprint)}."""\n')
        for module in (*_MODULES, *_asked_for(plan)):
            local = origins | _router_imports(plan) if module == "routers" else origins
            yield render_python(f"framework/{module}.py", f"app/{module}.py", local, **context)
        if blueprint.outbound:
            yield render_python("framework/outbound.py", "app/outbound.py", origins, **context)
        for template, path in _TEXTS.items():
            yield render_text(f"framework/{template}", path, **context)
        yield from requirement_files(plan)


def _asked_for(plan: Plan) -> Iterator[str]:
    if uses_idempotency(plan):
        yield "idempotency"
    if limits_of(plan).any:
        yield "rate_limits"
    if plan.uses_etags:
        yield "etags"
    if cached_endpoints(plan):
        yield from ("answer_cache", "cache_stores", "watched_sessions")


def _context(plan: Plan) -> dict[str, object]:
    return {
        "plan": plan,
        "auth": plan.blueprint.auth,
        "conventions": plan.blueprint.conventions,
        "outbound": plan.blueprint.outbound,
        "computed": any(field.computed for e in plan.blueprint.entities for field in e.fields),
        "title": quote(plan.blueprint.title),
        "routers": list(_router_imports(plan)),
        "who": lambda endpoint: _who(endpoint, plan),
        "uses_idempotency": uses_idempotency(plan),
        "has_limits": limits_of(plan).any,
        "caches": bool(cached_endpoints(plan)),
        "cached_endpoints": cached_endpoints(plan),
        "cached_tables": cached_tables(plan),
        "keeps_versions": keeps_versions(plan),
        "requires_match": any(e.if_match == "required" for e in plan.resources),
        "user": user_shape(plan) if plan.has_auth else None,
        **asdict(limits_of(plan)),
        "package": plan.blueprint.name.replace("_", "-"),
    }


def _who(endpoint: Endpoint, plan: Plan) -> str:
    callers = callers_of(endpoint.access, plan)
    if callers.public:
        return "anyone"
    everyone = set(callers.full) | set(callers.own) == set(all_roles(plan))
    if everyone and not (callers.full and callers.own):
        return "any user, own only" if callers.own else "any user"
    return ", ".join([*callers.full, *(f"{role} (own only)" for role in callers.own)])


def _title(blueprint: Blueprint) -> str:
    return blueprint.title.replace("\\", " ").replace('"', "'").rstrip(".")


def _router_imports(plan: Plan) -> dict[str, str]:
    """Variable -> import of its router, in the order in which paths are tried."""
    imports = {"health": "from app.health import router as health"}
    if plan.has_auth:
        imports["auth"] = "from app.auth.routes import router as auth"
    for entity in plan.resources:
        folder = plan.folder(entity)
        if bulk_endpoints(entity, plan):
            name = f"{folder}_bulk"
            imports[name] = f"from app.{folder}.bulk import router as {name}"
        imports[folder] = f"from app.{folder}.routes import router as {folder}"
    return imports
