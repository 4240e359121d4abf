import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

hasher = PasswordHasher()


def make(password: str) -> str:
    return hasher.hash(password)


NOBODY = make(secrets.token_hex(16))


def password_matches(stored: str | None, given: str) -> bool:
    try:
        hasher.verify(stored or NOBODY, given)
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None
