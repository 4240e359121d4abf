"""A small Blueprint with one of everything that the acceptance suite derives tests from."""

from tools.blueprint.model import (
    Access,
    Auth,
    Blueprint,
    CopyRule,
    CustomRule,
    Embed,
    Endpoint,
    Entity,
    EntityField,
    Enum,
    Grant,
    Reference,
    Requirement,
    Role,
    Scenario,
    StateMachine,
    Step,
    StockRule,
    SumRule,
    Transition,
)

ID = EntityField(name="id", type="uuid", generated="uuid", writable="never")
PUBLIC = Access(public=True)
STAFF = Access(grants=(Grant(role="staff"),))
READERS = Access(grants=(Grant(role="reader", own=True), Grant(role="staff")))

USER = Entity(
    name="user",
    table="users",
    fields=(
        ID,
        EntityField(name="email", type="string", format="email", max_length=255, unique=True),
        EntityField(name="password_hash", type="text", writable="never", readable=False),
        EntityField(name="role", type="enum", enum="user_role", default="reader"),
    ),
)
BOOK = Entity(
    name="book",
    table="books",
    requirements=("R1",),
    fields=(
        ID,
        EntityField(name="title", type="string", min_length=1, max_length=200),
        EntityField(name="isbn", type="string", min_length=10, max_length=17, unique=True),
        EntityField(name="price", type="decimal", precision=10, scale=2, minimum=0),
        EntityField(name="stock", type="integer", minimum=0, default=0),
    ),
)
LOAN = Entity(
    name="loan",
    table="loans",
    owner="reader_id",
    embeds=(Embed(entity="loan_item", field="items", via="loan_id", max_items=5),),
    fields=(
        ID,
        EntityField(
            name="reader_id",
            type="uuid",
            generated="caller",
            writable="never",
            references=Reference(entity="user"),
        ),
        EntityField(
            name="status", type="enum", enum="loan_status", default="open", writable="never"
        ),
        EntityField(name="fee", type="decimal", precision=10, scale=2, writable="never"),
    ),
)
LOAN_ITEM = Entity(
    name="loan_item",
    table="loan_items",
    owner="loan.reader_id",
    fields=(
        ID,
        EntityField(
            name="loan_id",
            type="uuid",
            references=Reference(entity="loan", on_delete="cascade"),
        ),
        EntityField(name="book_id", type="uuid", references=Reference(entity="book")),
        EntityField(name="quantity", type="integer", minimum=1, maximum=9),
        EntityField(name="price", type="decimal", precision=10, scale=2, writable="never"),
    ),
)
NOTE = Entity(
    name="note",
    table="notes",
    owner="loan.reader_id",
    fields=(
        ID,
        EntityField(name="loan_id", type="uuid", references=Reference(entity="loan")),
        EntityField(name="text", type="text", max_length=500),
    ),
)
LIBRARY = Blueprint(
    name="library",
    title="Library",
    enums=(
        Enum(name="user_role", values=("staff", "reader")),
        Enum(name="loan_status", values=("open", "closed", "lost")),
    ),
    roles=(Role(name="staff"), Role(name="reader", requirements=("R2",))),
    auth=Auth(default_role="reader"),
    entities=(USER, BOOK, LOAN, LOAN_ITEM, NOTE),
    endpoints=(
        Endpoint(operation="register", method="POST", path="/register", access=PUBLIC, status=201),
        Endpoint(operation="login", method="POST", path="/login", access=PUBLIC),
        Endpoint(operation="list", method="GET", path="/books", entity="book", access=PUBLIC),
        Endpoint(
            operation="create",
            method="POST",
            path="/books",
            entity="book",
            access=STAFF,
            status=201,
            requirements=("R3",),
        ),
        Endpoint(
            operation="update", method="PATCH", path="/books/{book_id}", entity="book", access=STAFF
        ),
        Endpoint(
            operation="create",
            method="POST",
            path="/loans",
            entity="loan",
            access=Access(grants=(Grant(role="reader"),)),
            status=201,
        ),
        Endpoint(
            operation="get", method="GET", path="/loans/{loan_id}", entity="loan", access=READERS
        ),
        Endpoint(
            operation="transition",
            method="POST",
            path="/loans/{loan_id}/close",
            entity="loan",
            access=STAFF,
            to="closed",
        ),
        Endpoint(
            operation="create",
            method="POST",
            path="/loans/{loan_id}/notes",
            entity="note",
            access=READERS,
            status=201,
            parent="loan_id",
        ),
        Endpoint(
            operation="custom",
            method="GET",
            path="/statistics",
            access=STAFF,
            requirements=("R4",),
        ),
    ),
    rules=(
        StateMachine(
            entity="loan",
            field="status",
            initial="open",
            transitions=(
                Transition(source="open", target="closed"),
                Transition(source="open", target="lost"),
            ),
        ),
        StockRule(entity="loan_item", amount="quantity", via="book_id", counter="stock"),
        CopyRule(entity="loan_item", field="price", via="book_id", source="price"),
        SumRule(entity="loan", field="fee", child="loan_item", factors=("quantity", "price")),
        CustomRule(name="weekend", text="No loans on Sundays", requirements=("R5",)),
    ),
    scenarios=(
        Scenario(
            name="browse",
            steps=(Step(method="GET", path="/books", status=200),),
            requirements=("R6",),
        ),
    ),
    requirements=tuple(
        Requirement(id=f"R{number}", text=f"statement {number}", line=number)
        for number in range(1, 8)
    ),
    not_testable={"R7": "background"},
)
