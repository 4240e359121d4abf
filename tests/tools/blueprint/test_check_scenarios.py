"""Steps that are sent at once, and the values that they may use."""

import pytest

from tests.tools.examples import LIBRARY
from tools.blueprint.check_scenarios import check_scenarios
from tools.blueprint.model import Scenario, Step

BORROW = Step(actor="reader:ann", method="POST", path="/loans", status=201)
RACED = BORROW.model_copy(update={"at_once": True, "save": {"loan": "id"}})
USING = Step(method="GET", path="/loans", body="{{loan}}", status=200)


def problems(*steps: Step) -> list[tuple[str, str]]:
    scenario = Scenario(name="race", steps=steps)
    found = check_scenarios(LIBRARY.model_copy(update={"scenarios": (scenario,)}))
    return [(one.where, one.what) for one in found]


def test_turns() -> None:
    scenario = Scenario(name="race", steps=(BORROW, RACED, RACED, USING, USING))
    assert scenario.turns == [[BORROW], [RACED, RACED], [USING], [USING]]


@pytest.mark.parametrize("steps", [(RACED, RACED, USING), (BORROW, RACED, RACED)])
def test_steps_at_once_that_fit(steps: tuple[Step, ...]) -> None:
    assert problems(*steps) == []


def test_a_step_at_once_with_nobody_races_nobody() -> None:
    assert problems(BORROW, RACED, BORROW) == [
        ("scenario race, step 2", "it is sent at once with no other step")
    ]


def test_steps_at_once_cannot_use_what_one_of_them_saves() -> None:
    using = USING.model_copy(update={"at_once": True})
    assert problems(RACED, using) == [
        ("scenario race, step 2", "it uses values that no earlier step saves: loan")
    ]
