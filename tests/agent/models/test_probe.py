"""Asking a model what it can do."""

import pytest

from agent.doctor import check_capabilities
from agent.models.probe import ADD, Probed, probe_tools
from agent.models.profiles import ToolMode
from agent.settings import Settings
from tests.agent.models.openai_server import Act, OpenAIServer, refuse, reply

SUM = '{"a": 17, "b": 25}'
NATIVE = reply(None, ("c", "add", SUM), finish="tool_calls")
IN_JSON = reply(f'{{"action": "add", "arguments": {SUM}}}')


@pytest.mark.parametrize(
    ("mode", "act", "ok", "words"),
    [
        ("native", NATIVE, True, " s"),
        ("native", reply("42"), False, "it answered '42'"),
        ("native", IN_JSON, False, 'it answered \'{"action"'),
        ("native", reply(None, ("c", "add", '{"a": 1, "b": 2}')), False, '\'add({"a": 1'),
        ("native", reply(None, ("c", "add", "{")), False, "'add({)'"),
        ("native", refuse(400, "no tools here"), False, "no tools here"),
        ("json", IN_JSON, True, " s"),
        ("json", reply("42"), False, "it answered '42'"),
    ],
)
def test_each_way_to_ask(
    openai_server: OpenAIServer, mode: ToolMode, act: Act, ok: bool, words: str
) -> None:
    openai_server.script(act)
    probed = probe_tools("openai:m1", Settings(base_url=openai_server.url), mode, 20)
    assert probed.ok is ok
    assert words in probed.detail
    assert openai_server.bodies[0].get("tools") == (
        [{"type": "function", "function": {"name": ADD.name, "description": ADD.description,
                                           "parameters": ADD.parameters}}]
        if mode == "native"
        else None
    )  # fmt: skip


def test_a_model_without_native_calls_is_fine_in_json(openai_server: OpenAIServer) -> None:
    openai_server.script(reply("42"), IN_JSON)
    settings = Settings(base_url=openai_server.url)
    native, as_json, use = check_capabilities(settings, "openai:qwen2.5-coder-1.5b")
    assert (native.ok, native.detail[:3]) == (True, "no:")
    assert (as_json.ok, as_json.detail[:4]) == (True, "yes,")
    assert use.detail.startswith("json tools, short instructions, 8,000 tokens")


def test_a_model_that_a_run_could_not_use_is_told(openai_server: OpenAIServer) -> None:
    openai_server.script(reply("42"), IN_JSON)
    native, as_json, use = check_capabilities(Settings(base_url=openai_server.url), "openai:m1")
    assert (native.ok, as_json.ok) == (False, True)
    assert use.detail.startswith("native tools, full instructions, 128,000 tokens")


def test_no_answer_is_no(openai_server: OpenAIServer) -> None:
    openai_server.script(refuse(401, "who are you"))
    settings = Settings(base_url=openai_server.url)
    probed = probe_tools("openai:m1", settings, "native", 20)
    assert probed == Probed(False, probed.detail)
    assert "set a valid one for openai:m1" in probed.detail
