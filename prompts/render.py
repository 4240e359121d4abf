"""Renders what the model is told; each template lists its variables at its top."""

import hashlib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = (
    "system.md.j2",
    "task.md.j2",
    "system_short.md.j2",
    "task_short.md.j2",
    "examiner.md.j2",
    "examiner_task.md.j2",
    "judge.md.j2",
    "judge_task.md.j2",
)


def render(name: str, **values: object) -> str:
    """The text of a template.

    Args:
        name: one of TEMPLATES.
        values: its variables; every one that it uses must be given.

    Raises:
        jinja2.UndefinedError: a variable is missing.
        jinja2.TemplateNotFound: there is no such template.
    """
    return _environment().get_template(name).render(**values)


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415 - slow to load

    environment = Environment(  # noqa: S701 - Markdown, not HTML
        loader=PackageLoader("prompts", "."),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["as_data"] = as_data
    return environment


def as_data(text: str, label: str) -> str:
    """The text between markers that it cannot contain: they carry its own hash."""
    mark = f'{label} id="{_sha256(text.encode())[:12]}"'
    return f"<{mark}>\n{text.strip(chr(10))}\n</{mark}>"


def prompt_hashes() -> dict[str, str]:
    """Template -> sha256 (hex) of its file, so that a result can be traced to its prompts."""
    return {name: _sha256(files("prompts").joinpath(name).read_bytes()) for name in TEMPLATES}


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
