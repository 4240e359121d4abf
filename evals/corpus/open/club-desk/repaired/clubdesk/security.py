import hashlib
import hmac
import os
import secrets
import threading
import time
from collections import deque

from fastapi import HTTPException, Request

SECRET = os.environ["CLUB_SECRET"].encode()
if len(SECRET) < 32:
    raise RuntimeError("CLUB_SECRET must be at least 32 characters")


def hash_password(password: str) -> str:
    salt = secrets.token_bytes(16)
    key = hashlib.scrypt(password.encode(), salt=salt, n=2**14, r=8, p=5, maxmem=64 * 1024 * 1024)
    return f"{salt.hex()}${key.hex()}"


def verify_password(password: str, stored: str) -> bool:
    salt, key = stored.split("$")
    candidate = hashlib.scrypt(
        password.encode(), salt=bytes.fromhex(salt), n=2**14, r=8, p=5, maxmem=64 * 1024 * 1024
    )
    return hmac.compare_digest(candidate.hex(), key)


DUMMY_HASH = hash_password(secrets.token_hex(16))


_hits: dict[str, deque] = {}
_hits_lock = threading.Lock()


def throttle(key: str, limit: int, window: float) -> None:
    now = time.monotonic()
    with _hits_lock:
        if len(_hits) > 10_000:
            for old in [k for k, q in _hits.items() if now - q[-1] > 900]:
                del _hits[old]
            while len(_hits) > 10_000:
                _hits.pop(next(iter(_hits)))
        queue = _hits.setdefault(key, deque(maxlen=200))
        while queue and now - queue[0] > window:
            queue.popleft()
        if len(queue) >= limit:
            raise HTTPException(429, "Too many attempts, try again later")
        queue.append(now)


def client_ip(request: Request) -> str:
    return request.client.host if request.client else "unknown"


def csrf_token(sid: str) -> str:
    return hmac.new(SECRET, b"csrf:" + sid.encode(), hashlib.sha256).hexdigest()


def check_csrf(sid: str | None, given: str) -> None:
    if not sid or not hmac.compare_digest(csrf_token(sid).encode(), given.encode()):
        raise HTTPException(403, "The form is out of date, please load it again")
