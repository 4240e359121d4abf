"""The conventions of an API as a spec states them: `Pagination: page/page_size, default 20`.

A statement is a topic, a colon and values separated by commas. It is understood only as a whole;
everything else stays a requirement.
"""

import re
from collections.abc import Callable

from agent.intake.draft import Draft
from agent.intake.field_rules import split_rules
from agent.intake.statements import Statement, topic_of
from tools.blueprint.conventions import Conventions
from tools.blueprint.model import Auth

Settings = dict[str, str | int | bool | None]
"""Dotted name of a convention, or `auth.<field>`, -> value."""
Reader = Callable[[re.Match[str]], Settings | None]

_PAGES: dict[str, Settings] = {
    "page": {"size_param": "page_size", "position_param": "page", "total_key": "total"},
    "offset": {"size_param": "limit", "position_param": "offset", "total_key": "total"},
    "keyset": {"size_param": "limit", "position_param": "cursor"},
}
_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 604_800}
_TTL = r"(\d+)\s*(seconds?|minutes?|hours?|days?|weeks?|s|min|h|d)\b(?: long| lifetime)?"


def _set(**values: str | int | bool | None) -> Reader:
    settings: Settings = {key.replace("__", "."): value for key, value in values.items()}
    return lambda _match: settings


def _text(name: str) -> Reader:
    return lambda match: {name: match[1].strip()}


def _number(name: str) -> Reader:
    return lambda match: {name: int(match[1])}


def _ttl(name: str) -> Reader:
    def read(match: re.Match[str]) -> Settings | None:
        units = [unit for unit in _SECONDS if unit.startswith(match[2].lower().rstrip("s") or "s")]
        return {name: int(match[1]) * _SECONDS[units[0]]} if units else None

    return read


def _pages(match: re.Match[str]) -> Settings:
    words = match[0].lower()
    style = "keyset" if re.search("cursor|keyset", words) else "offset"
    if "page" in words:
        style = "page"
    return {"pagination.style": style}


def _page_names(match: re.Match[str]) -> Settings | None:
    names = {match[1].lower(), match[2].lower()}
    for style, place in (("page", "page"), ("offset", "offset"), ("keyset", "cursor")):
        if place in names and len(names) == 2:
            (size,) = names - {place}
            return {
                "pagination.style": style,
                "pagination.size_param": size,
                "pagination.position_param": place,
            }
    return None


_TOPICS: tuple[tuple[str, tuple[tuple[str, Reader], ...]], ...] = (
    (r"base (?:path|url)|api prefix|prefix", ((r"(/[\w./-]*?)/?", _text("base_path")),)),
    (
        r"pagination|paging|lists",
        (
            (r"(?:by )?(\w+)\s*(?:/|and|\+|&)\s*(\w+)(?: parameters)?", _page_names),
            (r"(?:by )?(?:keyset|cursors?|pages?|offset)(?:[- ]based)?", _pages),
            (r"default(?: size| page size)?:? (\d+)", _number("pagination.default_size")),
            (r"max(?:imum)?\.?(?: size| page size)?:? (\d+)", _number("pagination.max_size")),
            (r"items (?:under|in|key) (\w+)", _text("pagination.items_key")),
            (r"total(?: count)? (?:under|in|key) (\w+)", _text("pagination.total_key")),
            (r"next(?: cursor)? (?:under|in|key) (\w+)", _text("pagination.next_key")),
        ),
    ),
    (
        r"errors?(?: format| body| responses| bodies)?",
        (
            (r"(?:application/problem\+json|problem(?: details|\+json)?|rfc ?(?:9457|7807))"
             r"(?: \(rfc ?9457\))?(?: problem details)?", _set(errors__style="problem")),
            (r"(?:an? )?(?:error )?envelope|\{ ?\"?error\"?.*\}(?: envelope)?", _set(errors__style="envelope")),
            (r"\{ ?\"?detail\"?.*\}|fastapi(?:'s)? default|detail", _set(errors__style="detail")),
            (r"validation(?: errors?)?(?: are| is| with| gives?| status)?:? (400|422)",
             _number("errors.validation_status")),
        ),
    ),
    (r"validation(?: errors?)?(?: status)?", ((r"(400|422)", _number("errors.validation_status")),)),
    (
        r"ids?|identifiers|primary keys",
        (
            (r"uuids?(?: ?v4)?|guids?", _set(formats__id_type="uuid")),
            (r"integers?|ints?|serial|numbers|auto-?increment", _set(formats__id_type="integer")),
        ),
    ),
    (
        r"money|decimals?|prices|amounts",
        (
            (r"(?:as |json )?strings?(?: in json)?", _set(formats__decimal="string")),
            (r"(?:as |json )?numbers?(?: in json)?", _set(formats__decimal="number")),
        ),
    ),
    (
        r"unknown (?:fields|keys)|extra fields",
        (
            (r"(?:are )?(?:refused|rejected|forbidden|forbid|an? error|422)(?: with 422)?",
             _set(formats__unknown_fields="forbid")),
            (r"(?:are )?(?:ignored?|dropped)", _set(formats__unknown_fields="ignore")),
        ),
    ),
    (
        r"strings|text|white ?space",
        (
            (r"(?:are |is )?(?:trimmed|stripped)", _set(formats__trim_strings=True)),
            (r"(?:are |is )?(?:not trimmed|kept|kept as sent)", _set(formats__trim_strings=False)),
        ),
    ),
    (
        r"foreign objects?|(?:other people|somebody else|others?)'?s? (?:objects?|things|data)",
        ((r"(?:answers? |give |are )?(404|403)(?: not found| forbidden)?", _number("foreign_object")),),
    ),
    (
        r"login(?: body)?",
        (
            (r"(?:oauth2 )?(?:password )?form(?: fields)?|oauth2 password flow",
             _set(tokens__login_body="form")),
            (r"json(?: body)?", _set(tokens__login_body="json")),
        ),
    ),
    (r"access tokens?(?: lifetime| ttl| key)?", (
        (_TTL, _ttl("auth.access_ttl_s")), (r"(?:under|in|key) (\w+)", _text("tokens.access_key")))),
    (r"refresh tokens?(?: lifetime| ttl| key)?", (
        (_TTL, _ttl("auth.refresh_ttl_s")), (r"(?:under|in|key) (\w+)", _text("tokens.refresh_key")),
        (r"(?:are )?rotated|rotation|work once|single use", _set(auth__rotation=True)))),
    (
        r"passwords?",
        (
            (r"(?:hashed (?:with|by) )?argon2(?:id)?", _set(auth__password_hash="argon2id")),
            (r"(?:hashed (?:with|by) )?bcrypt", _set(auth__password_hash="bcrypt")),
            (r"(?:min(?:imum)?|at least)\.?:? (\d+)(?: char(?:acter)?s?)?",
             _number("auth.password_min_length")),
        ),
    ),
    (r"default role|new users(?: are)?|role of new users", ((r"(\w+)s?", _text("auth.default_role")),)),
    (r"health(?: check| path| endpoint)?", ((r"(?:GET )?(/[\w/-]+)", _text("health_path")),)),
    (r"read(?:y|iness)(?: check| path| endpoint)?", ((r"(?:GET )?(/[\w/-]+)", _text("ready_path")),)),
    (r"migrat(?:e|ions?)(?: command)?", ((r"(.+)", _text("commands.migrate")),)),
    (r"start(?: command)?", ((r"(.+)", _text("commands.start")),)),
    (r"tests?(?: command)", ((r"(.+)", _text("commands.test")),)),
    (r"port", ((r"(\d{2,5})", _number("commands.port")),)),
    (r"database url(?: variable)?", ((r"([A-Z][A-Z0-9_]+)", _text("environment.database_url")),)),
    (r"secret(?: key)?(?: variable)?", ((r"([A-Z][A-Z0-9_]+)", _text("environment.secret_key")),)),
    (r"cors(?: origins)?(?: variable)?", ((r"([A-Z][A-Z0-9_]+)", _text("environment.cors_origins")),)),
)  # fmt: skip
_READERS = tuple(
    (
        re.compile(topic, re.IGNORECASE),
        tuple((re.compile(value, re.IGNORECASE), reader) for value, reader in values),
    )
    for topic, values in _TOPICS
)


class ConventionBook:
    """Conventions as they are found: a value that is stated twice must be the same."""

    def __init__(self) -> None:
        self._values: dict[str, tuple[str | int | bool | None, int]] = {}

    def add(self, settings: Settings, line: int, draft: Draft) -> None:
        """Take values from that line; a contradiction becomes a problem that names both lines."""
        for name, value in settings.items():
            known, first = self._values.setdefault(name, (value, line))
            if known != value:
                draft.error(
                    line,
                    f"`{name}` is {value!r} here and {known!r} on line {first}",
                    "State each convention once.",
                )

    def conventions(self) -> Conventions:
        """Ours, with the spec's values over them."""
        nested: dict[str, dict[str, object]] = {}
        top: dict[str, object] = {}
        for name, (value, _line) in self._values.items():
            group, _, key = name.rpartition(".")
            if group == "auth":
                continue
            (nested.setdefault(group, {}) if group else top)[key] = value
        pages = nested.get("pagination", {})
        nested["pagination"] = {**_PAGES[str(pages.get("style", "keyset"))], **pages}
        limit = nested["pagination"].get("max_size")
        if isinstance(limit, int) and limit < Conventions().pagination.default_size:
            nested["pagination"].setdefault("default_size", limit)
        return Conventions.model_validate({**nested, **top})

    def auth(self) -> dict[str, object]:
        """Stated options of `Auth`: field -> value."""
        return {
            name.removeprefix("auth."): value
            for name, (value, _line) in self._values.items()
            if name.startswith("auth.")
        }


def read_conventions(draft: Draft, statements: list[Statement], book: ConventionBook) -> None:
    """Take every understood statement of the Conventions sections into the book."""
    for statement in statements:
        if topic_of(statement.section) != "conventions":
            continue
        settings = read_convention(_spoken(statement))
        if settings is not None:
            book.add(settings, statement.line, draft)
            draft.note(statement)


def read_convention(words: str) -> Settings | None:
    """What `Topic: value, value` sets, or None when any part of it is not in the grammar."""
    topic, colon, values = words.partition(":")
    readers = next((r for pattern, r in _READERS if pattern.fullmatch(topic.strip())), None)
    if not colon or readers is None:
        return None
    whole = _read_value(values.strip(" ."), readers)
    if whole is not None:
        return whole
    settings: Settings = {}
    for value in split_rules(values):
        part = _read_value(value, readers)
        if part is None:
            return None
        settings |= part
    return settings or None


def set_values(model: Conventions | Auth, prefix: str = "") -> Settings:
    """The values that were given to the model, not its defaults, by dotted name."""
    found: Settings = {}
    for name in sorted(model.model_fields_set):
        value = getattr(model, name)
        if hasattr(value, "model_fields_set"):
            found |= set_values(value, f"{prefix}{name}.")
        else:
            found[f"{prefix}{name}"] = value
    return found


def _read_value(text: str, readers: tuple[tuple[re.Pattern[str], Reader], ...]) -> Settings | None:
    for pattern, reader in readers:
        match = pattern.fullmatch(text)
        settings = reader(match) if match else None
        if settings is not None:
            return settings
    return None


def _spoken(statement: Statement) -> str:
    if statement.row is None:
        return statement.words
    cells = [cell for cell in statement.row.cells if cell]
    return f"{cells[0]}: {', '.join(cells[1:])}" if len(cells) > 1 else ""
