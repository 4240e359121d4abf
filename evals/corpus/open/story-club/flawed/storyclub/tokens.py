import os
import secrets
import time

import jwt

SECRET = os.environ["STORY_SECRET"]
if len(SECRET) < 32:
    raise RuntimeError("STORY_SECRET must have 32 characters")
ACCESS, REFRESH = 600, 14 * 86400


def make(member_id: int, use: str, seconds: int) -> tuple[str, str]:
    jti = secrets.token_urlsafe(16)
    claims = {"sub": str(member_id), "use": use, "jti": jti, "exp": int(time.time()) + seconds}
    return jwt.encode(claims, SECRET, algorithm="HS256"), jti


def read(token: str, use: str) -> dict | None:
    if len(token) > 600:
        return None
    try:
        claims = jwt.decode(token, SECRET, algorithms=["HS256"], options={"require": ["exp", "sub", "jti"]})
    except (jwt.PyJWTError, ValueError):
        return None
    if use == "refresh" and claims.get("use") != "refresh":
        return None
    return claims
