"""Makes Python tracebacks in logs readable: unfolded, and cut to what concerns the project."""

import json

LIBRARY_FOLDERS = ("/usr/lib/", "/usr/local/lib/", "<frozen ")


def readable_log(text: str) -> str:
    """The log with the tracebacks of JSON lines unfolded, without library frames."""
    return drop_library_frames("\n".join(map(_unfold, text.split("\n"))))


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


def _unfold(line: str) -> str:
    """A JSON line whose values hold a traceback, as the rest of it and the raw traceback."""
    if "Traceback (most" not in line or not line.startswith("{"):
        return line
    try:
        entry: dict[str, object] = json.loads(line)
    except json.JSONDecodeError:
        return line
    folded = [key for key, value in entry.items() if str(value).startswith("Traceback (most")]
    tracebacks = [str(entry.pop(key)) for key in folded]
    return "\n".join([json.dumps(entry, ensure_ascii=False), *tracebacks])
