"""Standalone scripts that run inside the sandbox, with the standard library alone."""

from importlib.resources import files


def guest_argv(script: str, *arguments: str) -> list[str]:
    """The command that runs one of these scripts, which need not be in the sandbox's image."""
    source = files(__name__).joinpath(f"{script}.py").read_text()
    return ["python", "-I", "-c", source, *arguments]
