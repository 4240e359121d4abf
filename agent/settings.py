"""What the user configures, as one frozen value that is built once and passed down in slices."""

import difflib
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
)
from pydantic_core import ErrorDetails

from agent.errors import SettingsError
from agent.models.prices import Price
from agent.models.profiles import ToolMode
from agent.settings_sources import Given, KeyPath, read_sources
from agent.task import Budget
from sandbox.base import ProviderName

SECRET_KEYS = frozenset({"api_key"})
"""Never repeated in a message."""


def default_state_dir(env: Mapping[str, str] = os.environ) -> Path:
    """`$XDG_STATE_HOME/backend-agent`, else `~/.local/state/backend-agent` (XDG base dirs)."""
    home = env.get("XDG_STATE_HOME")
    return (Path(home) if home else Path.home() / ".local" / "state") / "backend-agent"


def _without_login(url: str) -> str:
    if "@" in urlsplit(url).netloc:
        raise ValueError("must hold no user and password: the key goes into OPENAI_API_KEY")
    return url


def _split(value: object) -> object:
    """A variable or an option holds a list as words."""
    return value.replace(",", " ").split() if isinstance(value, str) else value


class VerifierSettings(BaseModel):
    """What a verdict rests on beside what it always does."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    independent_tests: bool = True
    """Whether a fresh call of the model writes tests from the spec before there is code; models
    that cannot read one (`builtin`, `scripted`) are never asked."""
    security_probes: bool = True
    """Whether the running app is probed for security flaws, too. Without, only its source is read,
    and the check says so."""


class Settings(BaseModel):
    """Everything that is not part of one task."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    state_dir: Annotated[Path, AfterValidator(lambda path: path.expanduser().absolute())] = Field(
        default_factory=default_state_dir
    )
    """Holds `runs/`; one folder a run."""
    model: str | None = None
    """`openai:NAME`, `langchain:PROVIDER:NAME`, `builtin`; None: what a key implies."""
    base_url: (
        Annotated[str, Field(pattern=r"^https?://"), AfterValidator(_without_login)] | None
    ) = None
    """Of an OpenAI-compatible endpoint; the journal keeps it, so it holds no password."""
    api_key: SecretStr | None = None
    """For the `openai` adapter; reaches the client only."""
    context_window: Annotated[int, Field(ge=4_000)] | None = None
    """Tokens that the model can be sent; None: by its name (agent/models/profiles.py)."""
    tool_mode: ToolMode | None = None
    """How the model asks for tools; None: by its name (the same file)."""
    schema_token_variable: str = "DATABASE_AGENT_TOKEN"  # noqa: S105 - the name of a variable
    """Environment variable with the token for `--schema https://...`."""
    secret_variables: Annotated[tuple[str, ...], BeforeValidator(_split)] = ()
    """Environment variables whose values no run may show, beside every `..._API_KEY`."""
    sandbox: ProviderName = "docker"
    """Where the code of tasks runs that name no sandbox."""
    budget: Budget = Budget()
    """Limits of tasks that bring none."""
    verifier: VerifierSettings = VerifierSettings()
    prices: dict[str, Price] = {}
    """Model name -> price, over the built-in table."""


def load_settings(overrides: Sequence[str], env: Mapping[str, str], cwd: Path) -> Settings:
    """The settings: defaults < user file < project file < environment < overrides.

    Args:
        overrides: `key.path=value`, as given to `-c`; later ones win.
        env: the process's environment.
        cwd: where `backend-agent.toml` is looked for.

    Raises:
        SettingsError: every wrong key and value at once, each with the place it was given at.
    """
    problems: list[str] = []
    given: dict[KeyPath, Given] = {}
    for item in read_sources(overrides, env, cwd, known_keys(), problems):
        given[item.path] = item
    values = _nest(given.values())
    values.setdefault("state_dir", default_state_dir(env))
    try:
        settings = Settings.model_validate(values)
    except ValidationError as exc:
        problems += [_explain(error, given) for error in exc.errors(include_url=False)]
    if problems:
        raise SettingsError("\n".join(problems))
    return settings


def known_keys() -> tuple[KeyPath, ...]:
    """Every key that holds one value: `("model",)`, `("budget", "max_steps")` ..."""
    tables: dict[str, type[BaseModel]] = {"budget": Budget, "verifier": VerifierSettings}
    single = [(name,) for name in Settings.model_fields if name not in {*tables, "prices"}]
    nested = [(table, name) for table, fields in tables.items() for name in fields.model_fields]
    return (*single, *nested)


def _nest(given: Iterable[Given]) -> dict[str, object]:
    tree: dict[str, object] = {}
    for item in given:
        node = tree
        for key in item.path[:-1]:
            child = node.get(key)
            if not isinstance(child, dict):
                child = node[key] = {}
            node = child
        node[item.path[-1]] = item.value
    return tree


def _explain(error: ErrorDetails, given: Mapping[KeyPath, Given]) -> str:
    """One line: where it was given, which key, what is wrong and what would be right."""
    path = tuple(str(part) for part in error["loc"])
    origin = next((item.origin for key, item in given.items() if key[: len(path)] == path), "")
    where = f"{origin}: {'.'.join(path)}"
    if error["type"] == "extra_forbidden":
        return f"{where} is not a setting; {_suggest(path)}"
    if error["type"] == "missing":
        return f"{_origin_of_table(path, given)}: {'.'.join(path)} is missing; add it"
    is_secret = path[0] in SECRET_KEYS or "@" in str(error["input"])
    value = "" if is_secret else f", not {error['input']!r}"
    return f"{where}: {_sentence(error)}{value}"


def _origin_of_table(path: KeyPath, given: Mapping[KeyPath, Given]) -> str:
    return next((item.origin for key, item in given.items() if key[:-1] == path[:-1]), "settings")


def _sentence(error: ErrorDetails) -> str:
    if error["type"] == "string_pattern_mismatch":
        return "must start with http:// or https://"
    said = error["msg"].removeprefix("Value error, ")
    return said.replace("Input should be", "must be").partition(", unable")[0]


def _suggest(path: KeyPath) -> str:
    names = [".".join(key) for key in known_keys()]
    close = difflib.get_close_matches(".".join(path), names, n=1)
    return f"did you mean {close[0]}?" if close else f"there are: {', '.join(names)}, prices"
