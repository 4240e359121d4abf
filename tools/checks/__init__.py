"""Checks of a backend: today the acceptance suite; static rules and probes come beside it."""
