"""English names as specs spell them, and the snake_case names that the Blueprint uses."""

import re
import unicodedata

_IRREGULAR = {"people": "person", "children": "child", "men": "man", "women": "woman"}
_PLURALS = {singular: plural for plural, singular in _IRREGULAR.items()}
_UNCHANGED = frozenset({"status", "news", "series", "address", "bus", "analysis", "media", "data"})


def snake_case(text: str) -> str:
    """`Order Item`, `orderItem` and `order-item` as `order_item`, `Größe` as `grosse`.

    Returns "" for what cannot be such a name: no letters, a digit first, another alphabet.
    """
    text = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", text.strip()).casefold()
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    name = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:63].strip("_")
    foreign = any(char.isalpha() and not char.isascii() for char in plain)
    return name if name[:1].isalpha() and not foreign else ""


def singular(name: str) -> str:
    """`categories` as `category`, `order_items` as `order_item`."""
    head, _, word = name.rpartition("_")
    return f"{head}_{_singular_word(word)}" if head else _singular_word(word)


def plural(name: str) -> str:
    """`category` as `categories`, `order_item` as `order_items`."""
    head, _, word = name.rpartition("_")
    return f"{head}_{_plural_word(word)}" if head else _plural_word(word)


def _singular_word(word: str) -> str:
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word in _UNCHANGED or len(word) < 3 or not word.endswith("s") or word.endswith("ss"):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if re.search(r"(?:ss|sh|ch|x|zz|status|bus)es$", word):
        return word[:-2]
    return word[:-1]


def _plural_word(word: str) -> str:
    if word in _PLURALS:
        return _PLURALS[word]
    if word.endswith("y") and word[-2:-1] not in {"a", "e", "i", "o", "u", ""}:
        return word[:-1] + "ies"
    return word + ("es" if word.endswith(("s", "x", "z", "ch", "sh")) else "s")
