"""Adds users who log in, with the endpoints for it."""

from typing import Literal

from pydantic import Field, JsonValue

from tools.base import Args, Observation, Tool, ToolContext
from tools.blueprint.model import Blueprint
from tools.small.steps import take_step

JsonObject = dict[str, JsonValue]
_Path = Field(pattern="^(/.*)?$")


class AddAccountsArgs(Args):
    """Arguments of `add_accounts`."""

    roles: list[str]
    default_role: str
    register_path: str = _Path
    login_path: str = _Path
    me_path: str = _Path
    login_body: Literal["json", "form"]


def add_accounts(ctx: ToolContext, args: AddAccountsArgs) -> Observation:
    """Add users with email and password, and how they register, log in and see themselves.

    `roles`: empty when all users are alike; `default_role`: of whoever registers, or "". A path is
    usually /auth/register, /auth/login, /auth/me; "" leaves it out.
    """
    endpoints = [
        *_endpoint("register", "POST", args.register_path, "public"),
        *_endpoint("login", "POST", args.login_path, "public"),
        *_endpoint("me", "GET", args.me_path, "*"),
    ]
    fields: list[JsonValue] = [
        "email: string(254), unique, email",
        "password_hash: string(255), hidden, read only",
    ]
    update: JsonObject = {
        "entities": [{"name": "user", "table": "users", "fields": fields}],
        "endpoints": [*endpoints],
        "conventions": {"tokens": {"login_body": args.login_body}},
        "auth": {"role_field": None},
    }
    if args.roles:
        update |= _with_roles(ctx.blueprint.load(), args)
        fields.append(_role_field(args))
    return take_step(ctx, update, {})


def _endpoint(operation: str, method: str, path: str, access: str) -> list[JsonObject]:
    if not path:
        return []
    return [{"operation": operation, "method": method, "path": path, "access": access}]


def _with_roles(blueprint: Blueprint, args: AddAccountsArgs) -> JsonObject:
    known = {role.name for role in blueprint.roles}
    return {
        "roles": [role for role in args.roles if role not in known],
        "enums": [{"name": "user_role", "values": [*args.roles]}],
        "auth": {"role_field": "role", "default_role": args.default_role or None},
    }


def _role_field(args: AddAccountsArgs) -> str:
    default = f", default {args.default_role}" if args.default_role else ""
    return f"role: enum(user_role){default}, read only"


ADD_ACCOUNTS = Tool(
    "add_accounts", AddAccountsArgs, add_accounts, changes_files=True, phase="before_freeze"
)
