"""The run: intake, loop, journal, models, limits, verifier, git, packaging, and the CLI."""
