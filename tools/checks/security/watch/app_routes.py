"""Imports the app in its machine and prints its routes and its OpenAPI document as JSON.

app_routes.py MODULE:NAME [factory]
"""

import importlib
import json
import sys
from pathlib import Path

from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute


def main(entry: str, kind: str = "") -> None:
    """Print `{"routes": [...], "openapi": {...}, "mounts": [...]}` after a line of dashes."""
    module, _, name = entry.partition(":")
    sys.path.insert(0, str(Path.cwd()))
    app = importlib.import_module(module)
    for part in name.split("."):
        app = getattr(app, part)
    if kind == "factory":
        app = app()
    routes = [route for route in app.routes if isinstance(route, APIRoute)]
    if not routes:
        routes = [route for route in walk(app.routes) if isinstance(route, APIRoute)]
    for route in routes:
        route.include_in_schema = True
    found = {"routes": [describe(route) for route in routes], "openapi": document(app, routes)}
    sys.stdout.write("\n-----zq-----\n" + json.dumps(found) + "\n")


def walk(routes: list) -> list:
    """Routes inside routers that are kept as one."""
    found = []
    for route in routes:
        inner = getattr(route, "routes", None)
        found += walk(inner) if inner and not isinstance(route, APIRoute) else [route]
    return found


def document(app: object, routes: list) -> dict:
    """The OpenAPI document with the routes that the app leaves out of it, too."""
    try:
        return get_openapi(title="app", version="1", routes=app.routes)
    except Exception as error:  # noqa: BLE001 - an app's own schema may do anything
        sys.stderr.write(f"no OpenAPI document: {error!r}\n")
        return {"paths": {route.path: {} for route in routes}}


def describe(route: APIRoute) -> dict:
    """What the document does not say: the handler's place, and what it depends on."""
    handler = route.endpoint
    while hasattr(handler, "__wrapped__"):
        handler = handler.__wrapped__
    code = getattr(handler, "__code__", None)
    return {
        "path": route.path,
        "methods": sorted(route.methods),
        "name": getattr(handler, "__name__", ""),
        "file": getattr(code, "co_filename", ""),
        "line": getattr(code, "co_firstlineno", 0),
        "dependencies": sorted(names(route.dependant)),
    }


def names(dependant: object) -> set:
    """Names of everything that a route depends on."""
    found = set()
    for inner in getattr(dependant, "dependencies", []):
        call = inner.call
        found.add(getattr(call, "__name__", type(call).__name__))
        found |= names(inner)
    return found


main(*sys.argv[1:])
