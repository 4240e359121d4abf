"""What the declared rules promise: states, stock, copies, sums and quotas."""

from collections.abc import Iterator

from tools.blueprint.model import (
    Blueprint,
    CopyRule,
    Endpoint,
    QuotaRule,
    StateMachine,
    StockRule,
    SumRule,
    Transition,
)
from tools.checks.acceptance import facts
from tools.checks.acceptance.case import Case, MoveCase, RuleCase
from tools.checks.acceptance.cases.crud import caller
from tools.checks.acceptance.trace import derivable, trace


def rule_cases(blueprint: Blueprint) -> Iterator[Case]:
    """Cases of every rule but the custom ones, which only scenarios can show."""
    for rule in blueprint.rules:
        match rule:
            case StateMachine():
                yield from _state_cases(blueprint, rule)
            case StockRule():
                kinds = ("stock_taken", "stock_short", "stock_race")
                yield from _made_cases(blueprint, rule, *kinds)
            case CopyRule():
                yield from _made_cases(blueprint, rule, "copied")
            case SumRule():
                yield from _made_cases(blueprint, rule, "summed")
            case QuotaRule():
                if counts_at_first(blueprint, rule):
                    yield from _made_cases(blueprint, rule, "quota", "quota_race")


def _made_cases(
    blueprint: Blueprint, rule: StockRule | CopyRule | SumRule | QuotaRule, *kinds: str
) -> Iterator[RuleCase]:
    """Rules that act when a row is created."""
    made = facts.maker(blueprint, rule.entity)
    if made is None or (isinstance(rule, QuotaRule) and made[1] is not None):
        return
    for kind in kinds:
        name = _name(rule)
        yield RuleCase(
            kind=kind,
            subject=f"{made[0].key} {rule.entity}.{name}",
            requirements=trace(rule),
            endpoint=made[0],
            role=caller(blueprint, made[0]),
            rule=rule,
        )


def _name(rule: StockRule | CopyRule | SumRule | QuotaRule) -> str:
    if isinstance(rule, QuotaRule):
        return f"{rule.amount or ''} per {rule.per}".strip()
    return rule.counter if isinstance(rule, StockRule) else rule.field


def counts_at_first(blueprint: Blueprint, rule: QuotaRule) -> bool:
    """Whether a new row counts."""
    if rule.field is None:
        return True
    machines = [m for m in facts.machines(blueprint, rule.entity) if m.field == rule.field]
    default = blueprint.entity(rule.entity).field(rule.field).default
    return (machines[0].initial if machines else default) in rule.values


def _state_cases(blueprint: Blueprint, machine: StateMachine) -> Iterator[RuleCase]:
    created = blueprint.endpoint("create", machine.entity)
    if created is not None and _shown(blueprint, machine):
        yield _rule_case(blueprint, "initial_state", machine, created)
    for endpoint in movers(blueprint, machine):
        for role in facts.granted(blueprint, endpoint):
            for move in _moves(machine, endpoint):
                yield _move_case(machine, endpoint, role, move)
        if endpoint.to is None:
            yield _rule_case(blueprint, "unknown_state", machine, endpoint)


def movers(blueprint: Blueprint, machine: StateMachine) -> list[Endpoint]:
    """Endpoints that can change the state: transitions, and updates that may set the field."""
    entity = blueprint.entity(machine.entity)
    field = entity.field(machine.field)
    return [
        endpoint
        for endpoint, _ in facts.endpoints(blueprint, "transition", "update")
        if endpoint.entity == entity.name
        and (
            (endpoint.operation == "transition" and derivable(blueprint, endpoint))
            or (field.writable == "always" and machine.field in (endpoint.fields or [field.name]))
        )
    ]


def _moves(machine: StateMachine, endpoint: Endpoint) -> list[Transition]:
    """Every pair of states that the endpoint can be asked for; not a state to itself."""
    states = {machine.initial: None}
    for move in machine.transitions:
        states |= {move.source: None, move.target: None}
    known = {(move.source, move.target): move for move in machine.transitions}
    targets = [endpoint.to] if endpoint.to else list(states)
    return [
        known.get((source, target), Transition(source=source, target=target))
        for source in states
        for target in targets
        if source != target
    ]


def _move_case(machine: StateMachine, endpoint: Endpoint, role: str, move: Transition) -> MoveCase:
    if move not in machine.transitions:
        kind = "move_refused"
    elif move.roles and role not in move.roles:
        kind = "move_forbidden"
    else:
        kind = "move"
    return MoveCase(
        kind=kind,
        subject=f"{endpoint.key} {move.source} to {move.target} as {role}",
        requirements=trace(endpoint, machine),
        endpoint=endpoint,
        role=role,
        rule=machine,
        move=move,
    )


def _rule_case(
    blueprint: Blueprint, kind: str, machine: StateMachine, endpoint: Endpoint
) -> RuleCase:
    return RuleCase(
        kind=kind,
        subject=f"{endpoint.key} {machine.field}",
        requirements=trace(machine),
        endpoint=endpoint,
        role=caller(blueprint, endpoint),
        rule=machine,
    )


def _shown(blueprint: Blueprint, machine: StateMachine) -> bool:
    return blueprint.entity(machine.entity).field(machine.field).readable
