"""Deterministic emitters that write a backend from a Blueprint, at zero tokens."""

from tools.blueprint.model import Blueprint
from tools.components.auth import AuthIntegration
from tools.components.base import Component
from tools.components.database import DatabaseLayer
from tools.components.endpoints import EndpointImplementation
from tools.components.framework import FrameworkSetup
from tools.components.revisions import NO_HISTORY, History
from tools.components.tests import GeneratedTests


def components_after(history: History) -> tuple[Component, ...]:
    """The components, for a backend whose database may have revisions already."""
    return (
        FrameworkSetup(),
        DatabaseLayer(history),
        AuthIntegration(),
        EndpointImplementation(),
        GeneratedTests(),
    )


def emit_backend(blueprint: Blueprint, history: History = NO_HISTORY) -> dict[str, str]:
    """The whole backend: path relative to its root -> text of the file.

    Custom endpoints and custom rules are left to whoever writes business code.

    Raises:
        ComponentError: the Blueprint asks for something that no component can write.
    """
    files: dict[str, str] = {}
    for component in components_after(history):
        for file in component.emit(blueprint):
            if file.path in files:
                raise AssertionError(f"{file.path} is written twice")
            files[file.path] = file.content
    return files
