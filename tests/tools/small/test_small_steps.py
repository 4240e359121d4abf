"""Small steps lead from requirements in prose to a Blueprint that can be frozen."""

import json
from collections.abc import Mapping

import pytest

from tools.base import ToolContext, ToolError
from tools.blueprint.coverage import find_gaps
from tools.blueprint.model import Blueprint, Requirement
from tools.blueprint.validate import validate_blueprint
from tools.defaults import SMALL_TOOLS
from tools.dispatch import find_tool, parse_arguments

PROSE = Blueprint(
    name="chores",
    title="Chores",
    requirements=(
        Requirement(id="R1", text="Flatmates keep track of chores.", line=3),
        Requirement(id="R2", text="People register and log in.", line=5),
        Requirement(id="R3", text="A chore has a title of at most 100 characters.", line=7),
        Requirement(id="R4", text="People list their own chores.", line=9),
    ),
)
TITLE = {"name": "title", "type": "string", "required": True, "max_length": 100}
CHORE_ID = {"name": "chore_id", "type": "entity", "required": True, "entity": "chore"}
STATE = {"name": "state", "type": "enum", "required": False, "values": ["open", "done"]}
CHORE = {"name": "chore", "fields": [TITLE], "owned": False}
ACCOUNTS = {
    "roles": [],
    "default_role": "",
    "register_path": "/auth/register",
    "login_path": "/auth/login",
    "me_path": "",
    "login_body": "json",
}
ENDPOINTS = {
    "entity": "chore",
    "path": "/chores",
    "operations": ["list", "get", "create", "update", "delete"],
    "access": "owner",
    "roles": [],
    "search": ["title"],
    "filters": ["state"],
}
LINKS = (
    ("R1", ["POST /chores"]),
    ("R2", ["POST /auth/register", "POST /auth/login"]),
    ("R3", ["chore.title"]),
    ("R4", ["GET /chores"]),
)


@pytest.fixture
def prose(ctx: ToolContext) -> ToolContext:
    ctx.blueprint.save_draft(PROSE)
    return ctx


def step(ctx: ToolContext, name: str, arguments: Mapping[str, object]) -> str:
    tool = find_tool(SMALL_TOOLS, name)
    return tool.run(ctx, parse_arguments(tool, json.dumps(arguments))).text


def test_a_backend_with_accounts_in_five_steps(prose: ToolContext) -> None:
    assert step(prose, "add_accounts", ACCOUNTS) == (
        "Done: entity user, POST /auth/register, POST /auth/login.\n"
        'Next, R1: "Flatmates keep track of chores." [no part shows it]\n'
        "If the backend must do this, add what is missing for R1. If it is only a remark, "
        "skip_requirement R1.\n"
        "Open after that: R2 R3 R4"
    )
    chore = CHORE | {"fields": [TITLE, STATE], "owned": True}
    step(prose, "add_entity", chore)
    assert step(prose, "add_endpoints", ENDPOINTS) == (
        "Done: GET /chores, GET /chores/{chore_id}, POST /chores, PATCH /chores/{chore_id}, "
        "DELETE /chores/{chore_id}.\n"
        'Next, R1: "Flatmates keep track of chores." [no part shows it]\n'
        "Do these say all of it? entity chore, GET /chores, GET /chores/{chore_id}, POST /chores, "
        "PATCH /chores/{chore_id}, DELETE /chores/{chore_id}\n"
        'If one or several do: {"action": "link_requirement", "arguments": {"requirement": "R1", '
        '"parts": ["entity chore"]}} with exactly those. If something of it is missing, add it.\n'
        "Open after that: R2 R3 R4"
    )
    for rid, parts in LINKS:
        said = step(prose, "link_requirement", {"requirement": rid, "parts": parts})
    assert said == "Done: GET /chores.\nEvery requirement has proof. Next: freeze_blueprint."
    blueprint = prose.blueprint.load()
    assert validate_blueprint(blueprint) == []
    assert find_gaps(blueprint) == []
    entity = blueprint.entity("chore")
    assert (entity.table, entity.owner) == ("chores", "owner_id")
    assert [field.name for field in entity.fields] == [
        "id",
        "owner_id",
        "title",
        "state",
        "created_at",
    ]
    assert [(e.key, e.operation, e.access.grants[0].own) for e in blueprint.endpoints[2:]] == [
        ("GET /chores", "list", True),
        ("GET /chores/{chore_id}", "get", True),
        ("POST /chores", "create", False),
        ("PATCH /chores/{chore_id}", "update", True),
        ("DELETE /chores/{chore_id}", "delete", True),
    ]
    assert blueprint.endpoints[2].search == ("title",)


def test_fields_become_what_the_blueprint_calls_them(prose: ToolContext) -> None:
    fields = [
        {"name": "Price", "type": "decimal", "required": True, "minimum": 0},
        {"name": "state", "type": "enum", "required": True, "values": ["a", "b"], "default": "a"},
        {"name": "note", "type": "text", "required": False, "max_length": 500},
        {"name": "done", "type": "boolean", "required": True, "default": False},
        {"name": "tool", "type": "entity", "required": True},
        {"name": "created_at", "type": "timestamptz", "required": True},
    ]
    step(prose, "add_entity", {"name": "Tool", "fields": [], "owned": False})
    step(prose, "add_entity", CHORE | {"fields": fields})
    blueprint = prose.blueprint.load()
    price, state, note, done, tool, created = blueprint.entity("chore").fields[1:]
    assert (price.type, price.precision, price.scale, price.minimum) == ("decimal", 12, 2, 0)
    assert (state.enum, state.default) == ("chore_state", "a")
    assert blueprint.enums[0].values == ("a", "b")
    assert (note.nullable, note.max_length) == (True, 500)
    assert (done.nullable, done.default) == (False, False)
    assert tool.references is not None
    assert (tool.name, tool.type, tool.references.entity) == ("tool_id", "uuid", "tool")
    assert (created.generated, created.writable) == ("now", "never")


@pytest.mark.parametrize("fields", [[CHORE_ID], []], ids=["described", "left out"])
def test_children_of_a_row_get_their_parent(
    prose: ToolContext, fields: list[dict[str, object]]
) -> None:
    note = {
        "name": "note",
        "fields": fields,
        "owned": False,
    }
    step(prose, "add_entity", CHORE)
    step(prose, "add_entity", note)
    endpoints = ENDPOINTS | {
        "entity": "notes",
        "path": "/chores/{chore_id}/notes",
        "operations": ["list", "create"],
        "access": "anybody",
        "search": [],
        "filters": [],
    }
    step(prose, "add_endpoints", endpoints)
    blueprint = prose.blueprint.load()
    assert validate_blueprint(blueprint) == []
    key = blueprint.entity("note").field("chore_id")
    assert key.references is not None
    assert (key.references.entity, key.references.on_delete) == ("chore", "cascade")
    assert [(e.key, e.parent, e.access.public) for e in blueprint.endpoints] == [
        ("GET /chores/{chore_id}/notes", "chore_id", True),
        ("POST /chores/{chore_id}/notes", "chore_id", True),
    ]


def test_roles(prose: ToolContext) -> None:
    step(prose, "add_accounts", ACCOUNTS | {"roles": ["admin", "member"], "default_role": "member"})
    step(prose, "add_entity", CHORE | {"fields": [TITLE, STATE]})
    said = step(prose, "add_endpoints", ENDPOINTS | {"access": "roles", "roles": ["admin"]})
    assert "Mend this first" not in said
    blueprint = prose.blueprint.load()
    assert [role.name for role in blueprint.roles] == ["admin", "member"]
    assert blueprint.auth is not None
    assert blueprint.auth.default_role == "member"
    assert blueprint.endpoints[-1].access.grants[0].role == "admin"


def test_a_problem_comes_before_the_next_requirement(prose: ToolContext) -> None:
    said = step(prose, "add_entity", CHORE | {"fields": [CHORE_ID | {"entity": "shed"}]})
    assert said.startswith("Done: entity chore.\n")
    assert "Mend this first:\n- entity chore.chore_id: it references `shed.id`" in said
    assert "Next" not in said


def test_a_field_that_is_called_an_id_points_to_its_entity(prose: ToolContext) -> None:
    step(prose, "add_entity", CHORE)
    shed_id = {"name": "chore_id", "type": "string", "required": True}
    step(prose, "add_entity", CHORE | {"name": "shed", "fields": [shed_id]})
    key = prose.blueprint.load().entity("shed").field("chore_id")
    assert key.references is not None
    assert (key.type, key.references.entity, key.max_length) == ("uuid", "chore", None)


def test_a_better_part_for_a_claim_is_named(prose: ToolContext) -> None:
    step(prose, "add_accounts", ACCOUNTS)
    step(prose, "add_entity", CHORE | {"owned": True})
    step(prose, "add_endpoints", ENDPOINTS | {"filters": []})
    text = "The list of chores can be searched."
    requirement = Requirement(id="R1", text=text, line=3)
    prose.blueprint.save_draft(
        prose.blueprint.load().model_copy(update={"requirements": (requirement,)})
    )
    with pytest.raises(ToolError, match="Link it to GET /chores instead"):
        step(prose, "link_requirement", {"requirement": "R1", "parts": ["entity chore"]})


def test_links_may_leave_out_the_kind(prose: ToolContext) -> None:
    step(prose, "add_entity", CHORE)
    step(prose, "link_requirement", {"requirement": "R3", "parts": ["chore", "chore.title"]})
    entity = prose.blueprint.load().entity("chore")
    assert entity.requirements == ("R3",)
    assert entity.field("title").requirements == ("R3",)


def test_an_entity_wants_endpoints_before_anything_is_linked(prose: ToolContext) -> None:
    assert step(prose, "add_entity", CHORE) == (
        "Done: entity chore.\nNo endpoints yet: chore. When all entities are there: add_endpoints."
    )


def test_what_the_spec_often_speaks_of_is_asked_about(prose: ToolContext) -> None:
    texts = ("A chore has a label.", "Labels have a color.", "Anybody can add a label.")
    requirements = tuple(
        Requirement(id=f"R{number}", text=text, line=number) for number, text in enumerate(texts, 1)
    )
    prose.blueprint.save_draft(PROSE.model_copy(update={"requirements": requirements}))
    said = step(prose, "add_entity", CHORE)
    assert "The spec often speaks of: label. Is that stored? Then add_entity." in said


def test_a_claim_that_the_words_speak_against_is_not_taken(prose: ToolContext) -> None:
    step(prose, "add_entity", CHORE | {"fields": [TITLE | {"max_length": 90}]})
    with pytest.raises(ToolError, match=r"R3 is not shown by that. It wants the number 100"):
        step(prose, "link_requirement", {"requirement": "R3", "parts": ["entity chore"]})


def test_only_a_remark_is_skipped(prose: ToolContext) -> None:
    skip = {"requirement": "R1", "reason": "an introduction"}
    assert "Next, R2" in step(prose, "skip_requirement", skip)
    step(prose, "add_entity", CHORE)
    with pytest.raises(ToolError, match=r"R3 is about parts of the backend.*of: entity chore"):
        step(prose, "skip_requirement", skip | {"requirement": "R3"})


def test_a_part_is_removed(prose: ToolContext) -> None:
    step(prose, "add_entity", CHORE)
    said = step(prose, "remove_part", {"part": "chore"})
    assert said.startswith("Done: removed entity chore")
    assert prose.blueprint.load().entities == ()


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("link_requirement", {"requirement": "R3", "parts": ["book"]}, "no part is called 'book'"),
        ("link_requirement", {"requirement": "R9", "parts": []}, "no such requirement: R9"),
        ("add_endpoints", ENDPOINTS | {"entity": "Books"}, "there is no entity 'book'"),
        ("add_entity", CHORE | {"name": "1"}, "nothing was changed"),
        ("add_entity", CHORE | {"name": "User"}, "users come with add_accounts"),
        ("add_entity", CHORE | {"owned": True}, "owned: true needs users"),
    ],
)
def test_what_does_not_fit_changes_nothing(
    prose: ToolContext, name: str, arguments: Mapping[str, object], words: str
) -> None:
    with pytest.raises(ToolError, match=words):
        step(prose, name, arguments)
    assert prose.blueprint.load() == PROSE
