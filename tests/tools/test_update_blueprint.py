import json

import pytest

from tests.tools.examples import LIBRARY
from tools.base import ToolContext, ToolError
from tools.blueprint.model import Requirement, Scenario
from tools.blueprint.store import BlueprintStore
from tools.dispatch import parse_arguments
from tools.show_blueprint import ShowBlueprintArgs, show_blueprint
from tools.update_blueprint import UPDATE_BLUEPRINT, UpdateBlueprintArgs, update_blueprint


def update(ctx: ToolContext, **arguments: object) -> str:
    args = parse_arguments(UPDATE_BLUEPRINT, json.dumps(arguments))
    assert isinstance(args, UpdateBlueprintArgs)
    return update_blueprint(ctx, args).text


def test_the_answer_says_what_changed_and_what_is_missing(ctx: ToolContext) -> None:
    said = update(
        ctx,
        title="City library",
        entities=[{"name": "book", "table": "books", "fields": ["title: string(200)"]}],
        endpoints=[{"operation": "list", "method": "GET", "path": "/books", "entity": "book",
                    "access": "nobody"}],
        remove=["rule three_loans"],
    )  # fmt: skip
    lines = said.split("\n")
    assert lines[:3] == [
        "added: entity book, GET /books",
        "changed: title",
        "removed: rule three_loans",
    ]
    assert lines[3:5] == [
        "1 problem:",
        "- endpoint GET /books: it is granted to 'nobody', which is no role. A grant names a role "
        "or `*`. Fix: add the role or use one of librarian, reader.",
    ]
    assert lines[5:] == [
        "1 requirement without proof yet:",
        "  R4 (line 21): A reader has at most three open loans. [no part shows it]",
    ]
    assert ctx.blueprint.load().entity("book").table == "books"


def test_a_changed_field_is_told_as_its_entity(ctx: ToolContext) -> None:
    said = update(ctx, entities=[{"name": "loan", "fields": ["due: date?"]}])
    assert said.startswith("changed: entity loan\n")


def test_nothing_changed(ctx: ToolContext) -> None:
    assert update(ctx, roles=["reader"]).startswith("nothing changed\n")


def test_covering_the_last_requirement_leads_to_the_freeze(ctx: ToolContext) -> None:
    store = BlueprintStore(ctx.workspace)
    said = update(ctx, covers={"R4": ["scenario borrow"]})
    assert "requirement" not in said
    assert store.load().scenarios[0].requirements == ("R4",)


def test_a_custom_rule_asks_for_a_scenario_even_if_it_is_excused(ctx: ToolContext) -> None:
    said = update(ctx, covers={"R4": ["rule three_loans"]}, not_testable={"R4": "hard to show"})
    assert said.split("\n")[1:] == [
        "1 requirement without proof yet:",
        "  R4 (line 21): A reader has at most three open loans. [rule three_loans is written by "
        "hand, so a scenario or test must show it; not_testable contradicts it]",
    ]


def test_of_many_requirements_only_those_that_a_part_names_are_written_out(
    ctx: ToolContext,
) -> None:
    many = [Requirement(id=f"R{n}", text=f"statement {n}", line=n) for n in range(5, 20)]
    draft = LIBRARY.model_copy(update={"requirements": (*LIBRARY.requirements, *many)})
    ctx.blueprint.save_draft(draft)
    said = update(ctx, covers={"R4": ["rule three_loans"]})
    assert said.split("\n")[2].startswith("  R4 (line 21)")
    assert said.split("\n")[3] == "  " + " ".join(one.id for one in many)


def test_what_is_removed_may_come_back_in_the_same_call(ctx: ToolContext) -> None:
    said = update(ctx, remove=["entity loan"], entities=[
        {"name": "loan", "table": "loans", "fields": ["id: uuid, generated uuid"]}])  # fmt: skip
    assert said.startswith("changed: entity loan\n")
    assert [field.name for field in ctx.blueprint.load().entity("loan").fields] == ["id"]


@pytest.mark.parametrize(
    "arguments",
    [
        {"entities": [{"name": "Bad Name", "table": "x", "fields": []}]},
        {"covers": {"R99": ["auth"]}},
        {"remove": ["entity nothing"]},
    ],
)
def test_a_refused_update_changes_nothing(ctx: ToolContext, arguments: dict[str, object]) -> None:
    with pytest.raises(ToolError, match=r"^nothing was changed:\n"):
        update(ctx, **arguments)
    assert ctx.blueprint.load() == LIBRARY


def test_what_fits_is_taken_and_the_rest_is_named(ctx: ToolContext) -> None:
    said = update(
        ctx,
        roles=["guest"],
        entities=[{"name": "Bad Name", "table": "x", "fields": []}],
        covers={"R4": ["scenario borrow", "entity bad_name"]},
    )
    lines = said.split("\n")
    assert lines[0] == "added: role guest"
    assert "NOT taken; send only these again, mended:" in lines
    assert any(line.startswith("- entities.Bad Name.name: ") for line in lines)
    assert any(line.startswith("- no part is called 'entity bad_name'") for line in lines)
    assert ctx.blueprint.load().scenarios[0].requirements == ("R4",)


def test_show_blueprint_tells_draft_from_frozen(ctx: ToolContext) -> None:
    args = ShowBlueprintArgs(part="rules")
    assert show_blueprint(ctx, args).text.startswith("[draft]\nrule states loan.status")
    ctx.blueprint.freeze()
    assert show_blueprint(ctx, args).text.startswith("[frozen]\n")


def test_show_blueprint_shows_a_named_part_whole(ctx: ToolContext) -> None:
    shown = show_blueprint(ctx, ShowBlueprintArgs(part="scenario borrow")).text
    assert shown.startswith("[draft]\n{")
    assert Scenario.model_validate_json(shown.partition("\n")[2]) == LIBRARY.scenarios[0]
    with pytest.raises(ToolError, match="no part is called 'scenario borow'; near it: scenario bo"):
        show_blueprint(ctx, ShowBlueprintArgs(part="scenario borow"))


def test_show_blueprint_shows_every_convention(ctx: ToolContext) -> None:
    shown = show_blueprint(ctx, ShowBlueprintArgs(part="conventions")).text
    assert '"secret_key":"' in shown
