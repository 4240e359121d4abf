"""Blueprints that the components are tested with, in the shape that intake gives them."""

from tools.blueprint.model import (
    Access,
    Auth,
    Blueprint,
    CopyRule,
    Embed,
    Endpoint,
    Entity,
    EntityField,
    Enum,
    Grant,
    OutboundService,
    Reference,
    Role,
    StateMachine,
    StockRule,
    SumRule,
    Transition,
)

PUBLIC = Access(public=True)
ANY_USER = Access(grants=(Grant(role="*"),))


def granted(*roles: str, own: tuple[str, ...] = ()) -> Access:
    return Access(grants=(*(Grant(role=r) for r in roles), *(Grant(role=r, own=True) for r in own)))


def key(entity: str) -> EntityField:
    return EntityField(name=f"{entity}_id", type="uuid", references=Reference(entity=entity))


def auth_endpoints() -> tuple[Endpoint, ...]:
    return (
        Endpoint(
            operation="register", method="POST", path="/auth/register", access=PUBLIC, status=201
        ),
        Endpoint(operation="login", method="POST", path="/auth/login", access=PUBLIC),
        Endpoint(operation="refresh", method="POST", path="/auth/refresh", access=PUBLIC),
        Endpoint(
            operation="logout", method="POST", path="/auth/logout", access=ANY_USER, status=204
        ),
        Endpoint(operation="me", method="GET", path="/auth/me", access=ANY_USER),
    )


def user(*extra: EntityField) -> Entity:
    return Entity(
        name="user",
        table="users",
        fields=(
            EntityField(name="email", type="string", max_length=254, format="email", unique=True),
            *extra,
            EntityField(name="role", type="enum", enum="user_role", default="customer"),
            EntityField(name="password_hash", type="text", writable="never", readable=False),
        ),
    )


BOOKSHOP = Blueprint(
    name="bookshop",
    title="Bookshop",
    summary="A small online bookshop.",
    enums=(
        Enum(name="user_role", values=("admin", "staff", "customer")),
        Enum(name="order_status", values=("placed", "paid", "shipped", "cancelled")),
    ),
    roles=(Role(name="admin"), Role(name="staff"), Role(name="customer")),
    auth=Auth(default_role="customer"),
    entities=(
        user(EntityField(name="full_name", type="string", max_length=100, min_length=1)),
        Entity(
            name="book",
            table="books",
            fields=(
                EntityField(name="title", type="string", max_length=200, min_length=1),
                EntityField(name="author", type="string", max_length=200),
                EntityField(name="isbn", type="string", min_length=13, max_length=13, unique=True),
                EntityField(name="price", type="decimal", precision=10, scale=2, minimum=0),
                EntityField(name="stock", type="integer", minimum=0, default=0),
                EntityField(name="description", type="text", max_length=5000, nullable=True),
            ),
        ),
        Entity(
            name="order",
            table="orders",
            owner="customer_id",
            fields=(
                EntityField(
                    name="customer_id",
                    type="uuid",
                    references=Reference(entity="user"),
                    writable="never",
                ),
                EntityField(name="status", type="enum", enum="order_status", writable="never"),
                EntityField(name="total", type="decimal", precision=10, scale=2, writable="never"),
                EntityField(name="created_at", type="timestamptz", generated="now"),
            ),
            embeds=(Embed(entity="order_item", field="items", via="order_id", max_items=50),),
        ),
        Entity(
            name="order_item",
            table="order_items",
            owner="order.customer_id",
            fields=(
                EntityField(
                    name="order_id",
                    type="uuid",
                    references=Reference(entity="order", on_delete="cascade"),
                ),
                key("book"),
                EntityField(name="quantity", type="integer", minimum=1, maximum=100),
                EntityField(
                    name="unit_price", type="decimal", precision=10, scale=2, writable="never"
                ),
            ),
        ),
    ),
    rules=(
        StateMachine(
            entity="order",
            field="status",
            initial="placed",
            transitions=(
                Transition(source="placed", target="paid"),
                Transition(source="placed", target="cancelled"),
                Transition(source="paid", target="shipped"),
                Transition(source="paid", target="cancelled"),
            ),
        ),
        StockRule(entity="order_item", amount="quantity", via="book_id", counter="stock"),
        CopyRule(entity="order_item", field="unit_price", via="book_id", source="price"),
        SumRule(
            entity="order", field="total", child="order_item", factors=("quantity", "unit_price")
        ),
    ),
    endpoints=(
        *auth_endpoints(),
        Endpoint(
            operation="list",
            method="GET",
            path="/books",
            entity="book",
            access=PUBLIC,
            search=("title", "author"),
            filters=("author",),
            sort=("price", "title"),
        ),
        Endpoint(
            operation="get", method="GET", path="/books/{book_id}", entity="book", access=PUBLIC
        ),
        Endpoint(
            operation="create",
            method="POST",
            path="/books",
            entity="book",
            access=granted("staff", "admin"),
            status=201,
        ),
        Endpoint(
            operation="update",
            method="PATCH",
            path="/books/{book_id}",
            entity="book",
            access=granted("staff", "admin"),
        ),
        Endpoint(
            operation="delete",
            method="DELETE",
            path="/books/{book_id}",
            entity="book",
            access=granted("staff", "admin"),
            status=204,
        ),
        Endpoint(
            operation="create",
            method="POST",
            path="/orders",
            entity="order",
            access=granted("customer"),
            status=201,
        ),
        Endpoint(
            operation="list",
            method="GET",
            path="/orders",
            entity="order",
            access=granted("staff", "admin", own=("customer",)),
            filters=("status",),
        ),
        Endpoint(
            operation="get",
            method="GET",
            path="/orders/{order_id}",
            entity="order",
            access=granted("staff", "admin", own=("customer",)),
        ),
        Endpoint(
            operation="transition",
            method="POST",
            path="/orders/{order_id}/pay",
            entity="order",
            access=granted(own=("customer",)),
            to="paid",
        ),
        Endpoint(
            operation="transition",
            method="POST",
            path="/orders/{order_id}/ship",
            entity="order",
            access=granted("staff", "admin"),
            to="shipped",
        ),
        Endpoint(
            operation="transition",
            method="POST",
            path="/orders/{order_id}/cancel",
            entity="order",
            access=granted("staff", own=("customer",)),
            to="cancelled",
        ),
        Endpoint(
            operation="list", method="GET", path="/users", entity="user", access=granted("admin")
        ),
        Endpoint(
            operation="update",
            method="PATCH",
            path="/users/{user_id}",
            entity="user",
            access=granted("admin"),
            fields=("role",),
        ),
    ),
)

HELPDESK = Blueprint(
    name="helpdesk",
    title="Helpdesk",
    enums=(
        Enum(name="user_role", values=("admin", "agent", "customer")),
        Enum(name="priority", values=("low", "normal", "high")),
        Enum(name="ticket_status", values=("open", "in_progress", "resolved", "closed")),
    ),
    roles=(Role(name="admin"), Role(name="agent"), Role(name="customer")),
    auth=Auth(default_role="customer"),
    entities=(
        user(),
        Entity(
            name="ticket",
            table="tickets",
            owner="customer_id",
            fields=(
                EntityField(name="title", type="string", max_length=200, min_length=1),
                EntityField(name="body", type="text", max_length=10_000),
                EntityField(name="priority", type="enum", enum="priority", default="normal"),
                EntityField(name="status", type="enum", enum="ticket_status", writable="never"),
                EntityField(
                    name="customer_id",
                    type="uuid",
                    references=Reference(entity="user"),
                    writable="never",
                ),
                EntityField(
                    name="assignee_id",
                    type="uuid",
                    nullable=True,
                    references=Reference(entity="user", on_delete="set_null"),
                ),
                EntityField(name="created_at", type="timestamptz", generated="now"),
                EntityField(name="updated_at", type="timestamptz", generated="now_on_update"),
            ),
        ),
        Entity(
            name="comment",
            table="comments",
            owner="ticket.customer_id",
            fields=(
                EntityField(
                    name="ticket_id",
                    type="uuid",
                    references=Reference(entity="ticket", on_delete="cascade"),
                    writable="create",
                ),
                EntityField(
                    name="author_id",
                    type="uuid",
                    references=Reference(entity="user"),
                    generated="caller",
                    writable="never",
                ),
                EntityField(name="body", type="text", min_length=1, max_length=5000),
                EntityField(name="created_at", type="timestamptz", generated="now"),
            ),
        ),
    ),
    rules=(
        StateMachine(
            entity="ticket",
            field="status",
            initial="open",
            transitions=(
                Transition(source="open", target="in_progress"),
                Transition(source="in_progress", target="resolved"),
                Transition(source="resolved", target="closed"),
                Transition(source="resolved", target="in_progress", roles=("agent", "admin")),
            ),
        ),
    ),
    endpoints=(
        *auth_endpoints(),
        Endpoint(
            operation="create",
            method="POST",
            path="/tickets",
            entity="ticket",
            access=granted("customer"),
            fields=("title", "body", "priority"),
            status=201,
        ),
        Endpoint(
            operation="list",
            method="GET",
            path="/tickets",
            entity="ticket",
            access=granted("agent", "admin", own=("customer",)),
            search=("title", "body"),
            filters=("status", "priority", "assignee_id"),
            sort=("created_at", "title"),
        ),
        Endpoint(
            operation="get",
            method="GET",
            path="/tickets/{ticket_id}",
            entity="ticket",
            access=granted("agent", "admin", own=("customer",)),
        ),
        Endpoint(
            operation="update",
            method="PATCH",
            path="/tickets/{ticket_id}",
            entity="ticket",
            access=granted("agent", "admin"),
            fields=("title", "priority", "assignee_id"),
        ),
        Endpoint(
            operation="transition",
            method="POST",
            path="/tickets/{ticket_id}/status",
            entity="ticket",
            access=granted("agent", "admin", own=("customer",)),
        ),
        Endpoint(
            operation="delete",
            method="DELETE",
            path="/tickets/{ticket_id}",
            entity="ticket",
            access=granted("admin"),
            status=204,
        ),
        Endpoint(
            operation="create",
            method="POST",
            path="/tickets/{ticket_id}/comments",
            entity="comment",
            access=granted("agent", "admin", own=("customer",)),
            parent="ticket_id",
            status=201,
        ),
        Endpoint(
            operation="list",
            method="GET",
            path="/tickets/{ticket_id}/comments",
            entity="comment",
            access=granted("agent", "admin", own=("customer",)),
            parent="ticket_id",
            paged=False,
        ),
    ),
)

TINY = Blueprint(
    name="notes",
    title="Notes",
    entities=(
        Entity(
            name="note",
            table="notes",
            fields=(
                EntityField(name="text", type="string", max_length=500, min_length=1),
                EntityField(name="created_at", type="timestamptz", generated="now"),
            ),
        ),
    ),
    endpoints=(
        Endpoint(
            operation="create",
            method="POST",
            path="/notes",
            entity="note",
            access=PUBLIC,
            status=201,
        ),
        Endpoint(
            operation="list",
            method="GET",
            path="/notes",
            entity="note",
            access=PUBLIC,
            paged=False,
        ),
        Endpoint(
            operation="get", method="GET", path="/notes/{note_id}", entity="note", access=PUBLIC
        ),
    ),
)

CALLING = TINY.model_copy(
    update={
        "name": "calling",
        "outbound": (
            OutboundService(name="payments", base_url_env="PAYMENTS_URL", timeout_s=3),
            OutboundService(name="mail", base_url_env="MAIL_URL"),
        ),
    }
)
