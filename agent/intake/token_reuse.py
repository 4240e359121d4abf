"""What a refresh token that is sent twice ends: only itself, where the spec says no more than that
each works once. `Every refresh token can be used once, then it is 401.`"""

import re
from collections.abc import Sequence

from agent.intake.draft import Draft
from agent.intake.statements import Statement

_ONCE = re.compile(
    r"(?<!\bat )\bonce\b|\b(?:single|one)[ -](?:use|time)\b|\bused up\b", re.IGNORECASE
)
_MORE = re.compile(
    r"\b(?:all|every|other|any|whole)\b[^.]*\btokens\b|\bfamil(?:y|ies)\b|\bsame login\b|\bstolen\b"
    r"|\bsessions?\b|\breuse\b",
    re.IGNORECASE,
)


def read_token_reuse(draft: Draft, statements: Sequence[Statement]) -> None:
    """Keep the session when the spec limits a token to one use and says nothing of its others."""
    about = [one.text for one in statements if "refresh" in one.text.lower()]
    if draft.auth is None or not any(_ONCE.search(text) for text in about):
        return
    if any(_MORE.search(text) for text in about):
        return
    draft.auth = draft.auth.model_copy(update={"reuse_ends_session": False})
    draft.assume(
        "A refresh token that is sent again is refused, and the one it was traded for stays good: "
        "the spec says that each works once, and no more."
    )
