"""Filters of a list: `status`, `price (min, max)`, `created before`, `title contains`."""

import re
from collections.abc import Iterator

from agent.intake.field_rules import split_rules
from agent.intake.vocabulary import find_field
from tools.blueprint.model import Comparison, ComparisonKind, Entity

_WORDS: dict[str, tuple[ComparisonKind, ...]] = {
    "min": ("min",), "minimum": ("min",), "at least": ("min",), "from": ("min",), ">=": ("min",),
    "max": ("max",), "maximum": ("max",), "at most": ("max",), "until": ("max",), "to": ("max",),
    "<=": ("max",), "after": ("after",), "since": ("after",), "before": ("before",),
    "contains": ("contains",), "containing": ("contains",), "contain": ("contains",),
    "absent": ("absent",), "missing": ("absent",), "empty": ("absent",), "unset": ("absent",),
    "null": ("absent",), "range": ("min", "max"),
}  # fmt: skip
_KIND = "|".join(sorted(map(re.escape, _WORDS), key=len, reverse=True))
_BEHIND = re.compile(rf"(?P<field>.+?)[\s_]+(?:is[\s_]+)?(?P<kinds>{_KIND})", re.IGNORECASE)
_AHEAD = re.compile(rf"(?P<kinds>{_KIND})[\s_]+(?P<field>.+)", re.IGNORECASE)
_BRACKETS = re.compile(r"(?P<field>[^()]+?)\s*\((?P<kinds>[^()]+)\)")
_SEVERAL = re.compile(
    rf"(?P<field>.+?)\s+(?P<kinds>(?:{_KIND})(?:\s*(?:/|\bor\b)\s*(?:{_KIND}))+)", re.IGNORECASE
)
_AND = re.compile(r"\s*(?:,|/|&|\band\b|\bor\b|\bto\b|\.\.)\s*", re.IGNORECASE)
_PARAM = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)+")

Filters = tuple[tuple[str, ...], tuple[Comparison, ...]]
"""Fields that are compared for equality, and other comparisons."""


def read_filters(text: str, entity: Entity) -> Filters:
    """What the list may be filtered by. Raises LookupError for words that are no filter."""
    equal: list[str] = []
    compared: list[Comparison] = []
    for part in split_filters(text):
        found = list(_read_one(part, entity))
        compared += found
        equal += [] if found else [find_field(part, entity).name]
    return tuple(equal), tuple(compared)


def split_filters(text: str) -> list[str]:
    """The filters as they are listed; what stands in brackets belongs to what is before it."""
    parts = [part for rule in split_rules(text) for part in re.split(r"\s+and\s+(?![^(]*\))", rule)]
    return [one.strip(" `") for part in parts for one in _alternatives(part) if one.strip(" `")]


def _alternatives(part: str) -> list[str]:
    """`status/author` and `status or author`, but not `price (min/max)` and `before/after`."""
    whole = "(" in part or re.search(rf"(?:{_KIND})\s*(?:/|\bor\b)\s*(?:{_KIND})$", part)
    return [part] if whole else re.split(r"/|\bor\b", part)


def _read_one(part: str, entity: Entity) -> Iterator[Comparison]:
    """The comparisons that the words mean; none when they are just a field's name."""
    if _names_field(part, entity):
        return
    name = part if _PARAM.fullmatch(part) else None
    for words, kinds in _readings(part):
        if _names_field(words, entity):
            field = find_field(words, entity).name
            for kind in kinds:
                yield Comparison(field=field, kind=kind, param=name or _param(field, kind))
            return


def _readings(part: str) -> Iterator[tuple[str, tuple[ComparisonKind, ...]]]:
    """Words of a field, and how it is compared, in every way that the part can be split."""
    for pattern in (_BRACKETS, _SEVERAL, _AHEAD, _BEHIND):
        if match := pattern.fullmatch(part):
            kinds = _kinds(match["kinds"])
            for ending in ("", "_at", "_on"):
                yield match["field"] + ending, kinds


def _kinds(words: str) -> tuple[ComparisonKind, ...]:
    """Raises LookupError for a word that compares nothing."""
    found: list[ComparisonKind] = []
    for word in filter(None, _AND.split(words.strip().lower())):
        if word not in _WORDS:
            raise LookupError(word)
        found += _WORDS[word]
    return tuple(found)


def _names_field(words: str, entity: Entity) -> bool:
    try:
        find_field(words, entity)
    except LookupError:
        return False
    return True


def _param(field: str, kind: ComparisonKind) -> str:
    """`min_price`, `created_after`, `title_contains`."""
    if kind in ("min", "max"):
        return f"{kind}_{field}"
    moment = re.sub(r"_(?:at|on)$", "", field) if kind in ("after", "before") else field
    return f"{moment}_{kind}"
