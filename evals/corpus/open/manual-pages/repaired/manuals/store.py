from pathlib import Path

ROOT = (Path(__file__).resolve().parent.parent / "library").resolve()
MAX_SIZE = 200_000


def catalogue() -> list[str]:
    names = [
        p.relative_to(ROOT).as_posix()
        for p in ROOT.glob("*/*.txt")
        if p.is_file() and not p.is_symlink()
    ]
    return sorted(names)[:1000]


def load(name: str) -> str | None:
    """The manual's text, or None when there is no such manual."""
    if name not in catalogue():
        return None
    path = ROOT / name
    try:
        if not path.is_file() or path.stat().st_size > MAX_SIZE:
            return None
    except (OSError, ValueError):
        return None
    return path.read_text("utf-8", errors="replace")


def holding(word: str) -> list[str]:
    hits = []
    for name in catalogue():
        text = load(name)
        if text and word.lower() in text.lower():
            hits.append(name)
            if len(hits) == 20:
                break
    return hits
