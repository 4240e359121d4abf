"""State diagrams become state machines of the field that has their states."""

import pytest

from agent.intake import IntakeResult, read_spec
from tools.blueprint.coverage import uncovered
from tools.blueprint.model import StateMachine, Transition

SPEC = """\
---
roles: [customer, staff]
auth: {default_role: customer}
---
# Shop

## Entities

### order

| field  | type                                 |
|--------|--------------------------------------|
| status | enum(placed, paid, In Transit, gone) |

### parcel

| field | type               |
|-------|--------------------|
| state | enum(placed, gone) |

## States

"""
CHART = """\
```mermaid
stateDiagram-v2
    direction LR
    state "In Transit" as moving
    [*] --> placed
    placed --> paid : pay (customer)
    paid --> moving : ship (staff, customers)
    moving --> gone %% the end
    gone --> [*]
    note right of paid : money
```
"""


def read(chart: str, extra: str = "") -> IntakeResult:
    return read_spec(SPEC + extra + chart)


def test_a_diagram_is_a_state_machine() -> None:
    result = read(CHART)
    assert result.problems == ()
    assert result.blueprint.rules == (
        StateMachine(
            entity="order",
            field="status",
            initial="placed",
            transitions=(
                Transition(source="placed", target="paid", roles=("customer",)),
                Transition(source="paid", target="In Transit", roles=("staff", "customer")),
                Transition(source="In Transit", target="gone"),
            ),
            line=23,
            requirements=("R3",),
        ),
    )
    assert result.blueprint.entity("order").field("status").default == "placed"
    assert uncovered(result.blueprint) == []


SHORT = "```mermaid\nstateDiagram\n placed --> gone\n```\n"


def test_a_diagram_that_fits_several_fields_is_a_question() -> None:
    result = read(SHORT)
    assert [(one.line, one.reason) for one in result.questions if one.line > 1] == [
        (23, "which field the state diagram is about: order.status, parcel.state")
    ]
    assert result.blueprint.rules == ()


@pytest.mark.parametrize(
    "spec",
    [
        SPEC + SHORT.replace("stateDiagram\n", "---\ntitle: parcel state\n---\nstateDiagram\n"),
        SPEC.replace("\n## States\n", "") + SHORT,
    ],
)
def test_a_title_or_the_section_says_which(spec: str) -> None:
    (rule,) = read_spec(spec).blueprint.rules
    assert isinstance(rule, StateMachine)
    assert (rule.entity, rule.initial) == ("parcel", "placed")


def test_no_field_that_has_the_states_is_a_question() -> None:
    chart = SHORT.replace("gone", "lost")
    reason = "which field the state diagram is about: none that has its states"
    assert reason in [one.reason for one in read(chart).questions]


def test_a_list_of_the_same_states_must_agree() -> None:
    same = "- order.status: placed -> paid; paid -> in transit; in transit -> gone\n\n"
    bare = CHART.replace(" (customer)", "").replace(" (staff, customers)", "")
    assert read(bare, same).problems == ()
    assert len(read(bare, same).blueprint.rules) == 1
    other = "- order.status: placed -> gone\n\n"
    assert [one.reason for one in read(bare, other).problems] == [
        "the states of `order.status` differ from line 23"
    ]


def test_a_line_that_is_no_transition_is_an_error() -> None:
    chart = CHART.replace("    gone --> [*]\n", "    gone => [*]\n")
    assert [(one.line, one.reason) for one in read(chart).problems] == [
        (31, "in the mermaid block: 'gone => [*]' is no transition `a --> b : words (roles)`")
    ]
