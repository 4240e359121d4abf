import pytest

from tests.tools.examples import LIBRARY
from tools.base import ToolContext, ToolError
from tools.blueprint.merge import merge_parts
from tools.blueprint.shorthand import JsonObject
from tools.generate_code import GenerateCodeArgs, generate_code


def test_everything_is_written_and_what_is_left_is_named(ctx: ToolContext) -> None:
    said = generate_code(ctx, GenerateCodeArgs()).text
    created, left = said.split("left to write by hand, with tests:\n")
    assert created.startswith("created ")
    assert "app/loans/: __init__.py models.py" in created
    assert left.split("\n")[:2] == [
        "- POST /loans/renew [librarian] 200: Move the end of every open loan by a week.",
        "- rule three_loans: A reader has at most three open loans.",
    ]
    assert ctx.workspace.read("app/main.py").startswith(b'"""')


def test_the_same_blueprint_gives_the_same_files(ctx: ToolContext) -> None:
    generate_code(ctx, GenerateCodeArgs())
    before = {path: ctx.workspace.read(path) for path in ctx.workspace.files()}
    said = generate_code(ctx, GenerateCodeArgs()).text
    assert said.startswith(f"unchanged: {len(before) - 2}\nleft to write")
    assert {path: ctx.workspace.read(path) for path in ctx.workspace.files()} == before


def test_an_edited_file_is_kept_and_named(ctx: ToolContext) -> None:
    generate_code(ctx, GenerateCodeArgs(components=["database"]))
    ctx.workspace.write("app/loans/models.py", b"# mine\n")
    said = generate_code(ctx, GenerateCodeArgs(components=["database"])).text
    assert "kept, because edited by hand: app/loans/models.py\n" in said
    assert ctx.workspace.read("app/loans/models.py") == b"# mine\n"


def test_one_component_writes_its_own_files_only(ctx: ToolContext) -> None:
    generate_code(ctx, GenerateCodeArgs(components=["auth"]))
    folders = {path.rpartition("/")[0] for path in ctx.workspace.files()}
    assert "app/auth" in folders
    assert "alembic/versions" not in folders


def test_a_computed_field_without_an_expression_is_left_to_write(ctx: ToolContext) -> None:
    fields = ["renewals: integer, computed", "past: boolean, computed past due", "due: date"]
    update: JsonObject = {"entities": [{"name": "loan", "fields": [*fields]}]}
    ctx.blueprint.save_draft(merge_parts(LIBRARY, update).blueprint)
    said = generate_code(ctx, GenerateCodeArgs()).text
    assert "- the expression of loan.renewals in app/computed.py: as the spec says\n" in said
    assert "loan.past" not in said
    written = ctx.workspace.read("app/computed.py").decode()
    assert "Loan.renewals = column_property(cast(null(), Integer()))" in written
    assert "Loan.past = column_property(Loan.due < " in written
    migration = ctx.workspace.read("alembic/versions/0001_create_tables.py").decode()
    assert '"due"' in migration
    assert "renewals" not in migration


def test_without_custom_parts_nothing_is_left(ctx: ToolContext) -> None:
    plain = LIBRARY.model_copy(
        update={"rules": LIBRARY.rules[:1], "endpoints": LIBRARY.endpoints[:3]}
    )
    ctx.blueprint.save_draft(plain)
    said = generate_code(ctx, GenerateCodeArgs()).text
    assert said.endswith("\nnothing is left to write by hand; run_tests, then finish")


def test_a_dictated_form_is_not_generated(ctx: ToolContext) -> None:
    ctx.blueprint.save_draft(LIBRARY.model_copy(update={"form": "free"}))
    with pytest.raises(ToolError, match="write its files by hand"):
        generate_code(ctx, GenerateCodeArgs())


def test_what_a_component_cannot_write_is_told(ctx: ToolContext) -> None:
    lost = LIBRARY.entity("loan").model_copy(update={"owner": "nobody_id"})
    entities = (LIBRARY.entity("user"), lost)
    ctx.blueprint.save_draft(LIBRARY.model_copy(update={"entities": entities}))
    with pytest.raises(ToolError, match=r"'nobody_id'\. Leave that component out"):
        generate_code(ctx, GenerateCodeArgs())
