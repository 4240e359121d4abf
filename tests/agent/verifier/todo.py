"""The Blueprint of a backend whose spec dictates the form; its code lies in data/todo.

The files end in .txt, lest this machine's pytest and mypy take them for their own.
"""

from pathlib import Path

from tools.blueprint.conventions import Commands, Conventions, Errors, Formats, Pagination
from tools.blueprint.model import Access, Blueprint, Endpoint, Entity, EntityField

FOLDER = Path(__file__).parent / "data" / "todo"
PUBLIC = Access(public=True)
TODO = Blueprint(
    name="todo",
    title="Todo",
    form="free",
    conventions=Conventions(
        errors=Errors(style="detail"),
        formats=Formats(id_type="integer", unknown_fields="ignore", trim_strings=False),
        pagination=Pagination(
            style="offset", max_size=50, position_param="offset", total_key="total"
        ),
        commands=Commands(migrate="", start="uvicorn main:app --port 8000"),
    ),
    entities=(
        Entity(
            name="todo",
            table="todos",
            fields=(
                EntityField(name="id", type="integer", generated="identity", writable="never"),
                EntityField(name="title", type="string", min_length=1, max_length=100),
                EntityField(name="done", type="boolean", default=False),
            ),
        ),
    ),
    endpoints=(
        Endpoint(
            operation="create",
            method="POST",
            path="/todos",
            entity="todo",
            access=PUBLIC,
            status=201,
        ),
        Endpoint(
            operation="list",
            method="GET",
            path="/todos",
            entity="todo",
            access=PUBLIC,
            filters=("done",),
        ),
        Endpoint(
            operation="get", method="GET", path="/todos/{todo_id}", entity="todo", access=PUBLIC
        ),
        Endpoint(
            operation="update",
            method="PATCH",
            path="/todos/{todo_id}",
            entity="todo",
            access=PUBLIC,
        ),
    ),
)


def todo_files() -> dict[str, bytes]:
    """The tree: path -> content."""
    return {path.stem: path.read_bytes() for path in FOLDER.glob("*.py.txt")}
