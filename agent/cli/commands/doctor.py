"""`doctor`: what a run needs, checked, each with its remedy."""

import argparse
import sys

from agent.cli.configure import settings_of
from agent.console.lines import Line
from agent.console.plain import PlainConsole
from agent.doctor import examine
from agent.settings import Settings


def execute(options: argparse.Namespace) -> int:
    """Run the command; returns 0 when all is well, else 1."""
    console = PlainConsole(sys.stdout)
    healthy = True
    for finding in examine(_settings(options), options.model):
        console.say(Line("good" if finding.ok else "bad", f"{finding.name}: {finding.detail}"))
        healthy = healthy and finding.ok
    return 0 if healthy else 1


def _settings(options: argparse.Namespace) -> Settings:
    settings = settings_of(options)
    return settings.model_copy(update={"sandbox": options.sandbox or settings.sandbox})
