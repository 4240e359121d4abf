from tests.tools.components.blueprints import TINY
from tests.tools.components.changes import CHANGES, PLAIN, STARS, field, notes
from tools.blueprint.model import Blueprint
from tools.components import emit_backend
from tools.components.plan import make_plan
from tools.components.revisions import FOLDER, History, describe_change, heads_of
from tools.components.tables import tables_of

MINE = 'revision = "a1b2"\ndown_revision = "0001"\n'


def history_of(blueprint: Blueprint, **more: str) -> History:
    files = emit_backend(blueprint)
    revisions = {path: text for path, text in files.items() if path.startswith(FOLDER)}
    return History(tables_of(make_plan(blueprint)), revisions, {**revisions, **more})


def revisions(blueprint: Blueprint, history: History) -> dict[str, str]:
    files = emit_backend(blueprint, history)
    return {path: text for path, text in files.items() if path.startswith(FOLDER)}


def test_the_same_tables_need_no_revision() -> None:
    history = history_of(TINY)
    assert revisions(TINY, history) == history.revisions


def test_a_revision_is_never_written_again() -> None:
    before, after = CHANGES["required text"]
    first = f"{FOLDER}/0001_create_tables.py"
    edited = {first: "# as it was made, by whatever version of the components\n"}
    written = revisions(after, History(history_of(before).tables, edited, edited))
    assert list(written) == [first, f"{FOLDER}/0002_change_notes.py"]
    assert written[first] == edited[first]


def test_one_field_more() -> None:
    text = revisions(notes(*PLAIN.entities[0].fields, STARS), history_of(PLAIN))
    added = text[f"{FOLDER}/0002_change_notes.py"]
    assert added.startswith('"""Add notes.extra. Rows that have no notes.extra get 1."""\n')
    assert 'revision = "0002"\ndown_revision = "0001"\n' in added
    assert 'sa.Column("extra", sa.Integer(), server_default=sa.text("1"), nullable=False)' in added
    assert 'op.alter_column("notes", "extra", server_default=None)\n' in added
    assert added.endswith('    op.drop_column("notes", "extra")\n')


def test_it_builds_on_revisions_that_somebody_else_wrote() -> None:
    mine = {f"{FOLDER}/0007_mine.py": MINE}
    added = revisions(notes(*PLAIN.entities[0].fields, STARS), history_of(PLAIN, **mine))
    assert 'down_revision = "a1b2"' in added[f"{FOLDER}/0008_change_notes.py"]
    assert f"{FOLDER}/0007_mine.py" not in added


def test_two_heads_are_joined() -> None:
    mine = {f"{FOLDER}/x.py": MINE, f"{FOLDER}/y.py": MINE.replace("a1b2", "c3d4")}
    added = revisions(notes(*PLAIN.entities[0].fields, STARS), history_of(PLAIN, **mine))
    assert 'down_revision = ("a1b2", "c3d4")' in added[f"{FOLDER}/0002_change_notes.py"]


def test_what_a_reference_cannot_be_filled_with_is_said() -> None:
    before, after = (tables_of(make_plan(side)) for side in CHANGES["everything"])
    assert "Make orders." in describe_change(before, after)
    assert "Drop notes with its rows." in describe_change(before, after)
    unique = notes(*PLAIN.entities[0].fields, field(type="integer", unique=True))
    said = describe_change(tables_of(make_plan(PLAIN)), tables_of(make_plan(unique)))
    assert said == ["Add notes.extra.", "This is refused while a row has no notes.extra."]


def test_heads_are_read_without_running_anything() -> None:
    files = {
        "a": 'revision: str = "1"\ndown_revision: str | None = None\n',
        "b": 'revision = "2"\ndown_revision = ("1",)\n',
        "c": "this is no Python",
        "d": "revision = make()\n",
    }
    assert heads_of(files) == ("2",)
