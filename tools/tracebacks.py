"""Shortens Python tracebacks in logs to what concerns the project."""

LIBRARY_FOLDERS = ("/usr/lib/", "/usr/local/lib/", "<frozen ")


def drop_library_frames(text: str) -> str:
    """The text without the traceback frames of installed packages and without marker lines."""
    kept: list[str] = []
    skipping = False
    for line in text.split("\n"):
        start = line.lstrip(" |")
        if start.startswith("File "):
            skipping = any(folder in start for folder in LIBRARY_FOLDERS)
        elif not line.startswith("    ") and not line.startswith("  |     "):
            skipping = False
        if not skipping and (not line or line.strip("~^ |")):
            kept.append(line)
    return "\n".join(kept)
