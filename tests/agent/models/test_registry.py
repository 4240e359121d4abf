"""Names of models, and the choice of one."""

import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from agent.errors import SettingsError
from agent.models.builtin import BuiltinModel
from agent.models.prices import price_of
from agent.models.registry import (
    DEFAULT_OPENAI_MODEL,
    MODEL_FORMS,
    MODEL_KINDS,
    choose_model,
    open_model,
)
from agent.settings import Settings

KEY = SecretStr("sk-test-0123456789abcdef")


@pytest.mark.parametrize(
    ("task_model", "settings", "name", "why"),
    [
        ("openai:a", Settings(model="openai:b", api_key=KEY), "openai:a", "as asked for"),
        (None, Settings(model="openai:b", api_key=KEY), "openai:b", "from the settings"),
        (None, Settings(api_key=KEY), f"openai:{DEFAULT_OPENAI_MODEL}", "OPENAI_API_KEY is set"),
        (None, Settings(), "builtin", "no model and no OPENAI_API_KEY are set"),
    ],
)
def test_choice(task_model: str | None, settings: Settings, name: str, why: str) -> None:
    choice = choose_model(task_model, settings)
    assert choice.name == name
    assert why in choice.why


def test_the_default_model_has_a_price() -> None:
    assert price_of(f"openai:{DEFAULT_OPENAI_MODEL}", {}) is not None


def test_every_kind_is_shown_with_its_form() -> None:
    assert [form.partition(":")[0] for form in MODEL_FORMS] == list(MODEL_KINDS)


@pytest.mark.parametrize(
    ("name", "settings", "text"),
    [
        ("gpt-6", Settings(), "unknown model 'gpt-6': there are openai:NAME, langchain:"),
        ("gpt-6", Settings(), "did you mean openai:gpt-6?"),
        ("claude:x", Settings(), "unknown model 'claude:x': there are"),
        ("openai", Settings(api_key=KEY), "name the model too"),
        ("openai:m", Settings(), "openai:m needs a key: set OPENAI_API_KEY, or --base-url"),
        ("openai:m", Settings(api_key=SecretStr("sk-1\n")), "the API key holds a space"),
        ("openai:m", Settings(api_key=SecretStr("sk-ключ")), "a character that no key has"),
        ("builtin:x", Settings(), "builtin takes no name"),
        ("langchain:cohere:c", Settings(), "one more package: pip install langchain-cohere"),
        ("langchain:nobody:c", Settings(), "langchain:nobody:c cannot be opened"),
        ("scripted:/nowhere.yaml", Settings(), "/nowhere.yaml cannot be read: No such file"),
        ("replay:/nowhere.jsonl", Settings(), "/nowhere.jsonl cannot be read: No such file"),
    ],
)
def test_what_cannot_be_opened(name: str, settings: Settings, text: str) -> None:
    with pytest.raises(SettingsError) as caught:
        open_model(name, settings)
    assert text in str(caught.value)


@pytest.mark.parametrize(
    "settings",
    [Settings(api_key=KEY), Settings(base_url="http://localhost:1/v1")],
)
def test_opens_openai_with_a_key_or_an_endpoint_of_ones_own(settings: Settings) -> None:
    assert open_model("openai:m", settings).name == "openai:m"


def test_opens_builtin() -> None:
    assert isinstance(open_model("builtin", Settings()), BuiltinModel)


def test_opens_a_script_and_a_recording(tmp_path: Path) -> None:
    script, recording = tmp_path / "s.yaml", tmp_path / "r.jsonl"
    script.write_text("[]")
    recording.write_text("")
    assert open_model(f"scripted:{script}", Settings()).name == f"scripted:{script}"
    assert open_model(f"replay:{recording}", Settings()).name == f"replay:{recording}"


def test_the_registry_imports_no_sdk() -> None:
    code = (
        "import sys, agent.models.registry as r; from agent.settings import Settings;"
        "r.open_model('builtin', Settings());"
        "print([m for m in ('openai', 'langchain', 'tenacity', 'yaml') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
