"""Gets into the app: registers, logs in, and tries the secrets that it was started with."""

import base64
import re
from collections.abc import Iterator
from typing import Any

from tools.checks.security.probes.client import NOBODY, Actor, Answer, Filled, NoAnswer
from tools.checks.security.probes.plan import Operation
from tools.checks.security.probes.values import PASSWORD
from tools.checks.security.probes.world import CREDENTIAL, Thing, World, creators, pairs

Json = Any
PASSWORD_NAME = re.compile(r"passw|pwd|passphrase|(^|_)pin$", re.IGNORECASE)
LOGIN_NAME = re.compile(r"user|login|e?mail|name|handle|nick|account|member", re.IGNORECASE)
LOGIN_PATH = re.compile(r"log-?in|sign-?in|token|session|auth(?!or)", re.IGNORECASE)
REGISTER_PATH = re.compile(
    r"regist|sign-?up|users?$|accounts?$|members?$|join|enrol", re.IGNORECASE
)
NOT_LOGIN = re.compile(
    r"reset|change|forgot|password|verify|refresh|logout|users?/\{", re.IGNORECASE
)
TOKEN_KEY = re.compile(r"token|jwt|api_?key|^key$|secret|session", re.IGNORECASE)
TOKEN_VALUE = re.compile(r"[\w.~+/=-]{20,}")
MAX_LOGINS = 16


def open_accounts(world: World) -> None:
    """Fill the world's actors and its keeper."""
    _ask_anonymously(world)
    _find_keeper(world)
    _register_two(world)
    _log_in_known(world)
    if not world.actors:
        _register_two(world)  # with the help of whoever is known by now
    if not world.actors:
        _use_issued_keys(world)
    if not world.actors:
        _split_keys(world)


def _register_two(world: World) -> None:
    for number in (1, 2):
        actor = _register(world, number)
        if actor is None:
            return
        world.actors.append(actor)


def _ask_anonymously(world: World) -> None:
    for operation in world.operations:
        if operation.method == "DELETE":
            continue
        try:
            world.anonymous[operation.key] = world.client.call(world.fill(operation))
            world.learn(operation, world.anonymous[operation.key])
        except NoAnswer:
            continue


def protected(world: World) -> list[Operation]:
    """Operations that refuse nobody, those for getting in left out."""
    found = []
    for operation in world.operations:
        answer = world.anonymous.get(operation.key)
        if answer is None or _is_for_strangers(operation):
            continue
        sent_away = 300 <= answer.status < 400 and LOGIN_PATH.search(
            answer.headers.get("location", "")
        )
        if answer.status in (401, 403) or sent_away:
            found.append(operation)
    return found


def _is_for_strangers(operation: Operation) -> bool:
    """Logins and the like: their 401 says something about the password only."""
    takes_password = any(PASSWORD_NAME.search(param.name) for param in operation.params)
    return operation.method == "POST" and takes_password and bool(LOGIN_PATH.search(operation.path))


def lets_in(world: World, actor: Actor) -> bool:
    """Whether the actor gets further than nobody, somewhere."""
    for operation in sorted(protected(world), key=lambda op: (op.method != "GET", len(op.path)))[
        :8
    ]:
        try:
            answer = world.client.call(world.fill(operation, actor), actor)
        except NoAnswer:
            continue
        before = world.anonymous[operation.key]
        if answer.status not in (401, 403, before.status, 429):
            return True
    return False


def _headers_for(world: World, secret: str) -> Iterator[dict[str, str]]:
    yield {"Authorization": f"Bearer {secret}"}
    names = {
        param.name
        for operation in world.operations
        for param in operation.params
        if param.place == "header" and CREDENTIAL.search(param.name)
    }
    names |= set(world.plan.key_headers)
    for name in sorted(names):
        if name.lower() != "authorization":
            yield {name: secret}
    yield {"Authorization": secret}


def _find_keeper(world: World) -> None:
    if not protected(world):
        return
    for secret in world.plan.secrets:
        for headers in _headers_for(world, secret):
            actor = Actor(f"holder of {len(world.plan.secrets)} secrets", headers=headers)
            if lets_in(world, actor):
                world.keeper = Actor("keeper", headers=headers)
                return


def _split_keys(world: World) -> None:
    """Two holders of different keys stand for two users, where keys are in the source."""
    found: list[Actor] = []
    for secret in world.plan.secrets[:60]:
        for headers in _headers_for(world, secret):
            actor = Actor(f"key {len(found) + 1}", headers=headers)
            if lets_in(world, actor):
                found.append(actor)
                break
        if len(found) == 2:
            world.actors = found
            return


def _use_issued_keys(world: World) -> None:
    """Whoever holds the first key may make others: `POST /shops` answers `{"id", "key"}`."""
    if world.keeper is None:
        return
    for operation in creators(world.operations):
        for _ in range(2):
            thing = world.make(operation, world.keeper)
            actor = _holder_of(world, thing) if thing else None
            if thing is None or actor is None:
                break
            thing.owner, thing.is_account = actor, True
            world.actors.append(actor)
        if world.actors:
            return


def _holder_of(world: World, thing: Thing) -> Actor | None:
    """Somebody who shows the key that an answer gave away, if that opens anything."""
    for key, value in thing.body.items():
        if not isinstance(value, str) or len(value) < 12 or not TOKEN_KEY.search(key):
            continue
        for headers in _headers_for(world, value):
            actor = Actor(f"holder {len(world.actors) + 1}", headers=headers, facts={"key": value})
            actor.facts["id"] = thing.body.get("id")
            if lets_in(world, actor):
                return actor
    return None


def _log_in_known(world: World) -> None:
    """Pairs that stand in the environment or the source."""
    if world.keeper is not None or not protected(world):
        return
    for login, password in world.plan.logins[:MAX_LOGINS]:
        actor = Actor(f"known {login}", facts={"username": login, "email": login})
        if _log_in(world, actor, login, password):
            if world.keeper is None:
                world.keeper = actor
            elif len(world.actors) < 2:
                world.actors.append(actor)


def register_operations(world: World) -> list[Operation]:
    """Where accounts are made, the likeliest first."""
    found = [
        operation
        for operation in world.operations
        if operation.method in ("POST", "PUT")
        and (REGISTER_PATH.search(operation.path) or _takes_account(operation))
        and not NOT_LOGIN.search(operation.path)
        and not re.search(r"log-?in|sign-?in", operation.path, re.I)
    ]
    with_password = [op for op in found if any(PASSWORD_NAME.search(p.name) for p in op.params)]
    others = [op for op in found if op not in with_password]
    return sorted(with_password, key=lambda op: len(op.path)) + others


def _takes_account(operation: Operation) -> bool:
    """Whether it takes a name and a password, and is no login."""
    names = [param.name for param in operation.params if param.place in ("json", "form")]
    has_password = any(PASSWORD_NAME.search(name) for name in names)
    return (
        has_password
        and any(LOGIN_NAME.search(name) for name in names)
        and not (LOGIN_PATH.search(operation.path))
    )


def login_operations(world: World) -> list[Operation]:
    """Where a password is exchanged for a token or cookie."""
    found = [
        operation
        for operation in world.operations
        if operation.method == "POST"
        and LOGIN_PATH.search(operation.path)
        and not re.search(
            r"reset|change|forgot|refresh|logout|register|signup", operation.path, re.I
        )
        and any(PASSWORD_NAME.search(param.name) for param in operation.params)
    ]
    return sorted(found, key=lambda op: ("login" not in op.path, len(op.path)))


def _register(world: World, number: int) -> Actor | None:
    for operation in register_operations(world):
        for maker in [NOBODY, *([world.keeper] if world.keeper else [])]:
            actor = Actor(f"user{number}")
            answer, filled = _sign_up(world, operation, maker, actor)
            if answer is None or filled is None:
                continue
            sent = {**filled.of("json"), **filled.of("form")}
            password = next((str(v) for k, v in sent.items() if PASSWORD_NAME.search(k)), PASSWORD)
            for key in ("email", "username", "login", "name", "handle"):
                if key in sent:
                    actor.facts.setdefault(key, sent[key])
            actor.facts["password"] = password
            actor.facts["registered_by"] = operation.key if maker is NOBODY else ""
            _note_facts(actor, answer)
            if _take_token(world, actor, answer):
                return actor
            logins = [
                str(v) for k, v in sent.items() if LOGIN_NAME.search(k) and isinstance(v, str)
            ]
            if any(_log_in(world, actor, login, password) for login in dict.fromkeys(logins)):
                return actor
    return None


def _sign_up(
    world: World, operation: Operation, maker: Actor, actor: Actor
) -> tuple[Answer | None, Filled | None]:
    who = actor if maker is NOBODY else maker
    _look_at_pages(world, who, operation.path)
    for variant in (0, 2, 1):
        filled = world.fill(operation, who, variant)
        try:
            answer = world.client.call(filled, who)
        except NoAnswer:
            return None, None
        if answer.ok:
            return answer, filled
        if answer.status in (401, 403):
            return None, None
    return None, None


def _look_at_pages(world: World, actor: Actor, path: str) -> None:
    """Get the page with the form first: its hidden fields and cookies may be needed."""
    for operation in world.operations:
        is_page = operation.method == "GET" and not operation.path_names
        if is_page and (
            operation.path in (path, "/") or "csrf" in operation.path or "login" in operation.path
        ):
            try:
                world.client.call(world.fill(operation), actor)
            except NoAnswer:
                continue


def _log_in(world: World, actor: Actor, login: str, password: str) -> bool:
    for operation in login_operations(world):
        answer = log_in_once(world, operation, actor, login, password)
        if answer is not None and answer.ok and _take_token(world, actor, answer):
            _note_facts(actor, answer)
            actor.facts.setdefault("login", login)
            actor.facts["password"] = password
            return True
    if world.plan.basic:
        pair = base64.b64encode(f"{login}:{password}".encode()).decode()
        probe = Actor(actor.name, headers={"Authorization": f"Basic {pair}"})
        if lets_in(world, probe):
            actor.headers = probe.headers
            return True
    return False


def log_in_once(
    world: World, operation: Operation, actor: Actor, login: str, password: str
) -> Answer | None:
    """The answer to one try to log in."""
    _look_at_pages(world, actor, operation.path)
    filled = login_request(world, operation, login, password)
    try:
        return world.client.call(filled, actor)
    except NoAnswer:
        return None


def login_request(world: World, operation: Operation, login: str, password: str) -> Filled:
    """The request that logs in."""
    filled = world.fill(operation)
    for param in operation.params:
        if PASSWORD_NAME.search(param.name):
            filled = filled.with_value(param, password)
        elif LOGIN_NAME.search(param.name) and param.place in ("json", "form", "query"):
            filled = filled.with_value(param, login)
        elif param.name == "grant_type":
            filled = filled.with_value(param, "password")
        elif not param.required and param.place in ("json", "form", "query"):
            filled = filled.without(param)
    return filled


def _take_token(world: World, actor: Actor, answer: Answer) -> bool:
    """Take what the answer gives and see whether it opens anything."""
    if actor.cookies and lets_in(world, actor):
        return True
    tokens = [
        (key, value)
        for key, value in pairs(answer.json)
        if isinstance(value, str)
        and ((len(value) >= 8 and TOKEN_KEY.search(key)) or TOKEN_VALUE.fullmatch(value))
    ]
    tokens.sort(key=lambda pair: "refresh" in pair[0])
    for key, token in tokens:
        if "refresh" in key or key == "token_type":
            continue
        for headers in _headers_for(world, token):
            probe = Actor(actor.name, headers=headers)
            if lets_in(world, probe):
                actor.headers = headers
                actor.refresh = next((v for k, v in tokens if "refresh" in k), None)
                return True
    return not protected(world) and bool(tokens or actor.cookies)


def _note_facts(actor: Actor, answer: Answer) -> None:
    for key, value in pairs(answer.json):
        if key in ("id", "user_id", "email", "username", "uuid", "account_id", "member_id"):
            name = "id" if key in ("user_id", "uuid", "account_id", "member_id") else key
            actor.facts.setdefault(name, value)


def make_objects(world: World) -> None:
    """Let every actor make objects wherever that works, parents before children."""
    for actor in [*world.everybody]:
        for operation in creators(world.operations):
            if actor is NOBODY and any(thing.resource == operation.path for thing in world.things):
                continue
            if world.client.over:
                return
            world.make(operation, actor)
        _look_around(world, actor)
    world.hopeless.clear()  # with objects there, more may work


def _look_around(world: World, actor: Actor) -> None:
    for operation in world.operations:
        if operation.method == "GET" and not operation.path_names:
            world.settle(operation, actor)
