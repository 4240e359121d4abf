"""Guests, the keeper, and tokens that somebody made at home."""

import base64
import hashlib
import hmac
import json
import time

from api import PASSWORD, Caller, new_email, ok, unique

KEY = "4b1f0c0d9a5e4c6f8e2a7d3b6c9f0e1d"


def sign_in(email, password=PASSWORD):
    return Caller().post("/login", {"email": email, "password": password})


def guest(**more):
    email = new_email()
    account = ok(Caller().post("/register", {"email": email, "password": PASSWORD} | more), 201)
    token = ok(sign_in(email), 200)["token"]
    caller = Caller(token)
    caller.id, caller.email, caller.token, caller.account = account["id"], email, token, account
    return caller


def keeper():
    return Caller(ok(sign_in("keeper@example.com", "over-the-moat-4711"), 200)["token"])


def door():
    return ok(keeper().post("/doors", {"name": unique("Door")}), 201)


def part(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def claims_of(token):
    text = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def token(claims, key=KEY, algorithm="HS256"):
    text = f"{part({'alg': algorithm, 'typ': 'JWT'})}.{part(claims)}"
    digest = {"HS256": hashlib.sha256, "HS512": hashlib.sha512}.get(algorithm)
    made = hmac.new(key.encode(), text.encode(), digest).digest() if digest else b""
    return f"{text}.{base64.urlsafe_b64encode(made).rstrip(b'=').decode()}"


def fresh(user_id, **changes):
    now = int(time.time())
    claims = {"sub": str(user_id), "iat": now, "exp": now + 900} | changes
    return {name: value for name, value in claims.items() if value is not None}
