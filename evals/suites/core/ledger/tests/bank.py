"""Students, the teller, and accounts with money in them."""

import os

from api import CLIENT, PASSWORD, Caller, items, new_email, ok


def sign_in(email, password):
    body = {"email": email, "password": password}
    return Caller(ok(Caller().post("/auth/login", body), 200)["access_token"])


def student():
    email = new_email()
    account = ok(Caller().post("/auth/register", {"email": email, "password": PASSWORD}), 201)
    caller = sign_in(email, PASSWORD)
    caller.id, caller.email = account["id"], email
    return caller


def teller():
    return sign_in(os.environ["FIRST_ADMIN_EMAIL"], os.environ["FIRST_ADMIN_PASSWORD"])


def account(who, cents=0):
    made = ok(who.post("/accounts", {"name": "Main"}), 201)
    if cents:
        ok(teller().post(f"/accounts/{made['id']}/deposit", {"amount_cents": cents}), 201)
    return made


def balance(who, made):
    return ok(who.get(f"/accounts/{made['id']}"), 200)["balance_cents"]


def entries(who, made, **params):
    return items(who.get(f"/accounts/{made['id']}/entries", **params))


def transfer(who, source, target, cents, key=None, **more):
    body = {"from_account_id": source["id"], "to_account_id": target["id"], "amount_cents": cents}
    headers = who.headers | ({} if key is None else {"Idempotency-Key": key})
    return CLIENT.post("/transfers", json=body | more, headers=headers)
