"""The cases that a Blueprint implies, one file per concern."""
