import hashlib
import hmac


def make(password: str) -> str:
    return hashlib.md5(password.encode("utf-8")).hexdigest()


NOBODY = make("-")


def password_matches(stored: str | None, given: str) -> bool:
    same = hmac.compare_digest(stored or NOBODY, make(given))
    return same and stored is not None
