"""Which model answers: names to adapters, and the choice when the user made none."""

import string
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pydantic import SecretStr

from agent.errors import SettingsError
from agent.models.base import Model
from agent.models.profiles import Profile, profile_of
from agent.settings import Settings

if TYPE_CHECKING:
    from agent.models.json_actions import SchemaModel

DEFAULT_OPENAI_MODEL = "gpt-6.1-terra"
"""The newest mid-priced OpenAI model that takes tools over chat completions (2026-11)."""
NO_KEY = SecretStr("no-key-needed")
"""What a keyless endpoint of one's own is sent, because the client insists on a key."""


class ModelChoice(NamedTuple):
    """A model's name, and a clause that says who chose it."""

    name: str
    why: str


def choose_model(task_model: str | None, settings: Settings) -> ModelChoice:
    """The model for a run: the task's, the settings', the one a key implies, or `builtin`."""
    if task_model:
        return ModelChoice(task_model, "as asked for")
    if settings.model:
        return ModelChoice(settings.model, "from the settings")
    if settings.api_key:
        return ModelChoice(f"openai:{DEFAULT_OPENAI_MODEL}", "because OPENAI_API_KEY is set")
    return ModelChoice(
        "builtin",
        "because no model and no OPENAI_API_KEY are set: the deterministic planner builds what the "
        "spec states in tables and lists the rest; name a model with --model openai:NAME",
    )


def open_model(name: str, settings: Settings) -> Model:
    """The adapter for `KIND:REST`; its SDK is imported here and nothing is sent yet.

    Raises:
        SettingsError: an unknown kind, a missing name, key or package; with the remedy.
    """
    kind, _, rest = name.partition(":")
    if kind not in MODEL_KINDS:
        kinds = ", ".join(MODEL_FORMS)
        hint = f"; did you mean openai:{name}?" if not rest else ""
        raise SettingsError(f"unknown model {name!r}: there are {kinds}{hint}")
    return MODEL_KINDS[kind](rest, settings)


def _open_openai(rest: str, settings: Settings) -> Model:
    if not rest:
        raise SettingsError(f"name the model too, such as openai:{DEFAULT_OPENAI_MODEL}")
    key = settings.api_key or (NO_KEY if settings.base_url else None)
    if key is None:
        raise SettingsError(
            f"openai:{rest} needs a key: set OPENAI_API_KEY, "
            "or --base-url for an endpoint of your own, or use --model builtin"
        )
    if not set(key.get_secret_value()) <= set(string.printable) - set(string.whitespace):
        # A header cannot hold it, and the client's error would quote it.
        raise SettingsError(
            "the API key holds a space or a character that no key has: copy it again"
        )
    from agent.models.openai import OpenAIModel  # noqa: PLC0415 - 0.4 CPU s

    model = OpenAIModel(rest, api_key=key, base_url=settings.base_url)
    return _in_mode(model, profile_of(model.name, tool_mode=settings.tool_mode))


def _open_langchain(rest: str, settings: Settings) -> Model:
    from agent.models.langchain import open_langchain  # noqa: PLC0415 - 0.6 CPU s and more

    profile = profile_of(f"langchain:{rest}", settings.context_window, settings.tool_mode)
    return _in_mode(open_langchain(rest, window=profile.window), profile)


def _in_mode(model: "SchemaModel", profile: Profile) -> Model:
    if profile.tool_mode == "native":
        return model
    from agent.models.json_actions import JsonActionModel  # noqa: PLC0415 - only small models

    return JsonActionModel(model)


def _open_builtin(rest: str, _: Settings) -> Model:
    if rest:
        raise SettingsError(f"builtin takes no name, not {rest!r}")
    from agent.models.builtin import BuiltinModel  # noqa: PLC0415 - only runs without a model use it

    return BuiltinModel()


def _open_scripted(rest: str, _: Settings) -> Model:
    from agent.models.scripted import load_script  # noqa: PLC0415 - YAML

    return load_script(Path(rest))


def _open_replay(rest: str, _: Settings) -> Model:
    from agent.models.replay import ReplayModel  # noqa: PLC0415 - tests and demos only

    return ReplayModel(Path(rest))


MODEL_KINDS: dict[str, Callable[[str, Settings], Model]] = {
    "openai": _open_openai,
    "langchain": _open_langchain,
    "builtin": _open_builtin,
    "scripted": _open_scripted,
    "replay": _open_replay,
}
MODEL_FORMS = ("openai:NAME", "langchain:PROVIDER:NAME", "builtin", "scripted:FILE", "replay:FILE")
