"""What a model is offered, by its profile."""

from collections.abc import Sequence

from agent.models.base import Message, ToolSchema
from agent.models.json_actions import with_actions
from agent.models.profiles import Profile
from agent.offer import offer_for
from prompts.render import render
from tools.defaults import DEFAULT_TOOLS, SMALL_TOOLS


def names(schemas: Sequence[ToolSchema]) -> list[str]:
    return [schema.name for schema in schemas]


def test_a_usual_model_has_the_same_tools_all_the_time() -> None:
    offer = offer_for(Profile(128_000))
    assert offer.tools == DEFAULT_TOOLS
    assert offer.before_freeze is offer.after_freeze
    assert names(offer.after_freeze)[-1] == "finish"


def test_a_small_model_has_what_is_of_use_now() -> None:
    offer = offer_for(Profile(8_000))
    assert offer.tools == SMALL_TOOLS
    assert names(offer.before_freeze) == [
        "add_entity",
        "add_endpoints",
        "add_accounts",
        "link_requirement",
        "skip_requirement",
        "remove_part",
        "freeze_blueprint",
    ]
    assert names(offer.after_freeze) == [
        "generate_code",
        "write_file",
        "edit_file",
        "run_tests",
        "read_file",
        "finish",
    ]


def test_what_a_small_model_reads_first_leaves_its_window_free() -> None:
    offer = offer_for(Profile(8_000, "json"))
    opening = [Message("system", render("system_short.md.j2"))]
    for schemas in (offer.before_freeze, offer.after_freeze):
        assert with_actions(opening, schemas)[0].chars < 4_500, "about 1,100 tokens"
