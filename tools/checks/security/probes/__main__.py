"""Runs all probes against the app: reads plan.json, writes observed.json.

python -m tools.checks.security.probes PLAN OBSERVED SECONDS
"""

import json
import sys
import time
from dataclasses import asdict
from pathlib import Path

from tools.checks.security.probes.accounts import make_objects, open_accounts, protected
from tools.checks.security.probes.client import Client, Filled
from tools.checks.security.probes.crashes import probe_crashes
from tools.checks.security.probes.kinds import PROBES
from tools.checks.security.probes.kinds.exposure import shows_inside
from tools.checks.security.probes.plan import load_plan
from tools.checks.security.probes.world import Observed, World


def main(plan_file: str, observed_file: str, seconds: str) -> None:
    """Probe until done or until the time is over; what was seen by then is written in any case."""
    started = time.monotonic()
    plan = load_plan(Path(plan_file))
    world = World(plan, Client(plan.base_url, started + float(seconds)))
    world.half_time = started + float(seconds) * 0.6
    open_accounts(world)
    make_objects(world)
    observed: list[Observed] = []
    times: dict[str, float] = {}
    for probe in (*PROBES, probe_crashes):
        begun = time.monotonic()
        observed += list(probe(world))
        times[probe.__name__] = round(time.monotonic() - begun, 2)
    observed += _leaks(world)
    reached = {key for key, _ in world.settled}
    report = {
        "observed": [asdict(item) for item in dict.fromkeys(observed)],
        "marks": {str(number): asdict(mark) for number, mark in world.marks.items()},
        "passwords": sorted(
            {str(a.facts["password"]) for a in world.actors if "password" in a.facts}
        ),
        "tokens": [
            value
            for actor in world.actors
            for value in [*actor.headers.values(), *actor.cookies.values()]
        ],
        "reached": sorted(reached),
        "operations": [operation.key for operation in world.operations],
        "accounts": len(world.actors),
        "keeper": world.keeper is not None,
        "protected": [operation.key for operation in protected(world)],
        "requests": world.client.sent,
        "over": world.client.over,
        "seconds": round(time.monotonic() - started, 2),
        "times": times,
        "errors": [_described(filled) for filled, _ in world.client.errors[:50]],
    }
    Path(observed_file).write_text(json.dumps(report, default=str))


def _leaks(world: World) -> list[Observed]:
    found: dict[str, Observed] = {}
    for key, answer in world.client.leaks:
        what = shows_inside(answer)
        if what and key not in found:
            found[key] = Observed("error_leak", key, f"an answer of {answer.status} shows {what!r}")
    return list(found.values())


def _described(filled: Filled) -> str:
    return f"{filled.operation.key} {str(filled.values)[:300]}"


main(*sys.argv[1:])
