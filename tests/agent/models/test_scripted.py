"""The scripted model."""

from pathlib import Path

import pytest

from agent.errors import ModelRejected, ModelUnavailable, SettingsError
from agent.models.base import Completion, Message, Usage
from agent.models.scripted import Reply, ScriptedModel, load_script
from sandbox.deadline import Deadline
from tests.agent.models.kit import ASK

DEADLINE = Deadline()


def said(text: str) -> Completion:
    return Completion(text=text, calls=(), finish_reason="stop", usage=Usage())


def ask(model: ScriptedModel, *more: Message) -> str:
    return model.complete((*ASK, *more), (), deadline=DEADLINE).text


def test_gives_its_replies_in_order() -> None:
    replies: list[Reply] = [said("one"), lambda messages: said(messages[-1].text), said("three")]
    model = ScriptedModel(replies)
    assert [ask(model), ask(model), ask(model)] == ["one", "Build it: ä", "three"]
    with pytest.raises(ModelRejected, match="the script has no reply 4"):
        ask(model)


def test_raises_its_errors_and_goes_on() -> None:
    model = ScriptedModel([ModelUnavailable("overloaded"), said("two")])
    with pytest.raises(ModelUnavailable, match="overloaded"):
        ask(model)
    assert ask(model) == "two"


def test_keeps_to_the_deadline() -> None:
    with pytest.raises(ModelUnavailable):
        ScriptedModel([said("one")]).complete(ASK, (), deadline=Deadline.after(0))


@pytest.mark.parametrize(("resumable", "text"), [(False, "one"), (True, "two")])
def test_a_resumable_script_goes_on(resumable: bool, text: str) -> None:
    model = ScriptedModel([said("one"), said("two")], resumable=resumable)
    assert ask(model, Message("assistant", "one"), Message("user", "and?")) == text


def test_loads_a_script(tmp_path: Path) -> None:
    path = tmp_path / "script.yaml"
    path.write_text(
        "- text: I set it up.\n"
        "  calls:\n"
        "    - {name: write_file, arguments: {path: a.py, content: 'é'}}\n"
        "    - {name: run_tests}\n"
        "- calls: [{name: finish, arguments: '{\"summary\": '}]\n"
        "  finish_reason: length\n"
        "- text: done\n"
    )
    model = load_script(path)
    first, second, third = (model.complete(ASK, (), deadline=DEADLINE) for _ in range(3))
    assert (first.text, first.finish_reason) == ("I set it up.", "tool_calls")
    assert [(c.name, c.arguments) for c in first.calls] == [
        ("write_file", '{"path": "a.py", "content": "é"}'),
        ("run_tests", "{}"),
    ]
    assert [(c.name, c.arguments) for c in second.calls] == [("finish", '{"summary": ')]
    assert second.finish_reason == "length"
    assert len({c.id for c in first.calls + second.calls}) == 3
    assert (third.text, third.calls, third.finish_reason) == ("done", (), "stop")
    assert third.usage == Usage(output_tokens=1, estimated=True)


def test_a_loaded_script_is_resumable(tmp_path: Path) -> None:
    path = tmp_path / "script.json"
    path.write_text('[{"text": "one"}, {"text": "two"}]')
    assert ask(load_script(path), Message("assistant", "one")) == "two"


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("- txt: a", "0.txt: Extra inputs are not permitted"),
        ("- calls: [{arguments: {}}]", "0.calls.0.name: Field required"),
        ("text: a", "Input should be a valid list"),
        ("- [", "is no script of replies: while parsing"),
        ("\x00", "is no script of replies: unacceptable character"),
    ],
)
def test_what_is_no_script(tmp_path: Path, content: str, text: str) -> None:
    path = tmp_path / "script.yaml"
    path.write_text(content)
    with pytest.raises(SettingsError) as caught:
        load_script(path)
    assert text in str(caught.value)
