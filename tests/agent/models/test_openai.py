"""The openai adapter against a server that behaves."""

from collections.abc import Sequence
from typing import Any

import pytest

from agent.models.base import Completion, Message, ToolSchema, Usage
from sandbox.deadline import Deadline
from tests.agent.models.kit import ASK, KEY, READ_FILE, call, model_at
from tests.agent.models.openai_server import OpenAIServer, answer, refuse, reply

USAGE = {
    "prompt_tokens": 100,
    "completion_tokens": 7,
    "prompt_tokens_details": {"cached_tokens": 60},
}


def ask(
    server: OpenAIServer,
    messages: Sequence[Message] = ASK,
    tools: Sequence[ToolSchema] = (READ_FILE,),
    limit: int | None = None,
) -> Completion:
    return model_at(server).complete(
        messages, tools, deadline=Deadline.after(20), max_output_tokens=limit
    )


def test_sends_messages_tools_and_key(openai_server: OpenAIServer) -> None:
    openai_server.script(reply())
    history = (
        *ASK,
        Message("assistant", "", (call('{"path": "a"}', "a"), call('{"path": ', "b"))),
        Message("tool", "text", call_id="a"),
        Message("tool", "bad arguments", call_id="b"),
    )
    ask(openai_server, history)
    assert openai_server.keys == [f"Bearer {KEY}"]
    assert openai_server.bodies == [
        {
            "model": "m1",
            "messages": [
                {"role": "system", "content": "You build."},
                {"role": "user", "content": "Build it: ä"},
                {
                    "role": "assistant",
                    "content": None,
                    "tool_calls": [
                        {
                            "id": "a",
                            "type": "function",
                            "function": {"name": "read_file", "arguments": '{"path": "a"}'},
                        },
                        {
                            "id": "b",
                            "type": "function",
                            "function": {
                                "name": "read_file",
                                "arguments": '{"invalid_json":"{\\"path\\": "}',
                            },
                        },
                    ],
                },
                {"role": "tool", "content": "text", "tool_call_id": "a"},
                {"role": "tool", "content": "bad arguments", "tool_call_id": "b"},
            ],
            "tools": [
                {
                    "type": "function",
                    "function": {
                        "name": "read_file",
                        "description": "Reads.",
                        "parameters": {"type": "object", "properties": {}},
                    },
                }
            ],
        }
    ]


def test_leaves_out_tools_when_there_are_none(openai_server: OpenAIServer) -> None:
    openai_server.script(reply())
    ask(openai_server, tools=())
    assert openai_server.bodies[0].keys() == {"model", "messages"}


def test_text_that_is_no_unicode_is_sent_all_the_same(openai_server: OpenAIServer) -> None:
    openai_server.script(reply())
    ask(openai_server, [Message("user", "a\udc80b")])
    assert openai_server.bodies[0]["messages"] == [{"role": "user", "content": "a?b"}]


def test_reads_text_calls_and_usage(openai_server: OpenAIServer) -> None:
    openai_server.script(
        reply(
            "why",
            ("x", "write_file", '{"path": "a"}'),
            ("y", "read_file", '{"pa'),
            finish="tool_calls",
            usage=USAGE,
        )
    )
    said = ask(openai_server)
    assert said.text == "why"
    assert said.calls == (
        call('{"path": "a"}', "x", "write_file"),
        call('{"pa', "y", "read_file"),
    )
    assert said.finish_reason == "tool_calls"
    assert said.usage == Usage(input_tokens=100, cached_tokens=60, output_tokens=7)
    assert 0 < said.seconds < 10


@pytest.mark.parametrize("usage", [None, {"prompt_tokens": 0, "completion_tokens": 0}])
def test_estimates_tokens_that_nobody_counts(
    openai_server: OpenAIServer, usage: dict[str, Any] | None
) -> None:
    openai_server.script(reply("12345678", ("x", "read", "{}"), usage=usage))
    said = ask(openai_server, [Message("user", "x" * 4000)])
    assert said.usage.estimated
    assert 1000 < said.usage.input_tokens < 1100
    assert said.usage.output_tokens == 3


def test_passes_on_that_a_server_only_estimates(openai_server: OpenAIServer) -> None:
    openai_server.script(reply(usage=USAGE | {"estimated": True}))
    assert ask(openai_server).usage.estimated


@pytest.mark.parametrize(
    ("told", "calls", "finish"),
    [
        ("stop", 0, "stop"),
        ("stop", 1, "tool_calls"),
        ("tool_calls", 1, "tool_calls"),
        ("tool_calls", 0, "stop"),
        ("function_call", 1, "tool_calls"),
        (None, 1, "tool_calls"),
        ("eos", 0, "stop"),
        ("length", 0, "length"),
        ("length", 1, "length"),
        ("content_filter", 0, "content_filter"),
    ],
)
def test_finish_reasons(
    openai_server: OpenAIServer, told: str | None, calls: int, finish: str
) -> None:
    openai_server.script(reply("t", *[("x", "read_file", "{}")] * calls, finish=told))
    said = ask(openai_server)
    assert (said.finish_reason, len(said.calls)) == (finish, calls)


def test_a_refusal_is_a_filtered_reply(openai_server: OpenAIServer) -> None:
    openai_server.script(reply(None, refusal="I will not."))
    said = ask(openai_server)
    assert (said.finish_reason, said.text) == ("content_filter", "I will not.")


def test_a_filtered_request_is_a_filtered_reply(openai_server: OpenAIServer) -> None:
    openai_server.script(refuse(400, "filtered", code="content_filter"))
    said = ask(openai_server)
    assert (said.finish_reason, said.text, said.calls) == ("content_filter", "", ())
    assert said.usage.estimated
    assert said.usage.input_tokens > 0


def test_missing_and_repeated_call_ids_are_replaced(openai_server: OpenAIServer) -> None:
    old = call(id_="old")
    history = (*ASK, Message("assistant", "", (old,)), Message("tool", "ok", call_id="old"))
    ids = [None, "", "new", "new", "old"]
    openai_server.script(reply("", *[(id_, f"tool{n}", "{}") for n, id_ in enumerate(ids)]))
    said = ask(openai_server, history)
    assert [c.name for c in said.calls] == [f"tool{n}" for n in range(5)]
    assert said.calls[2].id == "new"
    assert len({"old", *(c.id for c in said.calls)}) == 6
    assert all(len(c.id) == 9 for c in said.calls if c.id != "new")


def test_reads_content_parts_and_argument_objects(openai_server: OpenAIServer) -> None:
    function = {"name": "read_file", "arguments": {"path": "a"}}
    message = {
        "content": [{"type": "text", "text": "one "}, {"type": "text", "text": "two"}],
        "tool_calls": [{"function": function}],
    }
    openai_server.script(answer(200, {"choices": [{"message": message}]}))
    said = ask(openai_server)
    assert said.text == "one two"
    assert said.calls[0].arguments == '{"path": "a"}'


def test_every_request_holds_the_whole_conversation(openai_server: OpenAIServer) -> None:
    openai_server.script(reply())
    model = model_at(openai_server)
    longer = (*ASK, Message("assistant", "hi"), Message("user", "more"))
    changed = (ASK[0], Message("user", "another task"))
    for messages in (ASK, longer, changed):
        model.complete(list(messages), [READ_FILE], deadline=Deadline.after(20))
    sent = [[m["content"] for m in body["messages"]] for body in openai_server.bodies]
    assert sent == [[m.text for m in messages] for messages in (ASK, longer, changed)]


@pytest.mark.parametrize(
    ("limit", "sent"), [(None, {}), (500, {"max_tokens": 500}), (2_000_000, {})]
)
def test_output_limit(openai_server: OpenAIServer, limit: int | None, sent: dict[str, int]) -> None:
    openai_server.script(reply())
    ask(openai_server, limit=limit)
    assert {k: v for k, v in openai_server.bodies[0].items() if k.startswith("max_")} == sent
