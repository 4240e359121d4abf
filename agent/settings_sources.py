"""Where settings come from: two TOML files, the environment, and `-c key.path=value`."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ENV_PREFIX = "BACKEND_AGENT_"
OPENAI_VARIABLES: dict[str, tuple[str, ...]] = {
    "OPENAI_API_KEY": ("api_key",),
    "OPENAI_BASE_URL": ("base_url",),
}
"""The openai client's own variables, read before ours so that ours win."""
PROJECT_FILE = "backend-agent.toml"
PROJECT_KEYS = ("model", "budget", "prices")
"""All that somebody's repository may set: a `base_url` there would receive the user's key."""

KeyPath = tuple[str, ...]


@dataclass(frozen=True)
class Given:
    """One value, and where it was given."""

    path: KeyPath
    value: object
    origin: str
    """File, variable or option, as the user knows it."""


def read_sources(
    overrides: Sequence[str],
    env: Mapping[str, str],
    cwd: Path,
    known: Sequence[KeyPath],
    problems: list[str],
) -> Iterator[Given]:
    """Every value that is set somewhere, weakest source first.

    Args:
        overrides: texts `key.path=value`.
        env: the process's environment.
        cwd: folder of the project file.
        known: keys that may be set by a variable.
        problems: receives one line for each source or value that cannot be read.
    """
    yield from _read_file(user_file(env), problems)
    for item in _read_file(cwd / PROJECT_FILE, problems):
        if item.path[0] in PROJECT_KEYS:
            yield item
        else:
            problems.append(_not_in_project(item, user_file(env)))
    yield from _read_environment(env, known, problems)
    for override in overrides:
        yield from _read_override(override, problems)


def user_file(env: Mapping[str, str]) -> Path:
    """`$XDG_CONFIG_HOME/backend-agent/config.toml`, else the one under `~/.config`."""
    home = env.get("XDG_CONFIG_HOME")
    return (Path(home) if home else Path.home() / ".config") / "backend-agent" / "config.toml"


def _read_file(path: Path, problems: list[str]) -> Iterator[Given]:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return
    except OSError as exc:
        problems.append(f"{path}: cannot be read ({exc.strerror}); fix or remove it")
    except ValueError as exc:  # TOMLDecodeError and UnicodeDecodeError
        problems.append(f"{path}: is not TOML: {exc}")
    else:
        yield from _flatten((), table, str(path))


def _flatten(prefix: KeyPath, value: object, origin: str) -> Iterator[Given]:
    if isinstance(value, dict):
        for key, child in value.items():
            yield from _flatten((*prefix, key), child, origin)
    else:
        yield Given(prefix, _none_or(value), origin)


def _none_or(value: object) -> object:
    """TOML and the environment know no null: the word `none` lifts a limit."""
    return None if isinstance(value, str) and value.lower() == "none" else value


def _read_environment(
    env: Mapping[str, str], known: Sequence[KeyPath], problems: list[str]
) -> Iterator[Given]:
    ours = {ENV_PREFIX + "_".join(path).upper(): path for path in known}
    for name, path in (OPENAI_VARIABLES | ours).items():
        if env.get(name):
            yield Given(path, _none_or(env[name]), f"environment variable {name}")
    for name in env:
        if name.startswith(ENV_PREFIX) and name not in ours:
            problems.append(f"environment variable {name}: no such setting, only {', '.join(ours)}")


def _read_override(text: str, problems: list[str]) -> Iterator[Given]:
    key, equals, value = text.partition("=")
    try:
        table = tomllib.loads(f"{key} = 0") if equals else {}
    except tomllib.TOMLDecodeError:
        table = {}
    if not table:
        problems.append(f"-c {text}: write key.path=value, for example -c budget.max_steps=50")
        return
    is_secret = "api_key" in table or "@" in value
    [item] = _flatten((), table, f"-c {key}=..." if is_secret else f"-c {text}")
    yield from _flatten(item.path, _parse_value(value), item.origin)


def _parse_value(text: str) -> object:
    """A TOML value where it is one (`50`, `true`, `{input = 1}`), else the text itself."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _not_in_project(item: Given, instead: Path) -> str:
    return (
        f"{item.origin}: {'.'.join(item.path)} may not be set by a project's file "
        f"(only {', '.join(PROJECT_KEYS)}); put it into {instead} or the environment"
    )
