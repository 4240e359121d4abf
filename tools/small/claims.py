"""Doubts about a claim that some parts show a requirement.

A small model says so of anything: Qwen2.5-Coder-1.5B linked three sentences about comments to the
endpoints of recipes (2026-11). So its claims are held against the words of the sentence: numbers,
features that leave a trace in the Blueprint, and the spec's own recurring words.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from tools.blueprint.model import Blueprint, Endpoint, Entity, Operation, Requirement, Traced
from tools.blueprint.parts import named_parts
from tools.blueprint.words import singular

RECURRING = 2
"""Requirements that a word occurs in before it is one of the spec's own."""
_WORD = re.compile(r"[a-z]{3,}")
_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.]*\w)")
_COMMON = frozenset(
    """
    about access account add again all also and any anybody anyone api are backend been belong
    below both but can cannot change changed character create created data date day delete
    deleted does each edit email every everybody everyone exist exists false field for from get
    give given has have header hour how http into its json least length let letter like list
    listed log logged login long made make may method more most must name need needs new nobody
    not nothing number object once one only optional order other others own page password patch
    path people per person post put read register remove request required requires response see
    send service set show shown small store stored such system than that the their them then
    there these they thing this through time token true two unless until update use user value
    want was what when where which while who whose with without work write you your
    """.split()  # noqa: SIM905 - words read best as a text
)
"""Words of any such spec, in the form that `singular` leaves."""


@dataclass(frozen=True)
class Claimed:
    """The parts of a claim, with the entities they work on."""

    endpoints: tuple[Endpoint, ...]
    entities: tuple[Entity, ...]
    operations: frozenset[Operation]
    """Of all endpoints of these entities."""

    @property
    def text(self) -> str:
        """All of it as JSON."""
        parts = (*self.endpoints, *self.entities)
        return " ".join(part.model_dump_json(exclude={"requirements", "line"}) for part in parts)


Trace = Callable[[Claimed], bool]
FEATURES: tuple[tuple[str, str, Trace], ...] = (
    (r"\blist", "a list", lambda c: "list" in c.operations),
    (r"\b(add|create|post)s?\b", "a create", lambda c: "create" in c.operations),
    (r"\b(change|edit|update)s?\b", "an update", lambda c: "update" in c.operations),
    (r"\b(delet|remov)", "a delete", lambda c: "delete" in c.operations),
    (r"\bsearch", "an endpoint with `search`", lambda c: any(e.search for e in c.endpoints)),
    (
        r"\bfilter",
        "an endpoint with `filters`",
        lambda c: any(e.filters or e.comparisons for e in c.endpoints),
    ),
    (
        r"\b(sort|newest|oldest|latest first)",
        "an endpoint with an order",
        lambda c: any(e.order or e.sort for e in c.endpoints),
    ),
    (
        r"\b(unique|same|twice|duplicate|already (taken|in use|used))",
        "a unique field",
        lambda c: (
            any(f.unique for e in c.entities for f in e.fields)
            or any(e.unique_together for e in c.entities)
        ),
    ),
    (
        r"\b(their own|his own|her own|own|of others|other people|belongs? to the (user|person))",
        "rows that are `owned`",
        lambda c: any(e.owner for e in c.entities),
    ),
    (
        r"\b(log ?in|logs? in|signs? in)\b",
        "accounts with a login, or access for `logged_in`",
        lambda c: any(e.operation == "login" or e.access.grants for e in c.endpoints),
    ),
    (
        r"\bregister",
        "accounts that register",
        lambda c: any(e.operation == "register" for e in c.endpoints),
    ),
)
"""Words of a sentence, what they ask for, and whether the parts have it."""


def doubts(blueprint: Blueprint, requirement: Requirement, names: Sequence[str]) -> list[str]:
    """What a requirement says that parts of these names do not; [] when the claim may stand."""
    claimed = _claimed(blueprint, names)
    text = requirement.text.lower()
    return [
        *_missing_numbers(text, claimed),
        *(wanted for words, wanted, has in FEATURES if re.search(words, text) and not has(claimed)),
        *(f"anything called `{word}`" for word in _unknown_words(blueprint, text)),
    ]


def unknown_words(blueprint: Blueprint) -> list[str]:
    """Words that recur in the requirements and that nothing in the Blueprint is called, most
    frequent first."""
    texts = [one.text.lower() for one in blueprint.requirements]
    vocabulary, counts = _vocabulary(blueprint), _counts(texts)
    return [
        word
        for word, count in counts.most_common()
        if count >= RECURRING and word not in vocabulary
    ]


def _claimed(blueprint: Blueprint, names: Sequence[str]) -> Claimed:
    known = named_parts(blueprint)
    parts: list[Traced] = [known[name] for name in names if name in known]
    endpoints = tuple(part for part in parts if isinstance(part, Endpoint))
    wanted = {endpoint.entity for endpoint in endpoints}
    wanted |= {part.name for part in parts if isinstance(part, Entity)}
    wanted |= {name.split()[1].split(".")[0] for name in names if name.startswith("field ")}
    served = (one for one in blueprint.endpoints if one.entity in wanted)
    return Claimed(
        endpoints,
        tuple(one for one in blueprint.entities if one.name in wanted),
        frozenset(endpoint.operation for endpoint in served),
    )


def _missing_numbers(text: str, claimed: Claimed) -> Iterator[str]:
    there = {float(number) for number in re.findall(r"\d+(?:\.\d+)?", claimed.text)}
    yield from (
        f"the number {number}" for number in _NUMBER.findall(text) if float(number) not in there
    )


def _unknown_words(blueprint: Blueprint, text: str) -> Iterator[str]:
    """Words of the sentence that recur in the spec and that nothing in the Blueprint is called."""
    spoken = set(_words(text))
    yield from (word for word in unknown_words(blueprint) if word in spoken)


def _counts(texts: Iterable[str]) -> Counter[str]:
    """Word -> texts that hold it."""
    return Counter(word for text in texts for word in sorted(set(_words(text))))


def _vocabulary(blueprint: Blueprint) -> set[str]:
    parts = (*blueprint.entities, *blueprint.endpoints, *blueprint.enums, *blueprint.roles)
    called = json.dumps([part.model_dump(mode="json", exclude={"requirements"}) for part in parts])
    return set(_words(called.lower()))


def _words(text: str) -> Iterator[str]:
    for word in _WORD.findall(text):
        if (one := singular(word)) not in _COMMON and word not in _COMMON:
            yield one
