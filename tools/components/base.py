"""What a component is: a pure function from a Blueprint to files."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from tools.blueprint.model import Blueprint


class ComponentError(Exception):
    """The Blueprint asks for something that this component cannot write; says what and why."""


@dataclass(frozen=True)
class GeneratedFile:
    """A file of the generated backend."""

    path: str
    """Relative to the backend's root, with `/`."""
    content: str
    """UTF-8 text that ends in a line feed."""


class Component(Protocol):
    """Writes one aspect of a backend. Same Blueprint, same bytes."""

    name: str

    def emit(self, blueprint: Blueprint) -> Iterator[GeneratedFile]:
        """The files of this aspect, each path once.

        Raises:
            ComponentError: for what it cannot write.
        """
