"""In which order a spec wants its lists."""

import pytest

from agent.intake import read_spec
from tools.blueprint.coverage import uncovered
from tools.blueprint.model import Blueprint

SPEC = """# Tools

## Entities

### tool

| field | type | rules |
|--|--|--|
| name | string(50) | required |
| price | decimal(8,2) | required |

## Endpoints

| method | path | access | description |
|--|--|--|--|
| POST | /tools | public | Add a tool |
| GET | /tools | public | {description} |

{sentence}
"""


def blueprint_of(description: str = "List tools", sentence: str = "") -> Blueprint:
    return read_spec(SPEC.format(description=description, sentence=sentence)).blueprint


def order_of(blueprint: Blueprint) -> tuple[str, ...]:
    listed = blueprint.endpoint("list", "tool")
    assert listed is not None
    return listed.order


@pytest.mark.parametrize(
    ("description", "order"),
    [
        ("List tools", ()),
        ("List tools, newest first", ("-created_at",)),
        ("List tools, newest first; search name", ("-created_at",)),
        ("List tools; oldest first", ("created_at",)),
        ("List tools, sorted by name", ("name",)),
        ("List tools; ordered by price descending, then by name", ("-price", "name")),
        ("List tools; sorted by price (desc), name; search name", ("-price", "name")),
        ("List tools. Sorted by price, largest first.", ("-price",)),
        ("List tools; sort by price, name", ()),
        ("List tools; can be sorted by price", ()),
        ("List tools; sorted by mood", ()),
    ],
)
def test_an_endpoint_says_it(description: str, order: tuple[str, ...]) -> None:
    assert order_of(blueprint_of(description)) == order


@pytest.mark.parametrize(
    ("sentence", "order"),
    [
        ("Tools are listed newest first.", ("-created_at",)),
        ("The list of tools is sorted by name.", ("name",)),
        ("All tools are ordered by price, then name.", ("price", "name")),
    ],
)
def test_a_sentence_says_it(sentence: str, order: tuple[str, ...]) -> None:
    blueprint = blueprint_of(sentence=sentence)
    assert order_of(blueprint) == order
    assert uncovered(blueprint) == []


@pytest.mark.parametrize(
    "sentence", ["Tools are sorted by mood.", "Drills are listed newest first."]
)
def test_what_is_not_known_stays_a_requirement(sentence: str) -> None:
    blueprint = blueprint_of(sentence=sentence)
    assert order_of(blueprint) == ()
    assert [requirement.text for requirement in uncovered(blueprint)] == [sentence]
