"""Forged, expired and altered tokens."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any

import jwt

from tools.checks.security.probes.accounts import lets_in
from tools.checks.security.probes.client import Actor
from tools.checks.security.probes.world import Observed, World

Json = Any
WEAK_KEYS = [
    "secret",
    "changeme",
    "change-me",
    "password",
    "key",
    "jwt-secret",
    "supersecret",
    "super-secret",
    "your-secret-key",
    "mysecret",
    "test",
    "dev",
    "development",
    "secretkey",
    "secret-key",
    "admin",
    "123456",
    "jwt_secret",
]


def probe_tokens(world: World) -> Iterator[Observed]:
    """Only for bearer tokens that are JWTs."""
    for actor in [*world.actors[:1], *([world.keeper] if world.keeper else [])]:
        token = _token_of(actor)
        if token is None:
            continue
        header, claims = _opened(token)
        if header is None:
            continue
        for what, forged in _forgeries(world, token, header, claims):
            if lets_in(world, _bearing(actor, forged)):
                yield Observed("jwt", "bearer tokens", f"{what} is accepted")
                return
        if (
            actor.refresh
            and actor.refresh != token
            and lets_in(world, _bearing(actor, actor.refresh))
        ):
            yield Observed("jwt", "bearer tokens", "a refresh token is accepted as an access token")
        return


def _token_of(actor: Actor) -> str | None:
    values = [*actor.headers.values(), *actor.cookies.values()]
    for value in values:
        token = value.removeprefix("Bearer ").strip('"')
        if token.count(".") == 2 and token.startswith("ey"):
            return token
    return None


def _bearing(actor: Actor, token: str) -> Actor:
    old = _token_of(actor) or ""
    return Actor(
        "forger",
        headers={name: value.replace(old, token) for name, value in actor.headers.items()},
        cookies={name: value.replace(old, token) for name, value in actor.cookies.items()},
    )


def _opened(token: str) -> tuple[dict[str, Json] | None, dict[str, Json]]:
    try:
        header, claims = (json.loads(_decode(part)) for part in token.split(".")[:2])
    except ValueError:
        return None, {}
    return header, claims


def _decode(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _encode(data: Json) -> str:
    return base64.urlsafe_b64encode(json.dumps(data).encode()).rstrip(b"=").decode()


def _forgeries(
    world: World, token: str, header: dict[str, Json], claims: dict[str, Json]
) -> Iterator[tuple[str, str]]:
    head, _, signature = token.split(".")
    altered = {**claims, "zq": 1}
    for name in ("none", "None", "NONE"):
        yield "a token with alg none", f"{_encode({**header, 'alg': name})}.{_encode(claims)}."
    yield "a token whose claims were altered", f"{head}.{_encode(altered)}.{signature}"
    yield "a token without a signature", f"{head}.{_encode(altered)}."
    yield "a token signed with another key", jwt.encode(altered, "k" * 40, algorithm="HS256")
    for key in WEAK_KEYS:
        yield f"a token signed with {key!r}", _signed(altered, key)
    yield "a token signed with an empty key", _signed(altered, "")
    for key in _real_keys(world, token):
        past = {**claims, "exp": int(time.time()) - 86_400}
        past = {
            k: (int(time.time()) - 90_000 if k in ("iat", "nbf") else v) for k, v in past.items()
        }
        yield "an expired token", _signed(past, key, header.get("alg", "HS256"))


def _real_keys(world: World, token: str) -> Iterator[str]:
    """Keys by which the app signed the token: only for making expired ones."""
    for key in world.plan.signing_keys:
        try:
            jwt.decode(
                token, key, algorithms=["HS256", "HS384", "HS512"], options={"verify_aud": False}
            )
        except (jwt.PyJWTError, ValueError, TypeError):
            continue
        yield key


def _signed(claims: dict[str, Json], key: str, algorithm: str = "HS256") -> str:

    digest = {"HS384": hashlib.sha384, "HS512": hashlib.sha512}.get(algorithm, hashlib.sha256)
    text = f"{_encode({'alg': algorithm, 'typ': 'JWT'})}.{_encode(claims)}"
    mac = hmac.new(key.encode(), text.encode(), digest).digest()
    return f"{text}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"
