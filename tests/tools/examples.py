"""A small Blueprint with one of everything that tools show and change."""

from tools.blueprint.model import (
    Access,
    Auth,
    Blueprint,
    CustomRule,
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
    Transition,
)

LIBRARY = Blueprint(
    name="library",
    title="Library",
    auth=Auth(default_role="reader", requirements=("R1",)),
    enums=(
        Enum(name="user_role", values=("reader", "librarian")),
        Enum(name="loan_status", values=("open", "closed")),
    ),
    roles=(Role(name="reader"), Role(name="librarian")),
    entities=(
        Entity(
            name="user",
            table="users",
            fields=(
                EntityField(name="id", type="uuid", generated="uuid", writable="never"),
                EntityField(
                    name="email", type="string", max_length=254, format="email", unique=True
                ),
                EntityField(name="password_hash", type="text", writable="never", readable=False),
                EntityField(
                    name="role",
                    type="enum",
                    enum="user_role",
                    default="reader",
                    writable="never",
                ),
            ),
        ),
        Entity(
            name="loan",
            table="loans",
            owner="reader_id",
            line=12,
            fields=(
                EntityField(name="id", type="uuid", generated="uuid", writable="never"),
                EntityField(
                    name="reader_id",
                    type="uuid",
                    references=Reference(entity="user", on_delete="cascade"),
                    generated="caller",
                    writable="never",
                ),
                EntityField(
                    name="title", type="string", max_length=200, line=14, requirements=("R2",)
                ),
                EntityField(
                    name="status",
                    type="enum",
                    enum="loan_status",
                    default="open",
                    writable="never",
                ),
            ),
        ),
    ),
    endpoints=(
        Endpoint(operation="login", method="POST", path="/auth/login", access=Access(public=True)),
        Endpoint(
            operation="create",
            method="POST",
            path="/loans",
            entity="loan",
            status=201,
            access=Access(grants=(Grant(role="reader"),)),
        ),
        Endpoint(
            operation="list",
            method="GET",
            path="/loans",
            entity="loan",
            filters=("status",),
            access=Access(grants=(Grant(role="reader", own=True), Grant(role="librarian"))),
            requirements=("R3",),
        ),
        Endpoint(
            operation="custom",
            method="POST",
            path="/loans/renew",
            access=Access(grants=(Grant(role="librarian"),)),
            description="Move the end of every open loan by a week.",
        ),
    ),
    rules=(
        StateMachine(
            entity="loan",
            field="status",
            initial="open",
            transitions=(Transition(source="open", target="closed", roles=("librarian",)),),
        ),
        CustomRule(name="three_loans", text="A reader has at most three open loans."),
    ),
    scenarios=(
        Scenario(
            name="borrow",
            steps=(
                Step(
                    actor="reader:ann",
                    method="POST",
                    path="/loans",
                    body={"title": "Dune"},
                    status=201,
                    save={"loan": "id"},
                ),
            ),
        ),
    ),
    requirements=(
        Requirement(id="R1", text="Readers log in.", line=3),
        Requirement(id="R2", text="A loan has a title.", line=14),
        Requirement(id="R3", text="Readers see their own loans.", line=20),
        Requirement(id="R4", text="A reader has at most three open loans.", line=21),
    ),
)
