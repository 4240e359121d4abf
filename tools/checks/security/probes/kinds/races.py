"""The same request many times at once, where it may succeed only so often."""

import re
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Timer

import psycopg
from psycopg import sql

from tools.checks.security.probes.client import Actor, Client, Filled, NoAnswer
from tools.checks.security.probes.plan import Operation
from tools.checks.security.probes.world import AUTH_PATH, Observed, World, creators

AT_ONCE = 20
HOLD_PORT = 8918
HOLD_S = 2.0
MAX_SEQUENCE = 8
ROUNDS = 6
NUMBERS = ("integer", "number")


def probe_races(world: World) -> Iterator[Observed]:
    """Compare how often it succeeds one after the other and all at once."""
    for operation in world.operations:
        if operation.method not in ("POST", "PUT", "PATCH") or AUTH_PATH.search(operation.path):
            continue
        if world.client.over:
            return
        for actor in [
            *world.actors[:1],
            *([world.keeper] if world.keeper else []),
            world.everybody[-1],
        ]:
            seen = _try(world, operation, actor)
            if seen is not None:
                yield seen
                break


def _try(world: World, operation: Operation, actor: Actor) -> Observed | None:
    for spends_all in (False, True):
        one_by_one = _one_by_one(world, operation, actor, spends_all)
        if one_by_one is None:
            return None
        if one_by_one < MAX_SEQUENCE:
            return _compare(world, operation, actor, spends_all, one_by_one)
    return None


def _one_by_one(world: World, operation: Operation, actor: Actor, spends_all: bool) -> int | None:
    """How often it succeeds in a row, MAX_SEQUENCE at most; None when that says nothing."""
    first = _prepared(world, operation, actor, spends_all)
    if first is None:
        return None
    for count in range(MAX_SEQUENCE):
        status = _status(world.client, first, actor)
        if status is None or status >= 500:
            return None
        if status >= 400:
            return None if count == 0 or status == 429 else count
    return MAX_SEQUENCE


def _compare(
    world: World, operation: Operation, actor: Actor, spends_all: bool, one_by_one: int
) -> Observed | None:
    for _ in range(ROUNDS):
        again = _prepared(world, operation, actor, spends_all)
        if again is None:
            return None
        at_once = _successes(world.client, again, actor)
        if at_once > one_by_one:
            why = f"it succeeds {at_once} times at once, but only {one_by_one} one after the other"
            return Observed("race", operation.key, why)
    return None


def _prepared(world: World, operation: Operation, actor: Actor, spends_all: bool) -> Filled | None:
    """A request on objects that are new, so that nothing is used up yet.

    With `spends_all` it asks for all that the new object holds: two such requests are one too many.
    """
    wanted = {
        param.name for param in operation.params if re.search(r"_id$|^id$|code|slug", param.name)
    }
    if not wanted and not operation.path_names:
        return None
    makers = [op for op in creators(world.operations) if op is not operation]
    for maker in makers:
        noun = maker.path.rstrip("/").rpartition("/")[2].rstrip("s")
        in_path = operation.path.startswith(maker.path.rstrip("/") + "/{")
        in_body = any(noun and noun in name for name in wanted)
        if in_path or in_body:
            made = world.make(maker, actor) or next(
                (thing for who in world.everybody if (thing := world.make(maker, who))), None
            )
            if made is None:
                continue
    filled = world.fill(operation, actor)
    for param in operation.params:
        if param.place in ("json", "form") and re.search(r"code|slug", param.name):
            known = next(
                (t.body[k] for t in reversed(world.things) for k in t.body if k == param.name), None
            )
            filled = filled.with_value(param, known) if known is not None else filled
    return _spend_all(world, filled) if spends_all else filled


def _spend_all(world: World, filled: Filled) -> Filled | None:
    """The request with the number of that name in the newest object that has one."""
    for param in filled.operation.params:
        if param.place not in ("json", "form") or param.schema.get("type") not in NUMBERS:
            continue
        for thing in reversed(world.things):
            held = {**thing.body, **thing.sent}.get(param.name)
            if isinstance(held, int | float) and not isinstance(held, bool):
                return filled.with_value(param, held)
    return None


def hold_writers() -> Callable[[], None]:
    """Lock the app's database against writers for a moment, if it has one; returns what ends it.

    Whoever looks first and writes later is then seen, however slow or fast the machine is.
    """
    try:
        peer = socket.create_connection(("127.0.0.1", HOLD_PORT), timeout=3)
        peer.recv(4)
        peer.close()
    except OSError:
        pass
    return _hold_postgres()


def _hold_postgres() -> Callable[[], None]:
    try:
        connection = psycopg.connect("host=/tmp user=postgres dbname=app_db", connect_timeout=3)
    except psycopg.OperationalError:
        return lambda: None
    rows = connection.execute(
        "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables "
        "WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
    ).fetchall()
    for (table,) in rows:
        connection.execute(sql.SQL("LOCK TABLE {} IN EXCLUSIVE MODE").format(sql.SQL(table)))
    Timer(HOLD_S, connection.close).start()
    return connection.close


def _status(client: Client, filled: Filled, actor: Actor) -> int | None:
    try:
        return client.call(filled, actor, quiet=True).status
    except NoAnswer:
        return None


def _successes(client: Client, filled: Filled, actor: Actor) -> int:
    requests = [Filled(filled.operation, dict(filled.values)) for _ in range(AT_ONCE)]
    together = Barrier(AT_ONCE)
    release = hold_writers()

    def send(request: Filled) -> int | None:
        together.wait(timeout=20)
        return _status(client, request, actor)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        statuses = list(pool.map(send, requests))
    release()
    return sum(status is not None and status < 400 for status in statuses)
