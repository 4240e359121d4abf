"""What must never be seen outside the model client, taken out of all that a run records and says.

A sandbox gets no secret: its environment is its own. But an endpoint can repeat a key in a reply,
and a spec can hold one by mistake; both are changed before the journal has them, and everything
else - workspace, sandbox, report, commit, terminal - comes from the journal.
"""

import json
from collections.abc import Iterable, Mapping
from typing import TypeVar

from pydantic import BaseModel

from agent.settings import Settings

KEY_SUFFIX = "_API_KEY"
"""How the variables end in which providers' libraries look for their keys."""
MIN_CHARS = 8
"""Shorter ones are placeholders, and would be found in any text."""
HIDDEN = "[secret]"

ModelT = TypeVar("ModelT", bound=BaseModel)


class Secrets:
    """Some values that are replaced wherever they stand."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        known = {value for value in values if len(value) >= MIN_CHARS}
        self._values = sorted(known, key=len, reverse=True)  # one may be a part of another

    def hide(self, text: str) -> str:
        """The text with `[secret]` for each of them."""
        for value in self._values:
            text = text.replace(value, HIDDEN)
        return text

    def hide_in(self, model: ModelT) -> ModelT:
        """The model with `[secret]` for each of them in any of its texts."""
        if not self._values:
            return model
        before = after = model.model_dump_json()
        for value in self._values:
            after = after.replace(json.dumps(value, ensure_ascii=False)[1:-1], HIDDEN)
        return model if after == before else type(model).model_validate_json(after)


def secrets_of(settings: Settings, env: Mapping[str, str]) -> Secrets:
    """The model's key, every `..._API_KEY`, and the variables that the settings name.

    Args:
        settings: hold the key, if it is no variable's, and the names.
        env: the process's environment.
    """
    names = {settings.schema_token_variable, *settings.secret_variables}
    names |= {name for name in env if name.endswith(KEY_SUFFIX)}
    key = [settings.api_key.get_secret_value()] if settings.api_key else []
    return Secrets([*key, *(env.get(name, "") for name in names)])
