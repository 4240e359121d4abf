"""Small specs in many forms, and what each one means."""

import pytest

from agent.intake import IntakeResult, read_spec
from tools.blueprint.coverage import uncovered
from tools.blueprint.model import Access, Auth, Blueprint, Grant, Reference, StateMachine

BOOKS = """
# Shop

## Entities

### Book

| name  | type        | notes            |
|-------|-------------|------------------|
| title | string(100) | required         |
| price | decimal     | >= 0             |
"""


def understood(text: str) -> Blueprint:
    result = read_spec(text)
    assert result.problems == ()
    return result.blueprint


def unmet(text: str) -> list[str]:
    return [requirement.text for requirement in uncovered(understood(text))]


def errors(text: str) -> list[tuple[int, str]]:
    return [(problem.line, problem.reason) for problem in read_spec(text).problems]


def shop(*rows: str, rest: str = "") -> str:
    head = "\n## Endpoints\n\n| method | path | access | description |\n|---|---|---|---|\n"
    return BOOKS + head + "\n".join(rows) + "\n" + rest


def test_an_entity_gets_its_key_table_and_lines() -> None:
    book = understood(BOOKS).entity("book")
    assert (book.table, book.line, book.requirements) == ("books", 8, ("R1",))
    assert [(f.name, f.line) for f in book.fields] == [("id", None), ("title", 10), ("price", 11)]
    key = book.field("id")
    assert (key.type, key.generated, key.writable) == ("uuid", "uuid", "never")


def test_a_primary_key_of_ones_own() -> None:
    text = BOOKS.replace("required         |", "primary key      |")
    book = understood(text).entity("book")
    assert book.primary_key == ("title",)
    assert [field.name for field in book.fields] == ["title", "price"]


@pytest.mark.parametrize(
    ("row", "operation", "entity", "status"),
    [
        ("| GET | /books | public | List |", "list", "book", 200),
        ("| get | /books/:id | public | One |", "get", "book", 200),
        ("| POST | /books | public | Add |", "create", "book", 201),
        ("| PATCH | /books/{book_id} | public | Change |", "update", "book", 200),
        ("| PUT | /books/<int:id> | public | Change |", "update", "book", 200),
        ("| DELETE | `/books/{id}` | public | Remove |", "delete", "book", 204),
        ("| POST | /books/bulk | public | Add many |", "bulk_create", "book", 201),
        ("| PATCH | /books/batch | public | Change many |", "bulk_update", "book", 200),
        ("| DELETE | /books/bulk | public | Remove many |", "bulk_delete", "book", 204),
        ("| POST | /books/bulk-delete | public | Remove many |", "bulk_delete", "book", 204),
        ("| POST | /books/{id}/burn | public | Burn |", "custom", "book", 200),
        ("| GET | /stats | public | Numbers |", "custom", None, 200),
        ("| POST | /auth/signup | public | Join |", "register", None, 201),
        ("| POST | /token | public | Get a token |", "login", None, 200),
        ("| GET | /users/me | any user | Me |", "me", None, 200),
    ],
)
def test_operations_follow_from_method_and_path(
    row: str, operation: str, entity: str | None, status: int
) -> None:
    endpoint = understood(shop(row)).endpoints[0]
    assert (endpoint.operation, endpoint.entity, endpoint.status) == (operation, entity, status)
    assert endpoint.requirements == ("R2",)


def test_options_stand_in_the_description_or_in_columns() -> None:
    row = "| GET | /books | public | Find books; search title; filter by price; sort by price |"
    endpoint = understood(shop(row)).endpoints[0]
    assert (endpoint.search, endpoint.filters, endpoint.sort) == (
        ("title",),
        ("price",),
        ("price",),
    )
    table = "| Verb | Route | Auth | Sort by |\n|--|--|--|--|\n| GET | /books | no | title |\n"
    endpoint = understood(f"{BOOKS}\n## API\n\n{table}").endpoints[0]
    assert (endpoint.sort, endpoint.access) == (("title",), Access(public=True))


def test_what_a_description_adds_is_never_lost() -> None:
    row = "| POST | /books | public | Add a book; tell the press. Ring the bell |"
    assert unmet(shop(row)) == ["POST /books: tell the press", "POST /books: Ring the bell"]


TRACKER = """
# Tracker

## Data Model

### Project

| Field    | Type            | Constraints | Description       |
|----------|-----------------|-------------|-------------------|
| id       | UUID            | PK          | Unique identifier |
| owner_id | UUID FK -> User | NOT NULL    | Who made it       |

### Task

- `project_id` (uuid): FK → projects.id, on delete cascade
- `status`: enum(todo, done), default todo
- A task belongs to the owner of its project: project.owner_id

## API

Base URL: `/api/v1`

| Method | Endpoint                     | Description                   | Roles             |
|--------|------------------------------|-------------------------------|-------------------|
| POST   | /token                       | Log in                        | Public            |
| GET    | /projects/{project_id}/tasks | List tasks (filter by status) | Any user (own)    |
| POST   | /tasks/{task_id}/complete    | Mark as done                  | Owner             |

## Rules

1. Status flow: todo → done. Nobody may delete a task.
2. Passwords are hashed with bcrypt.
3. All list endpoints are paginated (limit/offset, default 20, max 50).
"""


def test_a_spec_as_people_write_it() -> None:
    blueprint = understood(TRACKER)
    project, task = blueprint.entity("project"), blueprint.entity("task")
    assert project.field("id").generated == "uuid"
    assert project.field("owner_id").references == Reference(entity="user")
    assert task.field("project_id").references == Reference(entity="project", on_delete="cascade")
    assert task.owner == "project.owner_id"
    _login, tasks, complete = blueprint.endpoints
    assert (tasks.parent, tasks.filters) == ("project_id", ("status",))
    assert (complete.operation, complete.to) == ("transition", "done")
    assert blueprint.conventions.base_path == "/api/v1"
    assert blueprint.conventions.pagination.max_size == 50
    assert blueprint.auth is not None
    assert blueprint.auth.password_hash == "bcrypt"
    assert [r.text for r in uncovered(blueprint)] == ["Nobody may delete a task."]


def test_a_caption_names_the_table_where_the_heading_does_not() -> None:
    text = "# S\n\n## Entities\n\n**Order item**\n\n| column | type |\n|--|--|\n| amount | int |\n"
    blueprint = understood(text)
    assert [entity.name for entity in blueprint.entities] == ["order_item"]
    assert [r.text for r in blueprint.requirements] == ["Order item: amount"]
    unnamed = text.replace("**Order item**\n\n", "")
    assert errors(unnamed) == [(5, "'' over this table of fields names no entity")]


def test_a_condition_in_an_access_cell_is_a_question() -> None:
    result = read_spec(shop("| POST | /books | admin, staff (on duty) | Add |"))
    assert result.problems == ()
    assert result.blueprint.endpoints[0].access == Access()
    assert "'staff (on duty)' is no role (roles: admin, staff)" in [
        q.reason for q in result.questions
    ]


def test_a_summary_that_demands_something_is_a_question() -> None:
    result = read_spec("# S\n\nFor people. Users must pay.\n\n## Needs\n\nSpeed.\n")
    assert [(q.line, q.reason) for q in result.questions if q.line > 1] == [
        (3, "text under the title is a summary, but this demands something: 'Users must pay.'")
    ]


@pytest.mark.parametrize(
    "item",
    [
        "- `GET /books` (public): List books; sort by title",
        "- GET /books (public) — List books; sort by title",
    ],
)
def test_endpoints_as_list_items(item: str) -> None:
    endpoint = understood(f"{BOOKS}\n## API\n\n{item}\n").endpoints[0]
    assert (endpoint.key, endpoint.description) == ("GET /books", "List books")
    assert (endpoint.access.public, endpoint.sort) == (True, ("title",))


def test_one_column_a_role() -> None:
    text = (
        "---\nroles: [admin, customer]\n---\n" + BOOKS + "\n## Endpoints\n\n"
        "| method | path | public | customer | admin |\n|---|---|---|---|---|\n"
        "| GET | /books | yes | yes | yes |\n| POST | /books | no | no | ✓ |\n"
    )
    accesses = {e.key: e.access for e in understood(text).endpoints}
    assert accesses["GET /books"] == Access(public=True)
    assert accesses["POST /books"] == Access(grants=(Grant(role="admin"),))


MATRIX = """
## Permissions

| action         | customer | admin |
|----------------|----------|-------|
| create book    | no       | yes   |
| GET /books     | own      | x     |
"""


def test_a_matrix_decides_access() -> None:
    rows = ("| POST | /books |  | Add |", "| GET | /books |  | List |")
    text = "---\nroles: [admin, customer]\nauth: {default_role: customer}\n---\n"
    blueprint = understood(text + shop(*rows, rest=MATRIX))
    accesses = {e.key: (e.access.grants, e.requirements) for e in blueprint.endpoints}
    assert accesses["POST /books"] == ((Grant(role="admin"),), ("R2", "R4"))
    assert accesses["GET /books"] == (
        (Grant(role="customer", own=True), Grant(role="admin")),
        ("R3", "R5"),
    )


def test_a_matrix_that_contradicts_an_access_cell_is_an_error() -> None:
    text = "---\nroles: [admin, customer]\n---\n" + shop(
        "| POST | /books | customer | Add |", rest=MATRIX
    )
    assert errors(text) == [(26, "who may call `POST /books` differs from line 20")]


def test_roles_may_be_named_by_the_access_cells_alone() -> None:
    blueprint = understood(shop("| POST | /books | admins, staff (own) | Add |"))
    assert [role.name for role in blueprint.roles] == ["admin", "staff"]
    assert "The roles are those named in the access cells: admin, staff." in blueprint.assumptions


def test_a_roles_section_defines_and_describes() -> None:
    text = "# S\n\n## Roles\n\n- **admin**: runs it\n- reader: reads (default)\n"
    blueprint = understood(text)
    assert [(r.name, r.description, r.requirements) for r in blueprint.roles] == [
        ("admin", "runs it", ("R1",)),
        ("reader", "reads (default)", ("R2",)),
    ]
    assert blueprint.auth is not None
    assert blueprint.auth.default_role == "reader"


def test_a_role_that_claims_something_is_not_taken_for_understood() -> None:
    text = "# S\n\n## Roles\n\n- admin: can delete anything\n"
    assert unmet(text) == ["admin: can delete anything"]


def test_users_get_what_logins_need() -> None:
    text = shop(
        "| POST | /books | admin | Add |",
        rest="\n## Data\n\n### User\n\n| field | type | rules |\n|---|---|---|\n"
        "| email | email | required |\n| password | string | min 10 |\n",
    )
    blueprint = understood(text)
    user = blueprint.entity("user")
    assert [f.name for f in user.fields] == ["id", "email", "password_hash", "role"]
    assert user.field("email").unique
    assert not user.field("password_hash").readable
    assert blueprint.enum("user_role").values == ("admin",)
    assert blueprint.auth == Auth(default_role="admin", password_min_length=10)
    assert [e.key for e in blueprint.endpoints[1:]] == [
        "POST /auth/register",
        "POST /auth/login",
        "POST /auth/refresh",
        "POST /auth/logout",
        "GET /auth/me",
    ]


def test_a_default_that_is_no_role_is_an_error_at_its_line() -> None:
    text = (
        "---\nroles: [admin, boss]\n---\n# S\n\n## Data\n\n### user\n\n| field | type | rules |\n"
    )
    text += "|--|--|--|\n| role | enum(admin, boss) | default king] |\n"
    assert [line for line, _ in errors(text)] == [12]


def test_privileges_are_never_guessed() -> None:
    result = read_spec(shop("| POST | /books | admin, staff | Add |"))
    assert [q.reason for q in result.questions] == ["auth: whoever registers would have no role"]


def test_a_public_api_has_no_users() -> None:
    blueprint = understood(shop("| GET | /books | public | List |"))
    assert blueprint.auth is None
    assert [entity.name for entity in blueprint.entities] == ["book"]
    assert blueprint.entity("book").field("created_at").generated == "now"


TICKETS = """
# Desk

## Data model

### Ticket

| field     | type                                | rules        |
|-----------|-------------------------------------|--------------|
| status    | enum(open, in_progress, closed)     | default open |
| author_id | -> user                             | the caller   |

{rule}

## Endpoints

| method | path                 | access       | does                     |
|--------|----------------------|--------------|--------------------------|
| GET    | /tickets             | any user (own) | List                   |
| POST   | /tickets/{{id}}/{verb} | any user     | {does}                   |
"""
STATES = "`ticket.status`: open -> in_progress -> closed"


@pytest.mark.parametrize(
    ("rule", "verb", "does", "to"),
    [
        (STATES, "close", "Close it", "closed"),
        (STATES, "start", "Start it -> in_progress", "in_progress"),
        (STATES, "begin", "Moves it to in progress", "in_progress"),
        (STATES, "status", "Body names the state", None),
        ("- status: open → in_progress; in_progress → closed", "close", "Close", "closed"),
        ("- A ticket's status moves open -> in_progress -> closed.", "close", "Close", "closed"),
    ],
)
def test_transitions(rule: str, verb: str, does: str, to: str | None) -> None:
    blueprint = understood(TICKETS.format(rule=rule, verb=verb, does=does))
    endpoint = blueprint.endpoints[1]
    assert (endpoint.operation, endpoint.to) == ("transition", to)
    machine = blueprint.rules[0]
    assert isinstance(machine, StateMachine)
    assert [(m.source, m.target) for m in machine.transitions] == [
        ("open", "in_progress"),
        ("in_progress", "closed"),
    ]
    assert uncovered(blueprint) == []


def test_the_caller_owns_what_nobody_else_is_said_to_own() -> None:
    blueprint = understood(TICKETS.format(rule=STATES, verb="close", does="Close"))
    assert blueprint.entity("ticket").owner == "author_id"
    assert "The owner of `ticket` is `author_id`." in blueprint.assumptions


def test_roles_of_a_transition() -> None:
    text = "---\nroles: [agent, user]\n---\n" + TICKETS.format(
        rule="- `ticket.status`: open -> in_progress (agent); in_progress -> closed (agent, user)",
        verb="close",
        does="Close",
    )
    machine = understood(text).rules[0]
    assert isinstance(machine, StateMachine)
    assert [move.roles for move in machine.transitions] == [("agent",), ("agent", "user")]


def test_states_are_spelled_as_the_enum_spells_them() -> None:
    text = TICKETS.format(rule=STATES, verb="close", does="Close").replace(
        "enum(open, in_progress, closed)     | default open", "enum(Open, In Progress, Closed) | "
    )
    blueprint = understood(text)
    machine = blueprint.rules[0]
    assert isinstance(machine, StateMachine)
    assert machine.initial == "Open"
    assert [move.target for move in machine.transitions] == ["In Progress", "Closed"]
    assert blueprint.endpoints[1].to == "Closed"


PROSE = """# Notes

Keep notes. Every note has a text.

People sign in with e.g. an e-mail address.
They see only their own notes.
"""


def test_prose_alone_is_requirements_and_nothing_else() -> None:
    blueprint = understood(PROSE)
    assert (blueprint.entities, blueprint.endpoints) == ((), ())
    assert [(r.id, r.line, r.text) for r in blueprint.requirements] == [
        ("R1", 3, "Keep notes."),
        ("R2", 3, "Every note has a text."),
        ("R3", 5, "People sign in with e.g. an e-mail address."),
        ("R4", 6, "They see only their own notes."),
    ]


def test_background_is_summary_or_nothing() -> None:
    text = "# Notes\n\nFor people.\n\n## Overview\n\nIt is small.\n\n## Needs\n\nIt is fast.\n"
    blueprint = understood(text)
    assert blueprint.summary == "For people."
    assert [r.text for r in blueprint.requirements] == ["It is fast."]


def test_lists_keep_what_introduces_them() -> None:
    text = "# N\n\n## Needs\n\nOnly admins:\n\n1. delete books\n2. edit:\n   - titles\n"
    assert [(r.line, r.text) for r in understood(text).requirements] == [
        (7, "Only admins: delete books"),
        (9, "Only admins: edit: titles"),
    ]


def test_descriptions_of_entities_are_no_requirements_but_claims_are() -> None:
    text = BOOKS.replace("### Book\n", "### Book\n\nA printed book. No two share a title.\n")
    assert unmet(text) == ["No two share a title."]
    assert understood(text).entity("book").description == "A printed book."


def test_rules_that_are_not_understood_stay_requirements() -> None:
    text = BOOKS.replace("notes", "rules").replace("required         |", "required, rhymes |")
    assert [(r.line, r.text) for r in uncovered(understood(text))] == [(10, "book.title is rhymes")]


def test_unknown_conventions_stay_requirements() -> None:
    text = "# S\n\n## Conventions\n\n- Ids: integer\n- Moods: sunny\n"
    blueprint = understood(text)
    assert blueprint.conventions.formats.id_type == "integer"
    assert [r.text for r in blueprint.requirements] == ["Moods: sunny"]


def test_fences_are_kept_as_requirements() -> None:
    text = "# S\n\n## More\n\n```gherkin\nGiven a book\n```\n"
    assert [(r.line, r.text) for r in understood(text).requirements] == [
        (5, "```gherkin\nGiven a book\n```")
    ]


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("", 1, "the spec is empty"),
        (" \n", 1, "the spec is empty"),
        ("\0ELF", 1, "the spec is a binary file"),
        (BOOKS.replace("decimal", "decimel"), 11, "the type 'decimel' of `book.price` is unknown"),
        (BOOKS + "| title | text | |\n", 12, "`book.title` is listed twice"),
        (BOOKS + "\n### book\n\n| field | type |\n|--|--|\n| a | int |\n", 15, "the entity `book`"),
        (BOOKS.replace("### Book", "### The great book!"), 8, "'The great book!' over this table"),
        (BOOKS.replace(">= 0 ", "default x"), 11, "the default 'x' of `book.price`"),
        (shop("| GET | /books | wizards | x |") .replace("# Shop", "# S\n\n## Roles\n\n- admin"),
         21, "'wizards' is no role (roles: admin)"),
        (shop("| GET | /books | public | a |", "| GET | /books | public | b |"), 18,
         "`GET /books` is listed twice, first on line 17"),
        ("---\nnam: x\n---\n# S\n", 2, "unknown key `nam` in the front matter"),
        ("---\nconventions:\n  pagination:\n    stil: x\n---\n", 4,
         "unknown key `conventions.pagination.stil`"),
        ("---\na: [\n---\n# S", 3, "the front matter is not valid YAML"),
        ("# S\n\nBuild it with Flask and SQLite.\n", 3, "the spec asks for Flask"),
        ("# S\n\n- Framework: Django REST framework\n", 3, "the spec asks for Django"),
        ("---\nconventions: {formats: {id_type: uuid}}\n---\n# S\n\n## Conventions\n\n- Ids: int\n",
         8, "`formats.id_type` is 'integer' here and 'uuid' on line 2"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_at_its_line(text: str, line: int, reason: str) -> None:
    found = [(at, why) for at, why in errors(text) if why.startswith(reason)]
    assert [at for at, _ in found] == [line]


def test_all_problems_come_at_once() -> None:
    text = BOOKS.replace("decimal", "decimel").replace("string(100)", "strin")
    assert [line for line, _ in errors(text)] == [10, 11]


@pytest.mark.parametrize(
    "sentence",
    [
        "Do not use Flask.",
        "We migrate from Django to something async.",
        "Use FastAPI, never Flask.",
        "Express delivery costs 5 euros.",
    ],
)
def test_other_frameworks_may_be_mentioned(sentence: str) -> None:
    assert errors(f"# S\n\n{sentence}\n") == []


def test_bytes_that_are_not_utf8_are_refused() -> None:
    result: IntakeResult = read_spec(b"# caf\xe9")
    assert [p.reason for p in result.problems] == ["the spec is not UTF-8 text"]
    assert read_spec(b"\xef\xbb\xbf# S\r\n\r\nIt is fast.\r\n").blueprint.title == "S"


def test_an_unknown_target_of_a_reference_is_a_question() -> None:
    result = read_spec(BOOKS + "| by | -> author | |\n")
    assert result.problems == ()
    assert [(q.line, q.reason) for q in result.questions if q.line > 1] == [
        (12, "entity book.by: it references `author.id`, which does not exist")
    ]


def test_timestamps_and_strings_have_their_usual_meaning() -> None:
    rows = "| updated_at | timestamp | |\n| created_at | datetime | |\n| name | string | |\n"
    book = understood(BOOKS + rows).entity("book")
    assert book.field("updated_at").generated == "now_on_update"
    assert book.field("created_at").generated == "now"
    assert book.field("name").max_length == 255


def test_an_enums_section_names_values_for_several_fields() -> None:
    text = BOOKS + "| mood | mood | |\n\n## Enums\n\n- mood: good, bad\n- nothing\n"
    blueprint = understood(text)
    assert blueprint.enum("mood").values == ("good", "bad")
    assert blueprint.enum("mood").requirements == ("R2",)
    assert blueprint.entity("book").field("mood").enum == "mood"


def test_a_roles_table() -> None:
    text = "# S\n\n## Roles\n\n| role | for |\n|--|--|\n| Admin | runs it |\n| clerk | |\n"
    blueprint = understood(text)
    assert [(role.name, role.description) for role in blueprint.roles] == [
        ("admin", "runs it"),
        ("clerk", ""),
    ]


def test_own_comments_are_those_on_own_tickets() -> None:
    text = TICKETS.format(rule=STATES, verb="close", does="Close").replace(
        "## Endpoints",
        "### Comment\n\n| field | type |\n|--|--|\n| ticket_id | -> ticket |\n\n## Endpoints",
    )
    text += "| GET | /tickets/{ticket_id}/comments | owner | List |\n| GET | /users | owner | x |\n"
    blueprint = understood(text)
    assert blueprint.entity("comment").owner == "ticket.author_id"
    assert blueprint.entity("user").owner == "id"


@pytest.mark.parametrize(
    ("columns", "row", "default", "nullable"),
    [
        ("field|type|required|default", "n|int|no|3", 3, True),
        ("field|type|required|default", "n|int|yes|-", None, False),
        ("field|type|nullable", "n|int|yes", None, True),
        ("field|type|null", "n|int|NO", None, False),
    ],
)
def test_columns_for_null_and_default(
    columns: str, row: str, default: int | None, nullable: bool
) -> None:
    rule = "|".join("--" for _ in columns.split("|"))
    text = f"# S\n\n## Data\n\n### book\n\n|{columns}|\n|{rule}|\n|{row}|\n"
    field = understood(text).entity("book").field("n")
    assert (field.default, field.nullable) == (default, nullable)


@pytest.mark.parametrize(
    ("front", "line", "reason"),
    [
        ("- a", 2, "the front matter is not a mapping of keys to values"),
        ("a: &x [1]\nb: *x", 2, "the front matter is not valid YAML: anchors and aliases"),
        ("name: a\nname: b", 2, "the front matter is not valid YAML: the key 'name' appears twice"),
        ("d: 2026-99-99", 2, "the front matter is not valid YAML: month must be in 1..12"),
        ("title: t\nname: Not Good", 3, "`name` in the front matter is wrong: String should match"),
        ("auth:\n  nope: 1", 3, "unknown key `auth.nope` in the front matter"),
        ("roles:\n  - a\n  - '1'", 2, "`roles.1` in the front matter is wrong"),
        ("conventions: {nope: {deep: 1}}", 2, "unknown key `conventions.nope`"),
    ],
)
def test_mistakes_in_the_front_matter(front: str, line: int, reason: str) -> None:
    found = errors(f"---\n{front}\n---\n# S\n")
    assert [(at, why[: len(reason)]) for at, why in found] == [(line, reason)]


def test_a_front_matter_that_refuses_users() -> None:
    text = "---\nauth: false\n---\n" + shop("| GET | /books | public | List |")
    assert understood(text).auth is None
    assert understood("---\nauth: true\n---\n# S\n").auth == Auth(role_field=None)
    assert understood("---\nroles: {a: b, c: }\n---\n# S\n").roles[1].description == ""


@pytest.mark.parametrize(
    ("row", "line", "reason"),
    [
        ("| {}  | int |", 12, "'{}' is no field name"),
        (
            "| n | int | default x |",
            12,
            "the default 'x' of `book.n` does not fit its type integer",
        ),
    ],
)
def test_mistakes_in_rows(row: str, line: int, reason: str) -> None:
    found = [(at, why) for at, why in errors(f"{BOOKS}{row}\n") if why.startswith(reason)]
    assert [at for at, _ in found] == [line]


def test_columns_with_fields_that_do_not_exist_are_errors() -> None:
    table = (
        "| Verb | Route | Auth | Filter |\n|--|--|--|--|\n| GET | /books | no | color, price |\n"
    )
    text = f"{BOOKS}\n## API\n\n{table}"
    assert errors(text) == [(17, "`book` has no field 'color'")]


def test_services_that_the_backend_calls() -> None:
    front = "services:\n  payments: PAYMENTS_URL\n  mail: {url: MAIL_URL, timeout_s: 2.5}\n"
    found = understood(f"---\n{front}---\n{BOOKS}").outbound
    assert [(s.name, s.base_url_env, s.timeout_s) for s in found] == [
        ("payments", "PAYMENTS_URL", 10),
        ("mail", "MAIL_URL", 2.5),
    ]


@pytest.mark.parametrize("service", ["pay url", "{url: A, timeout_s: 0}", "{port: 1}", "[]"])
def test_mistakes_in_services(service: str) -> None:
    found = errors(f"---\nservices:\n  payments: {service}\n---\n{BOOKS}")
    assert found[0][0] == 3
