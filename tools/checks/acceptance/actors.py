"""Users that the tests play: one per role and label, signed up and logged in once."""

from dataclasses import dataclass
from typing import Protocol

from pwdlib.hashers.argon2 import Argon2Hasher
from pwdlib.hashers.bcrypt import BcryptHasher
from pydantic import JsonValue

from tools.blueprint.model import Auth, Blueprint, Endpoint
from tools.checks.acceptance import facts
from tools.checks.acceptance.api import Answer, Api, Row
from tools.checks.acceptance.database import CouldNotRun, Database


@dataclass(frozen=True)
class Actor:
    """A logged-in user."""

    role: str
    id: JsonValue
    login: str
    password: str
    access: str
    refresh: str | None


class Stage(Protocol):
    """What signing somebody up needs of the world."""

    blueprint: Blueprint
    api: Api

    @property
    def auth(self) -> Auth:
        """The Blueprint's auth."""

    @property
    def database(self) -> Database:
        """The backend's database."""

    def body(self, endpoint: Endpoint, caller: Actor | None, **fixed: JsonValue) -> Row:
        """A valid request body."""

    def insert(self, name: str, owner: Actor | None, **fixed: JsonValue) -> Row:
        """A row made in the database."""


def sign_up(stage: Stage, role: str) -> Actor:
    """A new user of that role, through the API where it has a registration.

    Raises:
        CouldNotRun: there is no way to log somebody in.
        AssertionError: an answer is not as it must be.
    """
    login, password = _make_user(stage, role)
    tokens = log_in(stage, login, password).expect(200).row
    keys = stage.blueprint.conventions.tokens
    access, refresh = tokens.get(keys.access_key), tokens.get(keys.refresh_key)
    if not isinstance(access, str):
        raise AssertionError(f"login answers without {keys.access_key!r}: {sorted(tokens)}")
    return Actor(
        role=role,
        id=_user_id(stage, login, access),
        login=login,
        password=password,
        access=access,
        refresh=refresh if isinstance(refresh, str) else None,
    )


def log_in(stage: Stage, login: str, password: str) -> Answer:
    """The answer to a login, in the form that the conventions say."""
    endpoint = stage.blueprint.endpoint("login")
    if endpoint is None:
        raise CouldNotRun("the Blueprint has no login endpoint, so no user can be played")
    if stage.blueprint.conventions.tokens.login_body == "form":
        form = {"username": login, "password": password}
        return stage.api.call(endpoint.method, endpoint.path, form=form)
    body: Row = {stage.auth.login_field: login, stage.auth.password_field: password}
    return stage.api.call(endpoint.method, endpoint.path, body=body)


def _make_user(stage: Stage, role: str) -> tuple[str, str]:
    auth = stage.auth
    entity = stage.blueprint.entity(auth.user_entity)
    endpoint = stage.blueprint.endpoint("register")
    if endpoint is None:
        return _insert_user(stage, role)
    body = stage.body(endpoint, None)
    stage.api.call(endpoint.method, endpoint.path, body=body).expect(endpoint.status)
    login, password = str(body[auth.login_field]), str(body[auth.password_field])
    if auth.role_field and role not in (auth.default_role, facts.ANY_USER):
        stage.database.update(entity.table, auth.login_field, login, {auth.role_field: role})
    return login, password


def _insert_user(stage: Stage, role: str) -> tuple[str, str]:
    auth = stage.auth
    password = "correct horse battery staple 1!"
    hasher = Argon2Hasher() if auth.password_hash == "argon2id" else BcryptHasher()
    fixed: Row = {auth.hash_field: hasher.hash(password)}
    if auth.role_field and role != facts.ANY_USER:
        fixed[auth.role_field] = role
    row = stage.insert(auth.user_entity, None, **fixed)
    return str(row[auth.login_field]), password


def _user_id(stage: Stage, login: str, access: str) -> JsonValue:
    entity = stage.blueprint.entity(stage.auth.user_entity)
    key = entity.primary_key[0]
    me = stage.blueprint.endpoint("me")
    if me is not None:
        found = stage.api.call(me.method, me.path, token=access).expect(me.status).row
        if key in found:
            return found[key]
    return stage.database.read(entity.table, stage.auth.login_field, login, key)
