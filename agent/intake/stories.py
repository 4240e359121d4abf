"""User stories: each acceptance criterion is a requirement that begins with its story."""

import re
from collections.abc import Iterator
from dataclasses import replace

from agent.intake.statements import Statement

_STORY = re.compile(
    r"(?:\W*[A-Z]{1,4}-?\d+\W+)?As an? [\w -]+?,? I (?:want|need|can|would like)\b", re.I
)


def group_stories(statements: list[Statement]) -> list[Statement]:
    """The statements, with the list items below a story as its criteria, each with its line."""
    return list(_grouped(statements))


def _grouped(statements: list[Statement]) -> Iterator[Statement]:
    story: Statement | None = None
    for statement in statements:
        if _STORY.match(statement.words):
            story = statement
        elif story is not None and not _below(story, statement):
            story = None
        if story is not None and statement is not story and statement.is_item:
            told = story.words.rstrip(".")
            yield replace(statement, text=f"{told} - {statement.text}")
        else:
            yield statement


def _below(story: Statement, statement: Statement) -> bool:
    return statement.section is story.section or story.section in statement.section.parents
