"""Options and surroundings become settings and limits."""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from agent.errors import SettingsError
from agent.settings import Settings, load_settings
from agent.task import Budget

LIMITS = ("max_steps", "max_tokens", "max_cost_usd", "max_minutes")


def settings_of(options: argparse.Namespace) -> Settings:
    """The settings of this process. Raises SettingsError."""
    overrides: Sequence[str] = options.overrides
    if getattr(options, "base_url", None):
        overrides = [*overrides, f"base_url={options.base_url}"]
    if getattr(options, "tool_mode", None):
        overrides = [*overrides, f"tool_mode={options.tool_mode}"]
    return load_settings(overrides, os.environ, Path.cwd())


def budget_of(options: argparse.Namespace, default: Budget) -> Budget | None:
    """The default with the limits that were given; None when none was. Raises SettingsError."""
    given = {name: getattr(options, name) for name in LIMITS}
    changed = {name: value for name, value in given.items() if value is not None}
    if not changed:
        return None
    try:
        return Budget.model_validate(default.model_dump() | changed)
    except ValidationError as exc:
        raise SettingsError(option_problems(exc)) from exc


def option_problems(error: ValidationError) -> str:
    """One line for each wrong option: its name, what must be, what was given."""
    return "\n".join(
        f"--{str(item['loc'][0]).replace('_', '-')}: "
        f"{item['msg'].replace('Input should', 'must').replace('String should', 'must')}, "
        f"not {item['input']!r}"
        for item in error.errors(include_url=False)
    )
