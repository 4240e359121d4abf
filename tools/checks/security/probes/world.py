"""The app under test with what the probes made in it: accounts, objects, and valid requests."""

import html
import itertools
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from tools.checks.security.probes.client import NOBODY, Actor, Answer, Client, Filled, NoAnswer
from tools.checks.security.probes.plan import Operation, Param, Plan
from tools.checks.security.probes.values import example

Json = Any
ID = re.compile(r"(^|_)(id|uuid|slug|key|code|ref|number|token|name|handle)$", re.IGNORECASE)
CREDENTIAL = re.compile(r"api.?key|token|authorization|x-key|secret|access.key|-key$|_key$", re.I)
AUTH_PATH = re.compile(
    r"login|signin|sign-in|logout|register|signup|sign-up|token|refresh|password|reset|forgot|verify",
    re.IGNORECASE,
)
FALLBACKS = ("2030-05-17", "10:00", "EUR", "abc", "1234", "a@example.com", "https://example.com/a")
LINK = re.compile(r"""["'=](/[^"'\s<>]{1,200})["'\s>]""")
ENDING = re.compile(r"log-?out|sign-?out|deactivate|close-account|revoke", re.I)
PERSON = re.compile(
    r"(owner|user|account|customer|client|member|patient|guest|tenant|assignee|recipient)"
    r"(_?(id|name|email))?",
    re.IGNORECASE,
)
"""Names of parameters that say for whom something is."""
MAX_TRIES = 10


@dataclass
class Thing:
    """An object that the probes made."""

    owner: Actor
    resource: str
    """Path of the collection, `/notes`."""
    body: dict[str, Json]
    sent: dict[str, Json]
    is_account: bool = False
    """Whether it is its owner's account, with the key in it."""

    @property
    def ids(self) -> list[Json]:
        """Values that may name it in a path, the likeliest first."""
        keys = sorted(self.body, key=lambda key: (key != "id", not key.endswith("id"), key))
        return [self.body[k] for k in keys if ID.search(k) and isinstance(self.body[k], str | int)]


@dataclass(frozen=True)
class Observed:
    """What a probe has seen go wrong."""

    kind: str
    route: str
    why: str
    level: str = "flaw"


@dataclass
class Mark:
    """A text by which an input is recognized wherever it arrives."""

    number: int
    family: str
    route: str
    param: str
    payload: Json = ""

    @property
    def text(self) -> str:
        """`zq17z`."""
        return f"zq{self.number}z"


@dataclass
class World:
    """State that the probes share."""

    plan: Plan
    client: Client
    actors: list[Actor] = field(default_factory=list)
    """Accounts of equal standing, two where the app lets us."""
    keeper: Actor | None = None
    """Whoever holds a secret that the app was started with."""
    things: list[Thing] = field(default_factory=list)
    marks: dict[int, Mark] = field(default_factory=dict)
    pool: dict[str, list[Json]] = field(default_factory=dict)
    """JSON key -> values that answers had there."""
    settled: dict[tuple[str, str], tuple[Filled, Answer]] = field(default_factory=dict)
    anonymous: dict[str, Answer] = field(default_factory=dict)
    """Operation -> its answer to a valid request of nobody."""
    hopeless: set[tuple[str, str]] = field(default_factory=set)
    """Operation and actor for whom no valid request was found."""
    beneficiary: Actor | None = None
    """For whom the keeper makes objects at the moment."""
    half_time: float = 0.0
    """Moment, monotonic, after which probes try less."""
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def operations(self) -> list[Operation]:
        """All of them."""
        return self.plan.operations

    @property
    def everybody(self) -> list[Actor]:
        """Accounts, key holder, nobody."""
        keeper = [self.keeper] if self.keeper else []
        return [*self.actors, *keeper, NOBODY]

    @property
    def short_of_time(self) -> bool:
        """Whether only the most telling requests should be made."""
        return time.monotonic() > self.half_time

    def mark(self, family: str, operation: Operation, param: Param) -> Mark:
        """A new mark."""
        mark = Mark(next(self._numbers), family, operation.key, f"{param.place} {param.name}")
        self.marks[mark.number] = mark
        return mark

    def fill(self, operation: Operation, actor: Actor = NOBODY, variant: int = 0) -> Filled:
        """A request that ought to be valid.

        Args:
            operation: what to call.
            actor: who calls; objects of theirs are preferred.
            variant: 0 all made up, 1 values seen in answers, 2 only what is required, more: others.
        """
        values: dict[tuple[str, str], Json] = {}
        for param in operation.params:
            fixed = self.plan.headers.get(param.name.lower())
            if param.place == "header" and fixed is not None:
                values[(param.place, param.name)] = fixed
                continue
            if param.place in ("header", "cookie") and (
                CREDENTIAL.search(param.name) or not param.required
            ):
                continue
            if not param.required and variant == 2 and param.place not in ("raw",):
                continue
            if not param.required and param.place == "query":
                continue
            values[(param.place, param.name)] = self.value(operation, param, actor, variant)
        return Filled(operation, values)

    def value(self, operation: Operation, param: Param, actor: Actor, variant: int) -> Json:
        """A value for one parameter."""
        if param.place == "path":
            return self.path_value(operation, param, actor, variant)
        if param.name.endswith("_id") or param.name == "id":
            known = self.id_of(param.name.removesuffix("_id"), actor)
            if known is not None:
                return known
        if actor is self.keeper and PERSON.fullmatch(param.name):
            person = self.person_value(param)
            if person is not None:
                return person
        if variant in (1, 3) and self.pool.get(param.name):
            return self.pool[param.name][-1 if variant == 1 else 0]
        words = [word for word in self.plan.words if _fits(param, word)]
        if variant >= 4 and words and variant % 2:
            return words[(variant // 2) % len(words)]
        if variant >= 4 and param.is_text and "pattern" not in param.schema:
            return FALLBACKS[variant - 4]
        return example(param)

    def person_value(self, param: Param) -> Json:
        """What names the beneficiary, or any account, in a request of the keeper's."""
        person = self.beneficiary or next(iter(self.actors), None)
        if person is None:
            return None
        if param.schema.get("type") == "integer" or param.name.endswith("id"):
            return person.facts.get("id")
        known = (person.facts.get(key) for key in ("username", "name", "login", "email", "handle"))
        return next((value for value in known if value is not None), None)

    def path_value(
        self, operation: Operation, param: Param, actor: Actor, variant: int = 0
    ) -> Json:
        """An id for a part of a path: of an object of the actor's, else of any."""
        before = operation.path.partition("{" + param.name + "}")[0].rstrip("/")
        mine = [t for t in reversed(self.things) if t.resource == before and t.owner is actor]
        others = [t for t in reversed(self.things) if t.resource == before and t.owner is not actor]
        for thing in [*mine, *others]:
            if param.name in thing.body:
                return thing.body[param.name]
            if thing.ids:
                return thing.ids[min(variant, len(thing.ids) - 1)]
        known = self.id_of(param.name.removesuffix("_id"), actor)
        if known is not None:
            return known
        linked = self.pool.get(f"{operation.path}:{param.name}")
        pooled = linked or self.pool.get(param.name) or self.pool.get(f"@{before}")
        words = [word for word in self.plan.words if _fits(param, word)]
        if pooled and (variant < 3 or not words):
            return pooled[-1 - variant % len(pooled)]
        if words and variant > 0:
            return words[(variant - 1) % len(words)]
        return example(param)

    def id_of(self, noun: str, actor: Actor) -> Json:
        """The id of some object that is called so."""
        if noun in ("user", "owner", "account", "me") and "id" in actor.facts:
            return actor.facts["id"]
        latest = self.things[::-1]
        for thing in sorted(latest, key=lambda thing: thing.owner is not actor):
            last = thing.resource.rstrip("/").rpartition("/")[2]
            if noun and (last.startswith(noun) or last.rstrip("s") == noun) and thing.ids:
                return thing.ids[0]
        return None

    def settle(
        self, operation: Operation, actor: Actor, *, fresh: bool = False
    ) -> tuple[Filled, Answer] | None:
        """A request that succeeds and its answer, or None when none was found."""
        key = (operation.key, actor.name)
        if not fresh and key in self.settled:
            return self.settled[key]
        if (not fresh and key in self.hopeless) or (actor.known and ends_account(operation)):
            return None
        for variant in range(MAX_TRIES):
            filled = self.fill(operation, actor, variant)
            try:
                answer = self.client.call(filled, actor)
            except NoAnswer:
                return None
            if answer.ok:
                self.settled[key] = (filled, answer)
                self.learn(operation, answer)
                return filled, answer
            if answer.status in (401, 403, 405, 429):
                break
        self.hopeless.add(key)
        return None

    def works_for(self, operation: Operation) -> tuple[Actor, Filled, Answer] | None:
        """Somebody for whom the operation succeeds."""
        for actor in self.everybody:
            found = self.settle(operation, actor)
            if found is not None:
                return actor, *found
        return None

    def learn(self, operation: Operation, answer: Answer) -> None:
        """Remember values of an answer for later requests."""
        body = answer.json
        for key, value in pairs(body):
            if isinstance(value, str | int) and not isinstance(value, bool):
                known = self.pool.setdefault(key, [])
                if value not in known and len(known) < 20:
                    known.append(value)
        self.learn_links(answer.text)
        for item in items_of(body)[:5]:
            first = item if isinstance(item, str) else _first_text(item)
            if first is not None:
                self.pool.setdefault(f"@{operation.path}", []).append(first)

    def learn_links(self, text: str) -> None:
        """Take values for paths from an answer: `/language/nl` for `/language/{code}`."""
        for path in set(LINK.findall(text)):
            plain = unquote(html.unescape(path)).partition("?")[0]
            for operation in self.operations:
                names = operation.path_names
                if not names:
                    continue
                shape = re.sub(r"\\\{\w+\\\}", "([^/]+)", re.escape(operation.path))
                shape = (
                    shape if not operation.path.endswith("}") else shape[: -len("([^/]+)")] + "(.+)"
                )
                found = re.fullmatch(shape, plain)
                if found and len(found.groups()) == len(names):
                    for name, value in zip(names, found.groups(), strict=True):
                        self.pool.setdefault(f"{operation.path}:{name}", []).append(value)

    def make(self, operation: Operation, actor: Actor) -> Thing | None:
        """Make a fresh object as the actor."""
        found = self.settle(operation, actor, fresh=True)
        if found is None:
            return None
        filled, answer = found
        body = answer.json
        if (
            isinstance(body, dict)
            and len(body) == 1
            and isinstance(next(iter(body.values())), dict)
        ):
            body = next(iter(body.values()))
        if not isinstance(body, dict):
            return None
        path = operation.path
        for name, value in filled.of("path").items():
            path = path.replace("{" + name + "}", str(value))
        thing = Thing(actor, path.rstrip("/"), body, {**filled.of("json"), **filled.of("form")})
        self.things.append(thing)
        return thing

    def make_for(self, operation: Operation, owner: Actor) -> Thing | None:
        """Make a fresh object of the owner's as the keeper, where a parameter says whose it is."""
        people = [param for param in operation.params if PERSON.fullmatch(param.name)]
        if self.keeper is None or not people:
            return None
        self.beneficiary = owner
        thing = self.make(operation, self.keeper)
        self.beneficiary = None
        if thing is None or thing.sent.get(people[0].name) not in owner.facts.values():
            return None
        thing.owner = owner
        return thing


def _fits(param: Param, word: str) -> bool:
    schema = param.schema
    if len(word) > schema.get("maxLength", 1000) or len(word) < schema.get("minLength", 0):
        return False
    return schema.get("type") == "string" and re.search(schema.get("pattern", ""), word) is not None


def ends_account(operation: Operation) -> bool:
    """Whether it would log the caller out, or take the account away."""
    own = re.search(r"/(me|account|profile|session)s?/?$", operation.path) is not None
    return bool(ENDING.search(operation.path)) or (operation.method == "DELETE" and own)


def pairs(body: Json, depth: int = 5) -> Iterator[tuple[str, Json]]:
    """Every key and value, at any depth."""
    if depth == 0:
        return
    if isinstance(body, dict):
        for key, value in body.items():
            yield key, value
            yield from pairs(value, depth - 1)
    elif isinstance(body, list):
        for item in body[:50]:
            yield from pairs(item, depth - 1)


def items_of(body: Json) -> list[Json]:
    """The items of a list answer, wrapped or not; [] when it is none."""
    if isinstance(body, list):
        return body
    if isinstance(body, dict):
        for value in body.values():
            if isinstance(value, list):
                return value
    return []


def _first_text(item: Json) -> Json:
    if not isinstance(item, dict):
        return None
    for key in ("id", "name", "slug", "file", "path", "key", "code"):
        if isinstance(item.get(key), str | int):
            return item[key]
    return next((value for value in item.values() if isinstance(value, str)), None)


def creators(operations: Iterable[Operation]) -> list[Operation]:
    """Operations that may make objects, collections at the root first."""
    found = [
        op for op in operations if op.method in ("POST", "PUT") and not AUTH_PATH.search(op.path)
    ]
    return sorted(found, key=lambda op: (len(op.path_names), op.method != "POST", len(op.path)))
