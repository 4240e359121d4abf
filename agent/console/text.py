"""How numbers and foreign text look on a screen."""

from tools.sanitize import clean_text

MILLION = 1_000_000


def one_line(text: str, max_chars: int) -> str:
    """The text without control characters, on one line, shortened with an ellipsis."""
    line = " ".join(clean_text(text).split())
    return line if len(line) <= max_chars else line[: max_chars - 3] + "..."


def count_text(number: int) -> str:
    """`950`, `34.1k`, `2.3M`."""
    if number < 1000:
        return str(number)
    return f"{number / 1000:.1f}k" if number < MILLION else f"{number / MILLION:.1f}M"


def seconds_text(seconds: float) -> str:
    """`0.3 s`, `42 s`, `1 min 32 s`, `2 h 05 min`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"


def usd_text(cost: float | None) -> str:
    """`$0.12`; an unknown price is said, never shown as 0."""
    return "cost unknown" if cost is None else f"${cost:.2f}"


def clock_text(seconds: float) -> str:
    """`0:00:07`: hours, minutes and seconds."""
    whole = int(seconds)
    return f"{whole // 3600}:{whole % 3600 // 60:02}:{whole % 60:02}"
