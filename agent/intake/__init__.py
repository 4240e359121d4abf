"""From a spec to a draft Blueprint, deterministically."""

from agent.intake.problem import Problem
from agent.intake.read import IntakeResult, read_spec

__all__ = ["IntakeResult", "Problem", "read_spec"]
