"""How passwords would look in a database, if they are not stored as they should be."""

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence

from tools.checks.security.finding import Finding

FAST = ("md5", "sha1", "sha256", "sha512")
MIN_CHARS = 6


def readable_forms(passwords: Sequence[str]) -> dict[str, str]:
    """What to look for: how it is stored -> the text."""
    forms: dict[str, str] = {}
    for number, password in enumerate(passwords):
        if len(password) < MIN_CHARS:
            continue
        forms[f"in plain text|{number}"] = password
        forms[f"as base64|{number}"] = base64.b64encode(password.encode()).decode()
        for name in FAST:
            digest = hashlib.new(name, password.encode(), usedforsecurity=False)
            forms[f"as unsalted {name}|{number}"] = digest.hexdigest()
    return forms


def token_forms(tokens: Sequence[str]) -> dict[str, str]:
    """Keys that were handed out, to be looked for as they are."""
    plain = [token.removeprefix("Bearer ").strip('"') for token in tokens]
    return {f"token {n}": t for n, t in enumerate(plain) if len(t) >= 16 and t.count(".") != 2}


def judge_stored(found: Mapping[str, Sequence[str]]) -> Iterator[Finding]:
    """Findings from where the texts were found: form -> files or tables."""
    for form, places in found.items():
        if places and "|" in form:
            how = form.partition("|")[0]
            yield Finding(
                kind="password_storage",
                why=f"a password is stored {how} ({places[0]})",
                evidence="observed",
            )
            return
