"""Every way a model's endpoint can fail, through the whole loop: `make bench-faults`.

    python -m tests.agent.fault_matrix [--save]

Prints {"faults", "as_documented", "false_success", "peers"}. Each fault is served by a real HTTP
server, once in the middle of a run and then for ever. A false success is a run that ends as
`verified` (a peer's: as finished) although its work was not done. Peers are measured where an
interpreter that has them is named: FAULTS_MINI_PYTHON for mini-swe-agent, FAULTS_LANGCHAIN_PYTHON
for langchain's create_agent.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from agent.events import Event, RunEnded, VerdictReached
from agent.models.base import Model
from agent.models.retry import RetryPolicy
from agent.task import EndReason
from tests.agent.fault_peers import PEERS
from tests.agent.kit import TOOLS, make_run, run_to_end
from tests.agent.measured import save
from tests.agent.models.kit import model_at
from tests.agent.models.openai_server import (
    Act,
    OpenAIServer,
    answer,
    drip,
    hang,
    refuse,
    reply,
    reset_in_body,
    serve,
)
from tools.base import AnyTool, Args, Observation, Tool, ToolContext

TRIES = RetryPolicy(tries=3, base_s=0.001)
LONGEST_TRY_S = 0.5
RETRY_AFTER_S = 0.3


@dataclass(frozen=True)
class Fault:
    """A row of the matrix."""

    act: Act
    """What the server does."""
    handling: str
    """What the run does about it, for a person."""
    words: str
    """Part of what the model, or else the user, is told; "" when nobody needs to know."""
    once: EndReason = "verified"
    """How a run ends in which it happens once."""
    always: EndReason = "model_error"
    """How a run ends in which it never stops."""

    @property
    def is_retried(self) -> bool:
        """Whether the adapter tries again, so that nobody is told of it."""
        return RETRIED in self.handling


def call(name: str, arguments: str = "{}", id_: str | None = "x") -> tuple[str | None, str, str]:
    return id_, name, arguments


LOOK = call("look")
RETRIED = "tried again with growing waits, then `model_error`; `resume` goes on"
AT_ONCE = "ends at once with the remedy; nothing is tried again"
TOLD = "the call is answered with what is wrong; four in a row end the run"
NUDGED = "nothing of it is done, the model is told why; four in a row end the run"
TOO_LONG = "This model's maximum context length is 100 tokens. Your messages have 200."

FAULTS: dict[str, Fault] = {
    "429 without Retry-After": Fault(refuse(429, "slow down"), RETRIED, "HTTP 429: slow down"),
    "429 with Retry-After": Fault(
        refuse(429, "slow down", headers={"Retry-After": str(RETRY_AFTER_S)}),
        "waits as long as asked; " + RETRIED,
        "HTTP 429: slow down",
    ),
    "408": Fault(refuse(408), RETRIED, "HTTP 408"),
    "409": Fault(refuse(409), RETRIED, "HTTP 409"),
    "500": Fault(refuse(500), RETRIED, "HTTP 500"),
    "502 with a proxy's page": Fault(answer(502, "<html>Bad gateway</html>"), RETRIED, "HTTP 502"),
    "503": Fault(refuse(503), RETRIED, "HTTP 503"),
    "529": Fault(refuse(529), RETRIED, "HTTP 529"),
    "reset in the body": Fault(reset_in_body, RETRIED, "no connection to openai:m1"),
    "hang": Fault(hang, RETRIED, "no answer in"),
    "slow drip": Fault(drip, RETRIED, "no answer in"),
    "invalid body": Fault(answer(200, '{"choices": ['), RETRIED, "no chat completion but"),
    "empty body": Fault(answer(200, ""), RETRIED, "no chat completion but: nothing"),
    "error with status 200": Fault(
        answer(200, {"error": {"message": "busy"}}), RETRIED, "no chat completion but"
    ),
    "empty choices": Fault(answer(200, {"choices": []}), RETRIED, "no chat completion but"),
    "truncated arguments": Fault(
        reply(None, call("note", '{"text": "hal'), finish="tool_calls"),
        TOLD,
        "arguments of note are not valid JSON",
        always="stuck",
    ),
    "one bad call of several": Fault(
        reply(None, call("look", id_="a"), call("note", "{", "b"), finish="tool_calls"),
        "the sound calls are made, the bad one is answered with what is wrong; repeated, it is a "
        "circle",
        "arguments of note are not valid JSON",
        always="stuck",
    ),
    "duplicate call ids": Fault(
        reply(None, LOOK, LOOK, finish="tool_calls"),
        "both calls are made under ids of their own; repeated, it is a circle",
        "",
        always="stuck",
    ),
    "call without an id": Fault(
        reply(None, call("look", id_=None), finish="tool_calls"),
        "the call gets an id; repeated, it is a circle",
        "",
        always="stuck",
    ),
    "unknown tool": Fault(
        reply(None, call("notes"), finish="tool_calls"),
        TOLD,
        "unknown tool 'notes', did you mean 'note'",
        always="stuck",
    ),
    "wrong types": Fault(
        reply(None, call("note", '{"text": 1}'), finish="tool_calls"),
        TOLD,
        "text: Input should be a valid string",
        always="stuck",
    ),
    "finish_reason length": Fault(
        reply(None, call("finish", '{"summary": "x"}'), finish="length"),
        NUDGED,
        "cut off by the output limit",
        always="no_action",
    ),
    "finish_reason content_filter": Fault(
        reply("", finish="content_filter"),
        NUDGED,
        "filter withheld your reply",
        always="no_action",
    ),
    "refusal": Fault(
        reply(None, refusal="I can't help with that"),
        NUDGED,
        "filter withheld your reply",
        always="no_action",
    ),
    "prompt refused by a filter": Fault(
        refuse(400, "flagged", code="content_filter"),
        NUDGED,
        "filter withheld your reply",
        always="no_action",
    ),
    "empty reply": Fault(reply(""), NUDGED, "held no tool call", always="no_action"),
    "claims to be done": Fault(
        reply("All tests pass, I am done."), NUDGED, "held no tool call", always="no_action"
    ),
    "context overflow": Fault(
        refuse(400, TOO_LONG, code="context_length_exceeded"),
        "the conversation is shortened once and sent again; refused again, the run ends with the "
        "remedy",
        "What you did so far",
    ),
    "model not found": Fault(
        refuse(404, "no m1", code="model_not_found"),
        AT_ONCE,
        "check the model's name",
        once="model_error",
    ),
    "bad key": Fault(refuse(401, "no"), AT_ONCE, "set a valid one", once="model_error"),
    "key without permission": Fault(refuse(403, "no"), AT_ONCE, "may not use", once="model_error"),
    "no credit": Fault(
        refuse(429, "quota", code="insufficient_quota"),
        AT_ONCE,
        "no credit left",
        once="model_error",
    ),
    "request refused": Fault(refuse(400, "bad schema"), AT_ONCE, "bad schema", once="model_error"),
    "usage missing": Fault(
        reply(None, LOOK, finish="tool_calls", usage=None),
        "tokens are estimated from the characters, and the result says so; repeated, it is a "
        "circle like any other",
        "",
        always="stuck",
    ),
}

USAGE = {"prompt_tokens": 100, "completion_tokens": 10}
START = reply(
    None,
    call("freeze_blueprint", id_="f"),
    call("note", '{"text": "hello"}', "n"),
    call("chatter", id_="c"),
    finish="tool_calls",
    usage=USAGE,
)
END = reply(None, call("finish", '{"summary": "done"}', "d"), finish="tool_calls", usage=USAGE)


def chatter(ctx: ToolContext, args: Args) -> Observation:
    """Say very much, so that there is something to shorten."""
    return Observation(text="much\n" * 2_000)


@dataclass(frozen=True)
class Outcome:
    """How a run under a fault went."""

    end: RunEnded
    requests: int
    told: str
    """Everything that was sent to the model after the fault, and the end's own words."""
    judged: bool
    """Whether the verifier accepted."""
    estimated: bool
    seconds: float

    @property
    def is_false_success(self) -> bool:
        """Whether it ended as verified although nobody asked the verifier."""
        return self.end.reason == "verified" and not self.judged


@contextmanager
def serving() -> Iterator[OpenAIServer]:
    """A chat completions server."""
    state = OpenAIServer()
    server = serve(state)
    try:
        yield state
    finally:
        state.released.set()
        server.shutdown()
        server.server_close()


def run_under(server: OpenAIServer, folder: Path, acts: list[Act]) -> Outcome:
    """A run against a server that does these acts."""
    model = model_at(server, retry=TRIES, longest_try_s=LONGEST_TRY_S)
    return run_with(model, server, folder, acts)


def run_with(model: Model, server: OpenAIServer, folder: Path, acts: list[Act]) -> Outcome:
    """The same with any adapter that asks that server."""
    server.script(*acts)
    server.bodies.clear()
    tools: tuple[AnyTool, ...] = (*TOOLS, Tool("chatter", Args, chatter))
    run = make_run(folder, model, tools=tools)
    started = time.monotonic()
    events: list[Event] = run_to_end(run)
    end = events[-1]
    assert isinstance(end, RunEnded)
    later = [json.dumps(body, ensure_ascii=False) for body in server.bodies[2:]]
    return Outcome(
        end=end,
        requests=len(server.bodies),
        told="\n".join([*later, end.detail]),
        judged=any(isinstance(e, VerdictReached) and e.verdict.passed for e in events),
        estimated=run.state.usage.estimated,
        seconds=time.monotonic() - started,
    )


def run_once(server: OpenAIServer, folder: Path, fault: Fault) -> Outcome:
    """A run in which the fault happens once, in the middle."""
    return run_under(server, folder, [START, fault.act, END])


def run_always(server: OpenAIServer, folder: Path, fault: Fault) -> Outcome:
    """A run in which it happens again and again."""
    return run_under(server, folder, [START, fault.act])


def measure_ours(server: OpenAIServer, scratch: Path) -> dict[str, object]:
    """How many faults end as documented, and how often a run is fooled."""
    documented = false_success = 0
    for number, fault in enumerate(FAULTS.values()):
        once = run_once(server, scratch / f"{number}-once", fault)
        always = run_always(server, scratch / f"{number}-always", fault)
        documented += (once.end.reason, always.end.reason) == (fault.once, fault.always)
        false_success += once.is_false_success or always.is_false_success
    return {"faults": len(FAULTS), "as_documented": documented, "false_success": false_success}


def main() -> None:
    """Print the outcome of all faults as one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--save", action="store_true", help="keep it for docs/reliability.md")
    acts = {name: fault.act for name, fault in FAULTS.items()}
    with serving() as server, tempfile.TemporaryDirectory() as scratch:
        ours = measure_ours(server, Path(scratch))
        peers = {peer.name: peer.measure(server, acts) for peer in PEERS if peer.python}
    answer = {**ours, "peers": peers}
    if parser.parse_args().save:
        save("faults", answer)
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
