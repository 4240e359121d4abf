"""Telling what requires something from what merely describes."""

import re

_CLAIM = re.compile(
    r"\b(?:can|may|must|shall|should|will|only|never|always|cannot|can't|not|no|when|if|unless"
    r"|until|after|before|each|every|at most|at least|per|unique(?! id)|limit|max|min|require[sd]?"
    r"|refuse[sd]?|reject(?:s|ed)?|allow(?:s|ed)?)\b",
    re.IGNORECASE,
)


_DEMAND = re.compile(r"\b(?:must|shall|can|cannot|can't|may|only|never)\b", re.IGNORECASE)


def is_demand(text: str) -> bool:
    """Whether the text clearly requires something."""
    return _DEMAND.search(text) is not None


def is_claim(text: str) -> bool:
    """Whether the text may require something; in doubt it does."""
    return _CLAIM.search(text) is not None
