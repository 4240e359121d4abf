"""Faults to plant in the emitted bookshop, and the acceptance test that has to find each."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One wrong place in an otherwise right backend."""

    name: str
    path: str
    right: str
    wrong: str
    found_by: str
    """Id of an acceptance test that fails because of it."""


FAULTS = (
    Fault(
        "no ownership check",
        "app/orders/service.py",
        "return statement.where(Order.customer_id == owned_by)",
        "return statement",
        "foreign[GET /orders/{order_id} as customer]",
    ),
    Fault(
        "another status than the declared one",
        "app/books/routes.py",
        "status_code=204",
        "status_code=200",
        "delete[DELETE /books/{book_id}]",
    ),
    Fault(
        "a role too many",
        "app/access.py",
        "Depends(Allow(everything={UserRole.ADMIN, UserRole.STAFF}))]",
        "Depends(Allow(everything=frozenset(UserRole)))]",
        "forbidden[POST /orders/{order_id}/ship as customer]",
    ),
    Fault(
        "a refresh token opens what an access token opens",
        "app/auth/tokens.py",
        'if claims["typ"] != kind:',
        'if claims["typ"] not in ("access", "refresh"):',
        "forged[refresh_token]",
    ),
    Fault(
        "signatures are not checked",
        "app/auth/tokens.py",
        'options={"require": REQUIRED_CLAIMS}',
        'options={"require": REQUIRED_CLAIMS, "verify_signature": False}',
        "forged[tampered]",
    ),
    Fault(
        "a used refresh token leaves its family alive",
        "app/auth/service.py",
        "        await revoke_family(session, token_id)\n        await session.commit()",
        "        await session.commit()",
        "refresh_reused[POST /auth/refresh]",
    ),
    Fault(
        "a logout that ends nothing",
        "app/auth/routes.py",
        "await service.revoke_family(session, tokens.read_refresh(data.refresh_token))",
        "tokens.read_refresh(data.refresh_token)",
        "logout[POST /auth/logout]",
    ),
    Fault(
        "every origin is welcome",
        "app/middleware.py",
        "allow_origins=settings.cors_origins",
        'allow_origins=["*"]',
        "cors[configured origin]",
    ),
    Fault(
        "a taken value is no conflict",
        "app/error_handlers.py",
        'if state == "23505":',
        'if state == "never":',
        "unique_race[POST /books isbn taken]",
    ),
    Fault(
        "a price of its own",
        "app/orders/rules.py",
        "row.unit_price = books[row.book_id].price",
        "row.unit_price = books[row.book_id].price + 1",
        "copied[POST /orders order_item.unit_price]",
    ),
    Fault(
        "a list shows password hashes",
        "app/users/schemas.py",
        "class UserPage(Page[UserPublic])",
        "class Leak(UserPublic):\n    password_hash: str\n\n\nclass UserPage(Page[Leak])",
        "hidden[GET /users password_hash]",
    ),
    Fault(
        "pages without a largest size",
        "app/pagination.py",
        "ge=1, le=MAX_SIZE",
        "ge=1",
        "page_too_large[GET /books]",
    ),
    Fault(
        "a list that ends after its first page",
        "app/pagination.py",
        "more = len(rows) > query.limit",
        "more = len(rows) > query.limit + 1",
        "pages[GET /books]",
    ),
    Fault(
        "stock is not taken",
        "app/orders/rules.py",
        "rest = Book.stock - needed[key]",
        "rest = Book.stock",
        "stock_taken[POST /orders order_item.stock]",
    ),
    Fault(
        "a total that forgets quantities",
        "app/orders/rules.py",
        "child.quantity * child.unit_price",
        "child.unit_price",
        "summed[POST /orders order.total]",
    ),
    Fault(
        "a move that does not exist",
        "app/orders/states.py",
        "(OrderStatus.PLACED, OrderStatus.PAID),",
        "(OrderStatus.PLACED, OrderStatus.SHIPPED), (OrderStatus.PLACED, OrderStatus.PAID),",
        "move_refused[POST /orders/{order_id}/ship placed to shipped as staff]",
    ),
    Fault(
        "unknown keys are dropped",
        "app/schemas.py",
        'extra="forbid"',
        'extra="ignore"',
        "unknown_field[POST /books]",
    ),
    Fault(
        "a search that minds upper case",
        "app/books/service.py",
        ".icontains(",
        ".contains(",
        "search[GET /books title]",
    ),
    Fault(
        "an undeclared endpoint",
        "app/health.py",
        '@router.get("/health")',
        '@router.get("/debug")\nasync def debug(_: Anyone) -> None: ...\n\n@router.get("/health")',
        "undeclared[endpoints]",
    ),
)
RACE = Fault(  # apart, because another fault spoils the same lines
    "stock is read, compared and written",
    "app/orders/rules.py",
    "        enough = (Book.id == key) & (Book.stock >= needed[key])\n"
    "        rest = Book.stock - needed[key]\n",
    "        left = await session.scalar(select(Book.stock).where(Book.id == key))\n"
    "        enough = (Book.id == key) & (left >= needed[key])\n"
    "        rest = left - needed[key]\n",
    "stock_race[POST /orders order_item.stock]",
)


def plant(files: dict[str, str], faults: Iterable[Fault]) -> dict[str, str]:
    """The files with these faults. Raises AssertionError when the right text is not there."""
    planted = dict(files)
    for fault in faults:
        assert fault.right in planted[fault.path], f"{fault.name}: nothing to spoil"
        planted[fault.path] = planted[fault.path].replace(fault.right, fault.wrong, 1)
    return planted
