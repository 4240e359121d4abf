"""Faults to plant in generated backends, each of which their own generated tests have to find."""

from dataclasses import dataclass

from tests.agent.verifier.faults import FAULTS as SHARED
from tests.agent.verifier.faults import RACE
from tests.tools.components.blueprints import BOOKSHOP, CALLING
from tests.tools.components.lending import LENDING
from tools.blueprint.model import Blueprint


@dataclass(frozen=True)
class PlantedFault:
    """One wrong place in an otherwise right backend."""

    name: str
    path: str
    right: str
    wrong: str
    backend: Blueprint = BOOKSHOP


ACCEPTANCE_ONLY = {
    "an undeclared endpoint",  # whoever adds one by hand adds it on purpose
}
"""Faults that only the frozen Blueprint can tell."""

SHARED_FAULTS = tuple(
    PlantedFault(fault.name, fault.path, fault.right, fault.wrong)
    for fault in (*SHARED, RACE)
    if fault.name not in ACCEPTANCE_ONLY
)
AUTH_FAULTS = (
    PlantedFault(
        "expired tokens open doors",
        "app/auth/tokens.py",
        'options={"require": REQUIRED_CLAIMS}',
        'options={"require": REQUIRED_CLAIMS, "verify_exp": False}',
    ),
    PlantedFault(
        "an access token lives as long as a refresh token",
        "app/auth/tokens.py",
        "lifetime = ACCESS_LIFETIME if",
        "lifetime = REFRESH_LIFETIME if",
    ),
    PlantedFault(
        "a refresh token works twice",
        "app/auth/service.py",
        "(RefreshToken.id == token_id) & RefreshToken.used_at.is_(None)",
        "RefreshToken.id == token_id",
    ),
    PlantedFault(
        "refresh tokens outlive their family",
        "app/auth/service.py",
        "return await hand_out(session, stored.user_id, stored.family_id, tokens)",
        "return await hand_out(session, stored.user_id, new_id(), tokens)",
    ),
    PlantedFault(
        "every password is right",
        "app/auth/passwords.py",
        "return right and stored is not None",
        "return stored is not None",
    ),
    PlantedFault(
        "an unknown login is told at once",
        "app/auth/passwords.py",
        "        right = await",
        "        if stored is None:\n            return False\n        right = await",
    ),
    PlantedFault(
        "an unknown login is told apart",
        "app/auth/service.py",
        "    right = await",
        '    if user is None:\n        raise unauthorized("no_such_user")\n    right = await',
    ),
    PlantedFault(
        "a login minds upper case",
        "app/auth/routes.py",
        "form.username.strip().lower()",
        "form.username.strip()",
    ),
    PlantedFault(
        "passwords are stored as they are",
        "app/auth/service.py",
        "password_hash=await passwords.hash(data.password)",
        "password_hash=data.password",
    ),
    PlantedFault(
        "whoever registers becomes admin",
        "app/auth/service.py",
        "role=UserRole.CUSTOMER",
        "role=UserRole.ADMIN",
    ),
    PlantedFault(
        "the first admin is a customer",
        "app/auth/first_admin.py",
        "role=UserRole.ADMIN",
        "role=UserRole.CUSTOMER",
    ),
    PlantedFault(
        "a user's answer shows the hash",
        "app/users/schemas.py",
        "    full_name: str\n    role: UserRole\n",
        "    full_name: str\n    role: UserRole\n    password_hash: str\n",
    ),
    PlantedFault(
        "a route without a decision boots",
        "app/main.py",
        "    require_access_decisions(app)\n",
        "",
    ),
)
FRAMEWORK_FAULTS = (
    PlantedFault(
        "a body of any size that says its size",
        "app/middleware.py",
        "if length.isdecimal() and int(length) > self.max_bytes:",
        "if False:",
    ),
    PlantedFault(
        "a body of any size in chunks",
        "app/middleware.py",
        "if received > self.max_bytes:",
        "if received < 0:",
    ),
    PlantedFault(
        "answers may be cached",
        "app/middleware.py",
        '    "Cache-Control": "no-store",\n',
        "",
    ),
    PlantedFault(
        "types are sniffed", "app/middleware.py", '    "X-Content-Type-Options": "nosniff",\n', ""
    ),
    PlantedFault(
        "any request id is taken over",
        "app/middleware.py",
        "if SAFE_REQUEST_ID.fullmatch(given) else",
        "if given else",
    ),
    PlantedFault(
        "the log repeats query strings",
        "app/middleware.py",
        'scope["path"], status, milliseconds)',
        '(scope["path"], scope["query_string"]), status, milliseconds)',
    ),
    PlantedFault(
        "text from outside forges lines of the log",
        "app/logs.py",
        "return json.dumps(entry, ensure_ascii=False)",
        'return " ".join(map(str, entry.values()))',
    ),
    PlantedFault(
        "a known secret is good enough for production",
        "app/config.py",
        "secret == DEVELOPMENT_SECRET or ",
        "",
    ),
    PlantedFault(
        "the documentation is open in production",
        "app/main.py",
        '"/docs" if settings.environment == "development" else None',
        '"/docs"',
    ),
    PlantedFault(
        "an unexpected error is told in full",
        "app/error_handlers.py",
        '"Something went wrong."',
        "str(error)",
    ),
    PlantedFault(
        "a lost database is an error of ours",
        "app/error_handlers.py",
        "ApiError(503, ",
        "ApiError(500, ",
    ),
    PlantedFault("a deadlock is an error of ours", "app/error_handlers.py", '"40", "53"', '"53"'),
    PlantedFault(
        "a refused value is repeated",
        "app/error_handlers.py",
        'message=e["msg"])',
        'message=e["msg"] + repr(e["input"]))',
    ),
    PlantedFault(
        "ready without a database", "app/health.py", "    await session.execute(select(1))\n", ""
    ),
    PlantedFault("nothing is committed", "app/deps.py", "        await session.commit()\n", ""),
    PlantedFault(
        "what failed is committed",
        "app/deps.py",
        "        yield session\n        await session.commit()\n",
        "        try:\n            yield session\n        finally:\n"
        "            await session.commit()\n",
    ),
    PlantedFault(
        "a migration without an index",
        "alembic/versions/0001_create_tables.py",
        '    op.create_index(op.f("ix_orders_customer_id"), "orders", ["customer_id"])\n',
        "",
    ),
)
RESOURCE_FAULTS = (
    PlantedFault(
        "a cursor of another order is taken",
        "app/pagination.py",
        "if name != ordering.name:",
        "if not name:",
    ),
    PlantedFault(
        "the last row of a page comes again",
        "app/pagination.py",
        "ColumnElement[bool] = false()",
        "ColumnElement[bool] = self.terms[-1].level(values[-1])",
    ),
    PlantedFault(
        "every order is ascending",
        "app/pagination.py",
        'descending=sort.startswith("-")',
        "descending=False",
    ),
    PlantedFault(
        "a filter that filters nothing",
        "app/books/service.py",
        "Book.author == query.author",
        "Book.author == Book.author",
    ),
    PlantedFault(
        "a change empties what was not sent",
        "app/books/service.py",
        "data.model_dump(exclude_unset=True)",
        "data.model_dump()",
    ),
    PlantedFault(
        "a change that changes nothing",
        "app/books/service.py",
        "    assign(book, data.model_dump(exclude_unset=True))\n",
        "    data.model_dump(exclude_unset=True)\n",
    ),
    PlantedFault(
        "a price below nothing",
        "app/books/schemas.py",
        "Field(ge=0, max_digits=10",
        "Field(max_digits=10",
    ),
    PlantedFault(
        "a book deleted by halves", "app/books/service.py", "await session.delete(book)", "pass"
    ),
    PlantedFault(
        "what others refer to is no conflict",
        "app/error_handlers.py",
        'if state in {"23001", "23503"} and',
        'if state == "23001" and',
    ),
    PlantedFault(
        "more is sold than there is",
        "app/orders/rules.py",
        "(Book.id == key) & (Book.stock >= needed[key])",
        "Book.id == key",
    ),
    PlantedFault(
        "the stock of only one row is taken",
        "app/orders/rules.py",
        "needed[row.book_id] += row.quantity",
        "needed[row.book_id] = row.quantity",
    ),
    PlantedFault(
        "an order moves twice at once",
        "app/orders/service.py",
        "statement = statement.with_for_update()",
        "statement = statement.where()",
    ),
    PlantedFault(
        "an order of nothing",
        "app/orders/schemas.py",
        "Field(min_length=1, max_length=50)",
        "Field(max_length=50)",
    ),
    PlantedFault(
        "an order without end",
        "app/orders/schemas.py",
        "Field(min_length=1, max_length=50)",
        "Field(min_length=1)",
    ),
)
LENDING_FAULTS = (
    PlantedFault(
        "hidden rows are listed",
        "app/tools/service.py",
        "select(Tool).where(Tool.deleted_at.is_(None))",
        "select(Tool)",
        LENDING,
    ),
    PlantedFault(
        "a hidden row may be referred to",
        "app/loans/rules.py",
        "Tool.id.in_(keys), Tool.deleted_at.is_(None)",
        "Tool.id.in_(keys)",
        LENDING,
    ),
    PlantedFault(
        "a quota with room for one more",
        "app/loans/rules.py",
        "if (total or 0) > 3:",
        "if (total or 0) > 4:",
        LENDING,
    ),
    PlantedFault(
        "a quota that two may pass at once",
        "app/loans/rules.py",
        ".with_for_update(key_share=True)\n        await",
        "\n        await",
        LENDING,
    ),
    PlantedFault(
        "a quota that counts every state",
        "app/loans/rules.py",
        "                Loan.status.in_([LoanStatus.ASKED, LoanStatus.OPEN]),\n",
        "",
        LENDING,
    ),
    PlantedFault(
        "a sum without its limit",
        "app/seats/rules.py",
        "if (total or 0) > 40:",
        "if False:",
        LENDING,
    ),
)
OUTBOUND_FAULTS = (
    PlantedFault(
        "a name may lead inside",
        "app/outbound.py",
        "        if not self.allow_private:\n            for entry",
        "        if False:\n            for entry",
        CALLING,
    ),
    PlantedFault(
        "a bare address inside is called",
        "app/outbound.py",
        'if not self.allow_private and is_ip_address(url.host or ""):',
        "if False:",
        CALLING,
    ),
    PlantedFault(
        "the services are opened unguarded",
        "app/outbound.py",
        "TCPConnector(resolver=resolver)",
        "TCPConnector()",
        CALLING,
    ),
    PlantedFault(
        "a path leads out of its service",
        "app/outbound.py",
        'if part not in {"", ".", ".."}',
        'if part not in {""}',
        CALLING,
    ),
    PlantedFault(
        "redirects are followed",
        "app/outbound.py",
        'raise ValueError("a redirect is not an answer")',
        "return None",
        CALLING,
    ),
    PlantedFault(
        "a payment is sent twice",
        "app/outbound.py",
        "may_repeat = method in REPEATABLE and attempt",
        "may_repeat = attempt",
        CALLING,
    ),
    PlantedFault(
        "retries without a budget",
        "app/outbound.py",
        "        self.budget -= RETRY_COST\n",
        "",
        CALLING,
    ),
    PlantedFault(
        "a lost race is not run again",
        "app/retries.py",
        "is_last or not state",
        "True or not state",
        CALLING,
    ),
)
CACHE_FAULTS = tuple(
    PlantedFault(name, path, right, wrong, LENDING)
    for name, path, right, wrong in (
        (
            "no commit ends what is kept",
            "app/watched_sessions.py",
            'await answer_cache.forget(self.info.pop("written", ()))',
            'self.info.pop("written", ())',
        ),
        (
            "a statement is no change",
            "app/watched_sessions.py",
            "if isinstance(state.statement, UpdateBase):",
            "if False:",
        ),
        (
            "a kept loan is given to whoever asks",
            "app/loans/routes.py",
            "[loan_id, caller.owned_by]",
            "[loan_id]",
        ),
        (
            "a kept tool shows members its value",
            "app/tools/routes.py",
            "[tool_id, caller.role]",
            "[tool_id]",
        ),
        (
            "every page is the first one kept",
            "app/tools/routes.py",
            "[query.model_dump_json(), caller.role]",
            "[caller.role]",
        ),
        (
            "a loan leaves the kept tools as they are",
            "app/tools/routes.py",
            '["tools", "loans"], 60',
            '["tools"], 60',
        ),
        (
            "answers are kept for ever",
            "app/answer_cache.py",
            "answer.model_dump_json(), read.keep_s)",
            "answer.model_dump_json(), None)",
        ),
        (
            "all who wait read for themselves",
            "app/answer_cache.py",
            'if await self.store.add(f"{read.key}:claim", "", LONGEST_FILL_S):',
            "if True:",
        ),
        (
            "what was read before a change counts after it",
            "app/answer_cache.py",
            "kept is not None and kept.seals == seals else None",
            "kept is not None else None",
        ),
        (
            "a lost seal is always the same",
            "app/answer_cache.py",
            "await self.store.add(key, uuid4().hex, None)",
            'await self.store.add(key, "new", None)',
        ),
        (
            "without the cache nothing is answered",
            "app/answer_cache.py",
            "    return kept.response()\n            except CACHE_FAILURES as error:",
            "    return kept.response()\n            except LookupError as error:",
        ),
        (
            "a change that the cache missed is lost",
            "app/answer_cache.py",
            "                self.missed.add(table)\n",
            "",
        ),
        (
            "the memory is filled without end",
            "app/cache_stores.py",
            "while self.characters > MOST_CHARACTERS:",
            "while False:",
        ),
    )
)
PLANTED = (
    *SHARED_FAULTS,
    *AUTH_FAULTS,
    *FRAMEWORK_FAULTS,
    *RESOURCE_FAULTS,
    *LENDING_FAULTS,
    *OUTBOUND_FAULTS,
    *CACHE_FAULTS,
)
