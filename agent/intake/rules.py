"""The grammar of business rules: sentences and list items that become rules of the Blueprint.

Each rule is one pattern in `_RULES` and one function that resolves its names; docs/spec.md shows
them all. A sentence counts only when it matches as a whole and every name in it exists.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from agent.intake.field_rules import read_role_names, split_rules
from agent.intake.quotas import counted_rows, foreign_key, limit_said, states_said
from agent.intake.vocabulary import (
    Entities,
    Known,
    bare_words,
    enum_fields,
    find_entity,
    find_field,
    link,
    replace_field,
)
from tools.blueprint.model import (
    CopyRule,
    Embed,
    Entity,
    EntityField,
    QuotaRule,
    StateMachine,
    StockRule,
    SumRule,
    Transition,
    UniqueWhile,
)
from tools.blueprint.words import singular, snake_case

MAX_RULE_CHARS = 300
"""Longer sentences are prose."""


@dataclass(frozen=True)
class EntityChange:
    """A rule that the Blueprint keeps in the entity itself (owner, uniqueness, embedding)."""

    entity: str
    change: Callable[[Entity], Entity]


Reading = StateMachine | StockRule | CopyRule | SumRule | QuotaRule | EntityChange


@dataclass(frozen=True)
class _Said:
    """A matched sentence with the vocabulary to resolve its names."""

    match: re.Match[str]
    entities: Entities
    context: str | None
    known: Known

    def entity(self, group: str) -> Entity:
        """Raises LookupError when the words name no entity."""
        return find_entity(self.match[group], self.entities)

    def field(self, entity: Entity, group: str) -> str:
        """Raises LookupError when the words name no field of it."""
        return find_field(self.match[group], entity).name

    def state_field(self, group: str) -> tuple[Entity, str]:
        """A path to an enum; a name alone counts when only one entity has such a field."""
        try:
            entity, name = self.path(group)
        except LookupError:
            word = snake_case(bare_words(self.match[group]))
            having = [one for one in self.entities.values() if word in enum_fields(one)]
            if len(having) != 1 or self.context:
                raise
            entity, name = having[0], word
        if name not in enum_fields(entity):
            raise LookupError(name)
        return entity, name

    def path(self, group: str) -> tuple[Entity, str]:
        """`ticket.status`, `ticket status`, `status of a ticket`, or `status` in its section."""
        words = self.match[group].strip()
        if inverted := re.fullmatch(r"(.+?)\s+of\s+(.+)", words, re.IGNORECASE):
            words = f"{inverted[2]}.{inverted[1]}"
        parts = [part for part in re.split(r"\.|\s+|'s\s+", bare_words(words)) if part]
        for cut in range(len(parts) - 1, 0, -1):
            try:
                entity = find_entity(" ".join(parts[:cut]), self.entities)
            except LookupError:
                continue
            return entity, find_field(" ".join(parts[cut:]), entity).name
        entity = self.entities[self.context or ""]
        return entity, find_field(" ".join(parts), entity).name


def read_rule(
    words: str, entities: Entities, context: str | None = None, known: Known | None = None
) -> Reading | None:
    """The rule that the sentence states, or None when it is not in the grammar.

    Args:
        words: one sentence or list item, without backticks.
        entities: name -> entity, everything that a rule may name.
        context: the entity in whose section the sentence stands, so it may say only `status`.
        known: enums, so that it may say `open loans`, and roles.
    """
    words = " ".join(words.split()).rstrip(". ")
    if len(words) > MAX_RULE_CHARS:
        return None
    for pattern, build in _PATTERNS:
        if match := pattern.fullmatch(words):
            try:
                return build(_Said(match, entities, context, known or Known()))
            except LookupError:
                continue
    return None


def _states(said: _Said) -> Reading:
    entity, field = said.state_field("subject")
    moves: dict[tuple[str, str], tuple[str, ...]] = {}
    first = ""
    for chain in split_rules(said.match["chains"]):
        roles_at = re.fullmatch(r"(.*?)\s*\(([^()]*)\)", chain)
        states, who = (roles_at[1], roles_at[2]) if roles_at else (chain, "")
        names = [snake_case(state) for state in re.split(r"->|→|=>", states)]
        if len(names) < 2 or not all(names):
            raise LookupError(chain)
        first = first or names[0]
        roles = tuple(singular(snake_case(role)) for role in re.split(r",|/|\bor\b", who) if role)
        moves |= dict.fromkeys(pairwise(names), roles)
    default = entity.field(field).default
    return StateMachine(
        entity=entity.name,
        field=field,
        initial=default if isinstance(default, str) else first,
        transitions=tuple(Transition(source=a, target=b, roles=r) for (a, b), r in moves.items()),
    )


def _stock(said: _Said) -> Reading:
    row, counted = said.entity("row"), said.entity("counted")
    return StockRule(
        entity=row.name,
        amount=said.field(row, "amount"),
        via=link(row, counted.name),
        counter=said.field(counted, "counter"),
    )


def _copy(said: _Said) -> Reading:
    entity, field = said.path("field")
    source, copied = said.path("source")
    return CopyRule(entity=entity.name, field=field, via=link(entity, source.name), source=copied)


def _sum(said: _Said) -> Reading:
    entity, field = said.path("field")
    texts = [part.strip() for part in re.split(r"[*×]|\btimes\b", said.match["factors"])]  # noqa: RUF001 - specs use the sign
    child = _summed_child(said, entity, texts)
    names = [re.split(r"[.\s]", text)[-1] for text in texts]
    factors = tuple(find_field(name, child).name for name in names)
    return SumRule(entity=entity.name, field=field, child=child.name, factors=factors)


def _summed_child(said: _Said, parent: Entity, factors: list[str]) -> Entity:
    owner = " ".join(re.split(r"[.\s]", factors[0])[:-1]) or said.match["child"] or ""
    owner = re.sub(r"'s?$|\bof\b", "", owner).strip()
    for embed in parent.embeds:
        if snake_case(bare_words(owner)) in {embed.field, singular(embed.field)}:
            return said.entities[embed.entity]
    name = singular(snake_case(bare_words(owner)))
    named = [entity for entity in said.entities.values() if entity.name.endswith(name)]
    linked = [child for child in named if any(_points_to(f, parent) for f in child.fields)]
    if len(linked) != 1:
        raise LookupError(owner)
    return linked[0]


def _points_to(field: EntityField, entity: Entity) -> bool:
    return field.references is not None and field.references.entity == entity.name


def _unique(said: _Said) -> Reading:
    entity = said.entity("entity") if said.match["entity"] else said.entities[said.context or ""]
    texts = re.split(r",|\band\b|\+", said.match["fields"])
    names = tuple(find_field(re.split(r"\.", text)[-1], entity).name for text in texts if text)
    if len(names) == 1:
        field = entity.field(names[0]).model_copy(update={"unique": True})
        return EntityChange(entity.name, lambda e: replace_field(e, field))
    return EntityChange(
        entity.name,
        lambda e: e.model_copy(update={"unique_together": (*e.unique_together, names)}),
    )


def _owner(said: _Said) -> Reading:
    entity = said.entity("entity") if said.match["entity"] else said.entities[said.context or ""]
    head, _, rest = said.match["path"].partition(".")
    if rest and snake_case(head) != entity.name:
        path = f"{snake_case(head)}.{snake_case(rest)}"
    else:
        path = find_field(rest or head, entity).name
    return EntityChange(entity.name, lambda e: e.model_copy(update={"owner": path}))


def _embed(said: _Said) -> Reading:
    parent, child = said.entity("parent"), said.entity("child")
    sizes: dict[str, int] = {}
    if low := said.match["low"]:
        sizes["min_items"] = 1 if low.lower() == "one" else int(low)
    if high := said.match["high"] or said.match["most"]:
        sizes = {"min_items": 0} | sizes | {"max_items": int(high)}
    key = snake_case(said.match["field"])
    if not key:
        raise LookupError(said.match["field"])
    embed = Embed(entity=child.name, field=key, via=link(child, parent.name), **sizes)
    return EntityChange(parent.name, lambda e: e.model_copy(update={"embeds": (*e.embeds, embed)}))


def _quota(said: _Said) -> Reading:
    group = said.match.groupdict()
    entity, field, values = counted_rows(group["rows"], said.entities, said.known.enums)
    states = said.match["states"] if "states" in group else None
    if states:
        field, values = states_said(said.match["field"], states, entity, said.known.enums)
    per = foreign_key(group["per"], entity, said.entities)
    limits = limit_said(group["limit"], entity.field(per), said.entities)
    return QuotaRule(entity=entity.name, per=per, field=field, values=values, **limits)


def _total_quota(said: _Said) -> Reading:
    entity, amount = said.path("amount")
    per = foreign_key(said.match["per"], entity, said.entities)
    limit = said.match["limit"] or said.match["limit_"]
    limits = limit_said(limit, entity.field(per), said.entities)
    return QuotaRule(entity=entity.name, per=per, amount=amount, **limits)


def _unique_while(said: _Said) -> Reading:
    entity = said.entity("entity") if said.match["entity"] else said.entities[said.context or ""]
    texts = re.split(r",|\band\b|\+", said.match["fields"])
    names = tuple(find_field(text, entity).name for text in texts if text.strip())
    field, values = states_said(said.match["field"], said.match["states"], entity, said.known.enums)
    return _add_unique(entity, UniqueWhile(fields=names, field=field, values=values))


def _only_one(said: _Said) -> Reading:
    entity, field, values = counted_rows(said.match["rows"], said.entities, said.known.enums)
    per = foreign_key(said.match["per"], entity, said.entities)
    if field is None:
        raise LookupError("states")
    return _add_unique(entity, UniqueWhile(fields=(per,), field=field, values=values))


def _add_unique(entity: Entity, group: UniqueWhile) -> EntityChange:
    return EntityChange(
        entity.name, lambda e: e.model_copy(update={"unique_while": (*e.unique_while, group)})
    )


def _by_role(said: _Said) -> Reading:
    """Only some roles see or set a field. Words that are no roles make it prose."""
    entity, name = said.path("field")
    roles = read_role_names(said.match["roles"])
    if not roles or not set(roles) <= set(said.known.roles):
        raise LookupError(said.match["roles"])
    sees = re.fullmatch(_SEES, said.match["does"], re.IGNORECASE)
    update = {"readers" if sees else "writers": roles}
    field = entity.field(name).model_copy(update=update)
    return EntityChange(entity.name, lambda e: replace_field(e, field))


def _if_match(said: _Said) -> Reading:
    entity = said.entity("entity")
    required = "required" if said.match.groupdict().get("must") else "optional"
    return EntityChange(entity.name, lambda e: e.model_copy(update={"if_match": required}))


def _soft_delete(said: _Said) -> Reading:
    entity = said.entity("entity")
    return EntityChange(entity.name, lambda e: e.model_copy(update={"soft_delete": True}))


_LIMIT = r"(?P<limit>\d+|[a-z]\w*|[a-z]\w*\.\w+|(?:its|their|the) \w+(?: of the \w+)?)"
_MOST = rf"(?:at most|no more than|up to|a maximum of|max\.?|maximum)\s+{_LIMIT}"
_REFUSED = (
    r"(?:(?:[;,.]| and)? ?[\w ]*?(?:refused|rejected|answered|gives?|is|are)(?: with)?(?: a)? 409)?"
)
_WHILE = (
    r"(?: (?:while|whose|when|where) (?:the |their |its )?(?P<field>\w+) is (?P<states>[\w ,]+?))?"
)
_SEES = r"sees?|reads?|visible|readable|shown"
_SETS = r"sets?|changes?|edits?|writes?|set|changed|edited|written"
_NAME = r"[A-Za-z][\w ]*?"
_PATH = r"[A-Za-z][\w' .]*?"
_RULES: tuple[tuple[str, Callable[[_Said], Reading]], ...] = (
    (
        rf"(?:the )?(?P<subject>{_PATH})(?: flow| workflow| transitions| lifecycle)?"
        r"\s*(?::|\bmoves(?: only)?|\bgoes|\bchanges(?: only)?|\bis)"
        r"\s*(?:from\s+|only\s+|along\s+)*:?\s*(?P<chains>[\w -]+(?:->|→|=>)[^.]*)",
        _states,
    ),
    (
        rf"(?:creating|placing|adding) (?P<row>{_NAME}) (?:takes|removes|subtracts) "
        rf"(?:its |the )?(?P<amount>{_NAME}) from (?:the )?(?P<counted>\w+)(?:\.|'s )"
        rf"(?P<counter>{_NAME})(?:[;,.]? (?:and )?(?:too little|not enough|insufficient)[\w ]*?"
        r"(?: is| are)? (?:refused|rejected|answered)(?: with)?(?: a)? 409)?",
        _stock,
    ),
    (
        rf"(?P<field>{_PATH}) is (?:a )?cop(?:ied|y) (?:from|of) (?:the )?(?P<source>{_PATH})"
        rf"(?: when .*| at (?:creation|order time|the time of .*))?",
        _copy,
    ),
    (
        rf"(?P<field>{_PATH})\s*(?:is|=|:|equals)\s*(?:the )?sum\s*(?:of|over|\()\s*"
        rf"(?:its |the |all )?(?:(?P<child>\w+?)(?:'s|s')?:? )?(?P<factors>[\w.]+(?:\s*[*×]\s*[\w.]+)*)\)?",  # noqa: E501, RUF001
        _sum,
    ),
    (
        r"(?P<entity>)unique(?: together)?\s*:\s*\(?(?P<fields>[\w ,+.]+?)\)?",
        _unique,
    ),
    (
        rf"(?:(?P<entity>{_NAME})\s*:\s*)?(?:the combination of )?(?P<fields>[\w ,+]+?) "
        r"(?:(?:are|is) unique together|is unique together|form a unique pair)",
        _unique,
    ),
    (
        rf"(?:in )?(?P<entity>{_NAME})\s*(?::|,)\s*unique(?: together)?\s*:?\s*"
        r"\(?(?P<fields>[\w ,+]+?)\)?",
        _unique,
    ),
    (r"(?P<entity>\w+)\.(?P<fields>\w+) is unique", _unique),
    (
        rf"(?P<entity>{_NAME}) (?:belongs to|is owned by) (?:the |its )?[^:]*?:\s*(?P<path>[\w.]+)",
        _owner,
    ),
    (rf"(?:the )?owner of (?P<entity>{_NAME}) is (?P<path>[\w.]+)", _owner),
    (r"(?P<entity>\w+)\.(?P<path>\w+) is (?:the |its )?owner", _owner),
    (r"(?P<entity>)owner(?: is|:)\s*(?P<path>[\w.]+)", _owner),
    (
        rf"(?P<parent>{_NAME}) (?:has|contains|holds) (?:between |at least )?"
        r"(?:(?P<low>\d+|one)(?:\s*(?:to|and|\.\.|-)\s*(?P<high>\d+)| or more)? "
        r"|up to (?P<most>\d+) )?"
        r"(?P<field>\w+) \((?P<child>\w+)\)",
        _embed,
    ),
    (
        rf"(?:only|at most) one (?P<rows>{_NAME}) (?:per|for each|for every) (?P<per>{_NAME})"
        rf"{_REFUSED}",
        _only_one,
    ),
    (
        rf"(?P<per>{_NAME}) (?:may |can |must )?(?:only )?(?:have|has) (?:only|at most) one"
        rf" (?P<rows>{_NAME})(?: at (?:a|the same|any one) time| at once)?{_REFUSED}",
        _only_one,
    ),
    (
        rf"{_MOST} (?P<rows>{_NAME}) (?:per|for each|for every|for one|by each) (?P<per>{_NAME})"
        rf"{_WHILE}{_REFUSED}",
        _quota,
    ),
    (
        rf"(?P<per>{_NAME}) (?:(?:may |can |must )(?:only )?)?(?:have|has|holds?|owns?|makes?)"
        rf" {_MOST} (?P<rows>{_NAME})(?: at (?:a|the same|any one) time| at once)?"
        rf"{_WHILE}{_REFUSED}",
        _quota,
    ),
    (
        rf"(?P<per>{_NAME}) (?:never has|has never|may never have|cannot have|must not have)"
        rf" more (?P<rows>{_NAME}) than (?P<limit>(?:its|their|the) \w+){_REFUSED}",
        _quota,
    ),
    (
        rf"(?:the )?(?:sum|total) of (?P<amount>{_PATH}) (?:per|of each|for each|for every)"
        rf" (?P<per>{_NAME}) (?:is|must be|may be|stays)?\s*"
        rf"(?:{_MOST}|(?:never |must not |may not )exceeds? (?P<limit_>\d+)){_REFUSED}",
        _total_quota,
    ),
    (
        r"(?:(?P<entity>\w+)[.:]\s*)?(?P<fields>[\w ,+]+?) (?:is|are) unique(?: together)?"
        r" (?:while|among rows whose|when|where) (?:the |its |their )?(?P<field>\w+) is "
        r"(?P<states>[\w ,]+)",
        _unique_while,
    ),
    (
        rf"only (?P<roles>[\w ,]+?) (?:may |can )?(?P<does>{_SEES}|{_SETS}) (?:the )?"
        rf"(?P<field>{_PATH})",
        _by_role,
    ),
    (
        rf"(?P<field>{_PATH}) (?:is|may be|can be) (?:only )?(?P<does>{_SEES}|{_SETS})"
        r"(?: only)? (?:to|by|for) (?P<roles>[\w ,]+?)(?: only)?",
        _by_role,
    ),
    (
        rf"(?P<entity>{_NAME}) (?:carr(?:y|ies)|ha(?:s|ve)|uses?) (?:an? )?"
        r"(?:etags?(?: and if-match)?|optimistic (?:locking|concurrency(?: control)?))",
        _if_match,
    ),
    (
        rf"(?:changing|updating|editing|changes? (?:to|of)|updates? (?:to|of)) (?P<entity>{_NAME}) "
        r"(?:(?P<must>requires?|needs?|must (?:send|have|carry))|honou?rs?|accepts?|checks?) "
        r"(?:an? |the )?if-match(?: headers?)?(?: with (?:its|the) etag)?",
        _if_match,
    ),
    (rf"deleting (?P<entity>{_NAME}) (?:only hides it|is a soft delete)", _soft_delete),
    (rf"(?P<entity>{_NAME}) (?:is|are) soft[- ]deleted", _soft_delete),
    (
        rf"(?:deleted )?(?P<entity>{_NAME}) (?:is|are) (?:only hidden|never really deleted"
        r"|kept but hidden|hidden, not removed)(?:,? (?:only|but) (?:hidden|marked))?",
        _soft_delete,
    ),
    (rf"soft delete:? (?P<entity>{_NAME})", _soft_delete),
)
_PATTERNS = tuple((re.compile(text, re.IGNORECASE), build) for text, build in _RULES)
