"""What else an endpoint promises: `idempotent`, `cached for 60 seconds`, `at most 10/min per user`.

Said in its description, in a column of its table, or in a sentence that begins with the endpoint.
"""

import re
from collections.abc import Mapping

from agent.intake.draft import Draft
from agent.intake.operations import clean_path
from agent.intake.statements import Statement
from tools.blueprint.model import Endpoint, RateLimit

Qualities = dict[str, object]
"""Fields of `Endpoint` with their values."""

_SECONDS = {"s": 1, "sec": 1, "second": 1, "m": 60, "min": 60, "minute": 60, "h": 3600,
            "hour": 3600, "d": 86_400, "day": 86_400}  # fmt: skip
_CALLS = r"(?:requests?|calls?|times|attempts?)"
_PER = r"(?:per|a|an|/|each|every|in|within|in any)"
_WHOM = (
    r"(?:,?\s*(?:per|by|for each|from one|from the same|and|/)\s*"
    r"(?P<whom>users?|callers?|accounts?|address(?:es)?|ip(?: address)?|client))?"
)
_UNIT = r"(?P<unit>s|sec|seconds?|m|min|minutes?|h|hours?|d|days?)"
_LIMIT = re.compile(
    r"(?:(?:is |are )?(?:rate[- ])?limit(?:ed)?(?: to)?:?\s*|(?:is )?called )?"
    r"(?:at most |no more than |up to |max(?:imum)?\.? )?"
    rf"(?P<count>\d+)\s*{_CALLS}?\s*{_PER}\s*(?P<size>\d+)?\s*{_UNIT}{_WHOM}"
    r"(?:[;,]? (?:more|then|otherwise|beyond that)[\w ]*? (?:is|are|gives?|answers?) (?:a )?429)?",
    re.IGNORECASE,
)
_CACHED = re.compile(
    r"(?:(?:is |are |its answers? (?:is|are) |may be )?(?:cached|kept)|cache(?:able)?)"
    rf"(?: for)?(?: at most| up to)?:?\s*(?P<size>\d+)\s*{_UNIT}",
    re.IGNORECASE,
)
_DURATION = re.compile(rf"(?P<size>\d+)\s*{_UNIT}", re.IGNORECASE)
_KEY = r"(?:the |an? )?`?idempotency[- ]key`?s?(?: headers?)?"
_IDEMPOTENT = re.compile(
    rf"(?:is |are )?idempotent(?: by| with| via)?(?: {_KEY})?"
    rf"|(?:with|accepts?|takes?|honou?rs|supports?) {_KEY}",
    re.IGNORECASE,
)
_WHOLE = re.compile(
    r"(?:is |are )?(?:(?:not|never) (?:paged|paginated)|unpaged)"
    r"|(?:has |have )?(?:without|no) (?:pages|paging|pagination)"
    r"|(?:is |are |as |answers? |returns? )?(?:a )?"
    r"(?:bare|plain|flat|simple) (?:json )?(?:arrays?|lists?)",
    re.IGNORECASE,
)
_ALL_LISTS = re.compile(r"(?:all )?(?:lists?|list endpoints?):? (?P<rest>.+)", re.IGNORECASE)
_ABOUT = re.compile(
    r"`?(?P<method>GET|POST|PUT|PATCH|DELETE)\s+(?P<path>/\S*?)`?(?::\s*|\s+)(?P<rest>.+)",
    re.IGNORECASE,
)


def read_quality(text: str) -> Qualities | None:
    """What the words promise, or None when they are not in the grammar."""
    words = text.strip(" .`")
    if _IDEMPOTENT.fullmatch(words):
        return {"idempotent": True}
    if cached := _CACHED.fullmatch(words):
        return {"cache_s": _seconds(cached)}
    if _WHOLE.fullmatch(words):
        return {"paged": False}
    limit = _LIMIT.fullmatch(words)
    return {"rate_limit": _rate_limit(limit)} if limit and int(limit["count"]) else None


def column_qualities(cells: Mapping[str, str]) -> Qualities:
    """What the columns `rate limit`, `idempotent` and `cache` of an endpoint table say."""
    qualities: Qualities = {}
    if re.fullmatch(r"yes|y|x|✓|✔|true", cells.get("idempotent", ""), re.IGNORECASE):
        qualities["idempotent"] = True
    if cached := _DURATION.fullmatch(cells.get("cache", "").strip()):
        qualities["cache_s"] = _seconds(cached)
    return qualities | (read_quality(cells.get("rate_limit", "")) or {})


def read_qualities(draft: Draft, statements: list[Statement]) -> None:
    """Sentences such as `POST /orders is idempotent` belong to the endpoint that they name;
    `Lists are not paged` is about every list."""
    for statement in statements:
        every = _ALL_LISTS.fullmatch(statement.words.strip(" ."))
        if every and statement not in draft.understood and _WHOLE.fullmatch(every["rest"]):
            _leave_whole(draft, statement)
            continue
        about = _ABOUT.fullmatch(statement.words) if statement not in draft.understood else None
        if about is None:
            continue
        path = clean_path(about["path"].rstrip(":"), draft.conventions.base_path)
        key = f"{about['method'].upper()} {path}"
        quality = read_quality(about["rest"])
        if quality is not None and key in draft.endpoints:
            draft.endpoints[key] = with_qualities(draft.endpoints[key], quality)
            draft.satisfy("endpoint", key, statement)


def _leave_whole(draft: Draft, statement: Statement) -> None:
    for key, endpoint in draft.endpoints.items():
        if endpoint.operation == "list":
            draft.endpoints[key] = endpoint.model_copy(update={"paged": False})
            draft.satisfy("endpoint", key, statement)


def with_qualities(endpoint: Endpoint, qualities: Qualities) -> Endpoint:
    """The endpoint with these qualities; callers without a login are counted by address."""
    limit = qualities.get("rate_limit")
    if isinstance(limit, RateLimit) and endpoint.access.public:
        qualities = {**qualities, "rate_limit": limit.model_copy(update={"by": "address"})}
    return endpoint.model_copy(update=qualities)


def _seconds(match: re.Match[str]) -> int:
    unit = match["unit"].lower()
    return int(match["size"] or 1) * (_SECONDS.get(unit) or _SECONDS[unit.removesuffix("s")])


def _rate_limit(match: re.Match[str]) -> RateLimit:
    by_address = re.match(r"ip|address|client", match["whom"] or "", re.IGNORECASE)
    return RateLimit(
        requests=int(match["count"]),
        per_s=_seconds(match),
        by="address" if by_address else "user",
    )
