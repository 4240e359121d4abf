"""What every route needs: a connection in a transaction, and who is calling."""

import hashlib
import hmac
import os
import secrets
import time
from typing import Annotated

import jwt
import psycopg
from fastapi import Depends, HTTPException, Path
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from psycopg.rows import dict_row
from pydantic import AfterValidator, EmailStr

URL = os.environ["DATABASE_URL"].replace("+asyncpg", "")
SECRET = os.environ["SECRET_KEY"]
BEARER = HTTPBearer(auto_error=False)
Id = Annotated[int, Path(ge=1, lt=2**63)]


def no_nul(text):
    if "\x00" in text or any(0xD800 <= ord(letter) < 0xE000 for letter in text):
        raise ValueError("no text")
    return text


Text = Annotated[str, AfterValidator(no_nul)]
Email = Annotated[EmailStr, AfterValidator(str.lower)]


def connection():
    with psycopg.connect(URL, row_factory=dict_row) as db:
        yield db


# What is committed must be so before the answer goes out.
Db = Annotated[psycopg.Connection, Depends(connection, scope="function")]


def hash_password(password):
    salt = secrets.token_bytes(16)
    return f"{salt.hex()}${hashlib.scrypt(password.encode(), salt=salt, n=2**12, r=8, p=1).hex()}"


def is_password(password, kept):
    salt, _, digest = kept.partition("$")
    found = hashlib.scrypt(password.encode(), salt=bytes.fromhex(salt), n=2**12, r=8, p=1)
    return hmac.compare_digest(found.hex(), digest)


def token_of(user_id):
    claims = {"sub": str(user_id), "exp": int(time.time()) + 1800}
    return {"access_token": jwt.encode(claims, SECRET, "HS256"), "token_type": "bearer"}


def caller_id(shown: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)]):
    try:
        return int(jwt.decode(shown.credentials if shown else "", SECRET, ["HS256"])["sub"])
    except (jwt.InvalidTokenError, KeyError, ValueError) as error:
        raise HTTPException(401, "sign in") from error


Caller = Annotated[int, Depends(caller_id)]


def found(row):
    if row is None:
        raise HTTPException(404, "not found")
    return row
