"""The grammar of conventions: `Pagination: page/page_size, default 20, max 50`.

A statement is a topic, a colon and values separated by commas. It is understood only as a whole;
everything else stays a requirement.
"""

import re
from collections.abc import Callable

from agent.intake.field_rules import split_rules

Settings = dict[str, str | int | bool | None]
"""Dotted name of a convention, or `auth.<field>`, -> value."""
Reader = Callable[[re.Match[str]], Settings | None]

MAX_CONVENTION_CHARS = 300
"""Longer sentences are prose."""
_SAID = re.compile(
    r"(?P<topic>[^:]*?)(?::|\s(?:are|is|uses?|expires?(?: after)?|lasts?|lives? for)\s"
    r"(?:paginated\s*(?:with|by)?\s*\(?)?)\s*(?P<values>.*)",
    re.IGNORECASE | re.DOTALL,
)
_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 604_800}
_TTL = r"(\d+)\s*(seconds?|minutes?|hours?|days?|weeks?|s|min|h|d)\b(?: long| lifetime)?"


def _set(name: str, value: str | bool) -> Reader:
    return lambda _match: {name: value}


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


_UNIT = r"(seconds?|minutes?|hours?|days?)"


def _attempts(match: re.Match[str]) -> Settings:
    seconds = _SECONDS[match[3].lower().removesuffix("s")] * int(match[2] or 1)
    return {"auth.login_attempts": int(match[1]), "auth.login_window_s": seconds}


def _number_of(name: str, value: int) -> Reader:
    return lambda _match: {name: value}


_VARIABLE = r"([A-Z][A-Z0-9_]+)"
_PATH = r"(?:GET )?(/[\w/-]+)"
_TOPICS: dict[str, dict[str, Reader]] = {
    r"base (?:path|url)|api prefix|prefix": {r"(/[\w./-]*?)/?": _text("base_path")},
    r"pagination|paging|(?:all )?lists?(?: endpoints?)?": {
        r"(?:by )?(\w+)\s*(?:/|and|\+|&)\s*(\w+)(?: parameters)?": _page_names,
        r"(?:by )?(?:keyset|cursors?|pages?|offset)(?:[- ]based)?": _pages,
        r"default(?: size| page size)?:? (\d+)": _number("pagination.default_size"),
        r"max(?:imum)?\.?(?: size| page size)?:? (\d+)": _number("pagination.max_size"),
        r"items (?:under|in|key) (\w+)": _text("pagination.items_key"),
        r"total(?: count)? (?:under|in|key) (\w+)": _text("pagination.total_key"),
        r"next(?: cursor)? (?:under|in|key) (\w+)": _text("pagination.next_key"),
    },
    r"errors?(?: format| body| responses| bodies)?": {
        r"(?:rfc ?\d{4}\W*)?(?:application/)?problem(?:\+json| details)?(?: \(rfc ?\d{4}\))?": (
            _set("errors.style", "problem")
        ),
        r"rfc ?(?:9457|7807)": _set("errors.style", "problem"),
        r"(?:an? )?(?:error )?envelope": _set("errors.style", "envelope"),
        r"\{ ?\"?error\"?.*\}(?: envelope)?": _set("errors.style", "envelope"),
        r"\{ ?\"?detail\"?.*\}|fastapi(?:'s)? default|detail": _set("errors.style", "detail"),
        r"validation(?: errors?)?(?: are| is| with| gives?| status)?:? (400|422)": (
            _number("errors.validation_status")
        ),
    },
    r"validation(?: errors?)?(?: status)?": {r"(400|422)": _number("errors.validation_status")},
    r"ids?|identifiers|primary keys": {
        r"uuids?(?: ?v4)?|guids?": _set("formats.id_type", "uuid"),
        r"integers?|ints?|serial|numbers|auto-?increment": _set("formats.id_type", "integer"),
    },
    r"money|decimals?|prices|amounts": {
        r"(?:as |json )?strings?(?: in json)?": _set("formats.decimal", "string"),
        r"(?:as |json )?numbers?(?: in json)?": _set("formats.decimal", "number"),
    },
    r"unknown (?:fields|keys)|extra fields": {
        r"(?:are )?(?:refused|rejected|forbidden|forbid|an? error|422)(?: with 422)?": (
            _set("formats.unknown_fields", "forbid")
        ),
        r"(?:are )?(?:ignored?|dropped)": _set("formats.unknown_fields", "ignore"),
    },
    r"strings|text|white ?space": {
        r"(?:are |is )?(?:trimmed|stripped)": _set("formats.trim_strings", True),
        r"(?:are |is )?(?:not trimmed|kept|kept as sent)": _set("formats.trim_strings", False),
    },
    r"foreign objects?|(?:other people|somebody else|others?)'?s? (?:objects?|things|data)": {
        r"(?:answers? |give |are )?(404|403)(?: not found| forbidden)?": _number("foreign_object")
    },
    r"login(?: body)?": {
        r"(?:oauth2 )?(?:password )?form(?: fields)?|oauth2 password flow": (
            _set("tokens.login_body", "form")
        ),
        r"json(?: body)?": _set("tokens.login_body", "json"),
    },
    r"access tokens?(?: lifetime| ttl| key)?": {
        _TTL: _ttl("auth.access_ttl_s"),
        r"(?:under|in|key) (\w+)": _text("tokens.access_key"),
    },
    r"refresh tokens?(?: lifetime| ttl| key)?": {
        _TTL: _ttl("auth.refresh_ttl_s"),
        r"(?:under|in|key) (\w+)": _text("tokens.refresh_key"),
        r"(?:are )?rotated|rotation|work once|single use": _set("auth.rotation", True),
    },
    r"passwords?": {
        r"(?:hashed (?:with|by) )?argon2(?:id)?": _set("auth.password_hash", "argon2id"),
        r"(?:hashed (?:with|by) )?bcrypt": _set("auth.password_hash", "bcrypt"),
        r"(?:max(?:imum)?|at most|up to)\.?:? (\d+)(?: char(?:acter)?s?)?": (
            _number("auth.password_max_length")
        ),
        r"(\d+)(?: ?(?:to|-|–|\.\.) ?)(\d+)(?: char(?:acter)?s?)?": lambda match: {  # noqa: RUF001 - specs use the dash
            "auth.password_min_length": int(match[1]),
            "auth.password_max_length": int(match[2]),
        },
        r"(?:min(?:imum)?|at least)\.?:? (\d+)(?: char(?:acter)?s?)?": (
            _number("auth.password_min_length")
        ),
    },
    r"(?:failed )?logins?(?: attempts?| failures)?|(?:failed )?login attempts": {
        r"(?:are )?(?:limited to )?(?:at most |max(?:imum)? )?(\d+)(?: failed)?"
        r"(?: attempts?| failures)?"
        rf" (?:per|in|within|every|a) (?:(\d+) )?{_UNIT}": _attempts,
        r"(?:are )?(?:not limited|unlimited)": _number_of("auth.login_attempts", 0),
    },
    r"default role|role of new users": {r"(\w+)": _text("auth.default_role")},
    r"(?:role of the )?first admin(?:'?s)?(?: role)?": {r"(\w+)": _text("auth.first_admin_role")},
    r"login field": {r"(\w+)": _text("auth.login_field")},
    r"active (?:field|flag)": {r"(\w+)": _text("auth.active_field")},
    r"health(?: check| path| endpoint)?": {_PATH: _text("health_path")},
    r"read(?:y|iness)(?: check| path| endpoint)?": {_PATH: _text("ready_path")},
    r"migrat(?:e|ions?) command": {r"(.+)": _text("commands.migrate")},
    r"start command": {r"(.+)": _text("commands.start")},
    r"tests? command": {r"(.+)": _text("commands.test")},
    r"port": {r"(\d{2,5})": _number("commands.port")},
    r"database url(?: variable)?": {_VARIABLE: _text("environment.database_url")},
    r"secret(?: key)?(?: variable)?": {_VARIABLE: _text("environment.secret_key")},
    r"cors(?: origins)?(?: variable)?": {_VARIABLE: _text("environment.cors_origins")},
    r"cache url(?: variable)?": {_VARIABLE: _text("environment.cache_url")},
}
_READERS = tuple(
    (
        re.compile(topic, re.IGNORECASE),
        tuple((re.compile(value, re.IGNORECASE), reader) for value, reader in values.items()),
    )
    for topic, values in _TOPICS.items()
)


def read_convention(words: str) -> Settings | None:
    """What `Topic: value, value` sets, or None when any part of it is not in the grammar."""
    said = _SAID.fullmatch(words.strip()) if len(words) <= MAX_CONVENTION_CHARS else None
    topic, values = (said["topic"], said["values"].rstrip(" .")) if said else ("", "")
    values = values if "(" in values else values.rstrip(")")
    readers = next((r for pattern, r in _READERS if pattern.fullmatch(topic.strip())), None)
    if readers is None:
        return None
    whole = _read_value(values, readers)
    if whole is not None:
        return whole
    settings: Settings = {}
    for value in split_rules(values):
        part = _read_value(value, readers)
        if part is None:
            return None
        settings |= part
    return settings or None


def _read_value(text: str, readers: tuple[tuple[re.Pattern[str], Reader], ...]) -> Settings | None:
    for pattern, reader in readers:
        match = pattern.fullmatch(text)
        settings = reader(match) if match else None
        if settings is not None:
            return settings
    return None
