"""Turns a template and its context into a finished file."""

import functools
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tools.components.base import GeneratedFile
from tools.components.fixtures import drop_unused_fixtures
from tools.components.imports import Origins, add_imports
from tools.components.layout import lay_out
from tools.components.names import article, attribute, camel, quote, words

TEMPLATES = Path(__file__).parent / "templates"


@functools.cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - the output is Python and TOML, not HTML
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        extensions=["jinja2.ext.do"],
    )
    environment.filters.update(
        article=article,
        attribute=attribute,
        camel=camel,
        literals=_literals,
        quote=quote,
        words=words,
    )
    return environment


def _literals(texts: list[str]) -> str:
    """A list display of strings."""
    return f"[{', '.join(map(quote, texts))}]"


def render_python(template: str, path: str, origins: Origins, **context: object) -> GeneratedFile:
    """A Python file: the template holds code only, imports are added, long lines broken.

    Args:
        template: name under `templates/`, without `.j2`.
        path: where the file goes, relative to the backend's root.
        origins: the import of every name that the code may use.
        context: what the template reads; a name it lacks is an error.
    """
    code = _environment().get_template(f"{template}.j2").render(**context)
    return GeneratedFile(path, lay_out(add_imports(_squeeze(code), origins)))


def render_tests(template: str, path: str, origins: Origins, **context: object) -> GeneratedFile:
    """A file of tests: its templates ask for every fixture, and those not used are left out."""
    code = _environment().get_template(f"{template}.j2").render(**context)
    code = drop_unused_fixtures(_squeeze(code))
    return GeneratedFile(path, lay_out(add_imports(code, origins)))


def render_text(template: str, path: str, **context: object) -> GeneratedFile:
    """Any other file, as the template says."""
    text = _environment().get_template(f"{template}.j2").render(**context)
    return GeneratedFile(path, text.rstrip("\n") + "\n")


def _squeeze(code: str) -> str:
    """No more than two blank lines in a row, as left behind by template loops."""
    while "\n\n\n\n" in code:
        code = code.replace("\n\n\n\n", "\n\n\n")
    return code
