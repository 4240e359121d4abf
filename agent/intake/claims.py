"""Telling what requires something from what merely describes."""

import re

_CLAIM = re.compile(
    r"\b(?:can|may|must|shall|should|will|only|never|always|cannot|can't|not|no|when|if|unless"
    r"|until|after|before|each|every|at most|at least|per|unique|limit|max|min|require[sd]?"
    r"|refuse[sd]?|reject(?:s|ed)?|allow(?:s|ed)?)\b",
    re.IGNORECASE,
)


def is_claim(text: str) -> bool:
    """Whether the text may require something; in doubt it does."""
    return _CLAIM.search(text) is not None
