"""No text makes intake fail with anything but a clear problem."""

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.intake import read_spec
from tests.fuzz import EXAMPLES, changed
from tools.blueprint.model import Blueprint
from tools.blueprint.store import dump_blueprint

FOLDER = Path(__file__).parents[3] / "examples"
BLOCKS = [
    "```sql\nCREATE TABLE books (id int PRIMARY KEY, a text CHECK (a > 'b'));\n```",
    "```sql\nCREATE TABLE b (id int, x polygon, PRIMARY KEY (id, no))\n```",
    "```dbml\nTable book { id int [pk]\n a varchar(3) [ref: > book.id] }\n```",
    "```dbml\nRef: a.b <> c.d\n```",
    "```prisma\nmodel Book { id Int @id @default(autoincrement())\n b Book[] }\n```",
    "```mermaid\nerDiagram\nBOOK ||--o{ USER : x\nBOOK {\n int id PK\n}\nUSER {\n string a\n}\n```",
    "```mermaid\nstateDiagram-v2\n[*] --> a\na --> b : x (admin)\n```",
    "```gherkin\nScenario: x\nGiven an admin\nWhen GET /books\nThen status 200\n```",
    "```gherkin\nScenario Outline: x\nWhen GET /<a>\nThen status 200\nExamples:\n|a|\n|b|\n```",
    "```yaml\nopenapi: 3.1.0\npaths: {/books: {get: {summary: x, security: []}}}\n```",
    '```json\n{"openapi": "3.0.0", "components": {"schemas": {"Book": {"properties":'
    ' {"id": {}, "a": {"$ref": "#/components/schemas/Book"}}}}}}\n```',
    "As a user, I want it",
    "```sql",
    "```yaml",
    "openapi: 3.0.0",
    "paths: {/a/{b}: {post: 3}}",
]
LINES = [
    line
    for name in ("bookshop", "helpdesk")
    for line in (FOLDER / name / "spec.md").read_text(encoding="utf-8").splitlines()
]
PIECES = st.sampled_from(
    [
        "# Shop", "## Entities", "### book", "## Endpoints", "## Conventions", "## Roles",
        "| field | type | rules |\n|---|---|---|", "| title | string(9) | unique |",
        "| code | text | matches ^[a-z]{2}$, 1..9 characters |", "| code | text | pattern [",
        "a. **B.** c",
        "| a | -> book | the caller |", "| status | enum(a, b) | a -> b |", "| | | |", "| x |",
        "| method | path | access | description |\n|---|---|---|---|",
        "| GET | /books | public | sort by title |", "| POST | /books/{id}/b | owner | -> b |",
        "| GET | / | | |", "| POST | /{} | admin (own) | fields: a |", "- admin: runs it",
        "| action | admin |\n|---|---|", "| list books | own |", "| GET /books | maybe |",
        "- Pagination: page/size, max 0", "- Ids: integer", "- Base path: /", "---", "roles: [a]",
        "auth: {role_field: title, user_entity: book}", "conventions: {pagination: {style: page}}",
        "- book.status: a -> b -> c (x)", "- A book has 5 to 1 books (book)", "- Owner: a.b",
        "- unique: title, a", "- book.a is copied from book.title", "```sql\nx", "> quote",
        "1. one\n   - two:\n     - three", "", "<!-- c", "é\u202e\u2028", "- GET /books (admin",
        "- a: ->", "| user | email |", "auth: false", "name: x",
    ]
)  # fmt: skip


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    st.one_of(
        st.text(max_size=200),
        st.lists(PIECES, max_size=25).map("\n".join),
        st.lists(PIECES, max_size=25).map("\n\n".join),
        st.lists(st.one_of(PIECES, st.sampled_from(BLOCKS)), max_size=12).map("\n\n".join),
        st.lists(st.sampled_from(LINES), max_size=60).map("\n".join),
    )
)
def test_any_text_is_read_or_refused(text: str) -> None:
    result = read_spec(text)
    lines = text.count("\n") + 2
    found = [*result.problems, *result.questions]
    assert all(p.reason and p.remedy and 1 <= p.line <= lines for p in found)
    assert Blueprint.model_validate_json(dump_blueprint(result.blueprint)) == result.blueprint
    ids = [requirement.id for requirement in result.blueprint.requirements]
    assert ids == [f"R{number}" for number in range(1, len(ids) + 1)]


HERE = Path(__file__).parent
DOCUMENTS = [
    (HERE / name).read_text(encoding="utf-8")
    for name in ("data/openapi.md", "specs/openapi_first.md")
]


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.one_of(*map(changed, DOCUMENTS), st.sampled_from(BLOCKS).flatmap(changed)))
def test_any_changed_block_is_read_or_refused(text: str) -> None:
    result = read_spec(text)
    lines = text.count("\n") + 2
    assert all(1 <= one.line <= lines for one in (*result.problems, *result.questions))
    assert Blueprint.model_validate_json(dump_blueprint(result.blueprint)) == result.blueprint


@given(st.binary(max_size=100))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    result = read_spec(content)
    assert result.blueprint.title
