"""Reads the source of an app, never importing it: for flaws, and for what it needs to start."""
