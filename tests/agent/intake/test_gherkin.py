"""Features become scenarios where their steps are requests, else requirements."""

import pytest

from agent.intake import read_spec
from tools.blueprint.coverage import uncovered
from tools.blueprint.model import Blueprint, Step

SPEC = """\
---
roles: [admin, customer]
auth: {default_role: customer}
---
# Shop

## Entities

### book

| field | type        |
|-------|-------------|
| title | string(200) |

## Endpoints

| method | path        | access |
|--------|-------------|--------|
| POST   | /books      | admin  |
| GET    | /books/{id} | public |

## Acceptance

"""
FEATURE = '''\
Feature: Books
  Background:
    Given an admin

  @smoke
  Scenario: Add and read
    # a remark
    When POST /books with {"title": "A"}
    Then the status is 201
    And id is saved as book
    And title is "A"
    When nobody is logged in
    And GET /books/{{book}}
    Then the response status code is 200
    And the field "title" is "A"

  Scenario Outline: Titles
    Given a customer "bob"
    When the admin sends POST /books with
      """
      {"title": "<title>"}
      """
    Then status <status>

    Examples:
      | title | status |
      | A     | 201    |
      |       | 422    |

  Scenario: Prices are fair
    When a customer looks at a book
    Then the price is fair
'''


def read(feature: str) -> Blueprint:
    result = read_spec(f"{SPEC}```gherkin\n{feature}```\n")
    assert result.problems == ()
    return result.blueprint


def test_requests_are_scenarios_and_the_rest_requirements() -> None:
    blueprint = read(FEATURE)
    add, first, second = blueprint.scenarios
    assert (add.name, add.line, add.requirements) == ("add_and_read", 30, ("R4",))
    assert add.steps == (
        Step(
            actor="admin", method="POST", path="/books", body={"title": "A"}, status=201,
            expect={"title": "A"}, save={"book": "id"},
        ),
        Step(method="GET", path="/books/{{book}}", status=200, expect={"title": "A"}),
    )  # fmt: skip
    assert [(one.name, one.requirements) for one in (first, second)] == [
        ("titles_1", ("R5",)), ("titles_2", ("R5",)),
    ]  # fmt: skip
    assert [(one.steps[0].body, one.steps[0].status) for one in (first, second)] == [
        ({"title": "A"}, 201), ({"title": ""}, 422),
    ]  # fmt: skip
    assert [(one.line, one.text) for one in uncovered(blueprint)] == [
        (54, "Prices are fair: an admin; a customer looks at a book; the price is fair")
    ]


@pytest.mark.parametrize(
    "steps",
    [
        "When GET /books/1",  # no status
        "Given a plumber\n When GET /books/1\n Then status 200",  # no such role
        "When the plumber sends GET /books/1\n Then status 200",
        "When POST /books with {title}\n Then status 200",  # no JSON
        "When GET /books/1\n Then status 200\n And title is nice",
        "Then status 200",
    ],
)
def test_a_scenario_with_any_other_step_stays_a_requirement(steps: str) -> None:
    blueprint = read(f"Scenario: s\n {steps}\n")
    assert blueprint.scenarios == ()
    assert [one.line for one in uncovered(blueprint)] == [25]


def test_scenarios_named_alike_get_names_of_their_own() -> None:
    one = "Scenario: s\n When GET /books/1\n Then status 404\n"
    assert [found.name for found in read(one + one).scenarios] == ["s", "s_line_28_1"]


def test_a_block_without_scenarios_is_a_requirement() -> None:
    assert len(uncovered(read("Feature: nothing\n"))) == 1


def test_criteria_of_a_story_begin_with_it() -> None:
    text = (
        "# S\n\n## Orders\n\nAs a customer, I want to cancel my order so that I pay nothing.\n\n"
        "Acceptance criteria:\n\n- a shipped order stays\n- the stock is given back\n\n"
        "### More\n\n- within a day\n\n## Else\n\n- not part of it\n"
    )
    story = "As a customer, I want to cancel my order so that I pay nothing"
    assert [(one.line, one.text) for one in uncovered(read_spec(text).blueprint)] == [
        (5, f"{story}."),
        (9, f"{story} - Acceptance criteria: a shipped order stays"),
        (10, f"{story} - Acceptance criteria: the stock is given back"),
        (14, f"{story} - within a day"),
        (18, "not part of it"),
    ]
