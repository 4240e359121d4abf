"""The lending example: one of every feature that a Blueprint can ask for beyond plain resources."""

from pathlib import Path

from agent.intake import read_spec

SPEC = Path(__file__).parents[3] / "examples" / "lending" / "spec.md"
LENDING = read_spec(SPEC.read_bytes()).blueprint
