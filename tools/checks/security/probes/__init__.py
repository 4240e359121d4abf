"""Probes of a running app, from the machine beside it: `python -m tools.checks.security.probes`."""
