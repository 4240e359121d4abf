"""Negative numbers where something is bought, moved or booked."""

import re
from collections.abc import Iterator

from tools.checks.security.probes.client import NoAnswer
from tools.checks.security.probes.world import Observed, World

AMOUNT = re.compile(
    r"amount|quantity|qty|cents|units|seats|tickets|pieces|points|credits|hours|price|total", re.I
)
MOVES = re.compile(
    r"transfer|withdraw|deposit|pay|order|cart|purchase|buy|checkout|redeem|bookings?|reserv|send|topup|tip|donat",
    re.I,
)


def probe_amounts(world: World) -> Iterator[Observed]:
    """Numbers below zero in requests that move things."""
    for operation in world.operations:
        if operation.method not in ("POST", "PUT", "PATCH") or not MOVES.search(operation.path):
            continue
        found = world.works_for(operation)
        if found is None:
            continue
        actor, _, _ = found
        for param in operation.params:
            numeric = param.schema.get("type") in ("integer", "number")
            if not numeric or not AMOUNT.search(param.name):
                continue
            filled = world.fill(operation, actor)
            try:
                answer = world.client.call(filled.with_value(param, -3), actor)
            except NoAnswer:
                continue
            if answer.ok:
                yield Observed("business_logic", operation.key, f"{param.name} may be negative")
