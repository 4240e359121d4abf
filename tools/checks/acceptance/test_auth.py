"""Passwords, tokens and sessions."""

import base64
import json

from tools.blueprint.model import Endpoint
from tools.checks.acceptance.actors import Actor
from tools.checks.acceptance.api import Answer, Row
from tools.checks.acceptance.case import EndpointCase
from tools.checks.acceptance.paths import path_to
from tools.checks.acceptance.world import World

OTHER_SIGNATURE = base64.urlsafe_b64encode(bytes(range(32))).rstrip(b"=").decode()


def test_register(world: World, case: EndpointCase) -> None:
    """Whoever registers exists, and can log in."""
    body = world.actors.registration(case.endpoint)
    answer = world.api.call(case.endpoint.method, case.endpoint.path, body=body)
    made = answer.expect(case.endpoint.status).row
    login = str(body[world.auth.login_field])
    if world.auth.role_field and world.auth.default_role and world.auth.role_field in made:
        assert made[world.auth.role_field] == world.auth.default_role, answer
    world.actors.log_in(login, str(body[world.auth.password_field])).expect(200)


def test_register_twice(world: World, case: EndpointCase) -> None:
    """A login that is taken: 409."""
    body = world.actors.registration(case.endpoint)
    world.api.call(case.endpoint.method, case.endpoint.path, body=body).expect(case.endpoint.status)
    again = {
        **world.actors.registration(case.endpoint),
        world.auth.login_field: body[_login(world)],
    }
    world.api.call(case.endpoint.method, case.endpoint.path, body=again).expect(409)


def test_register_short_password(world: World, case: EndpointCase) -> None:
    """A password below the least length is refused, and one above the greatest."""
    short = "aB3$" * 10
    body = world.actors.registration(case.endpoint)
    body[world.auth.password_field] = short[: world.auth.password_min_length - 1]
    answer = world.api.call(case.endpoint.method, case.endpoint.path, body=body)
    answer.expect(world.blueprint.conventions.errors.validation_status)
    if most := world.auth.password_max_length:
        body[world.auth.password_field] = "aB3$" * (most // 4 + 1)
        answer = world.api.call(case.endpoint.method, case.endpoint.path, body=body)
        answer.expect(world.blueprint.conventions.errors.validation_status)


def test_login(world: World, case: EndpointCase) -> None:
    """The right password gives tokens of the conventions' names."""
    actor = world.actors.get(world.actors.newcomer_role())
    keys = world.blueprint.conventions.tokens
    found = world.actors.log_in(actor.login, actor.password).expect(case.endpoint.status).row
    assert isinstance(found.get(keys.access_key), str), f"no {keys.access_key!r}"
    assert str(found.get(keys.type_key)).lower() == "bearer", f"no {keys.type_key!r} of bearer"
    if keys.expires_key:
        assert found.get(keys.expires_key) == world.auth.access_ttl_s, f"{keys.expires_key!r}"


def test_login_refused(world: World, case: EndpointCase) -> None:
    """A wrong password and an unknown user get the same 401."""
    actor = world.actors.get(world.actors.newcomer_role())
    wrong = world.actors.log_in(actor.login, "not the password 1!").expect(401)
    unknown = world.actors.log_in(f"nobody{world.number()}@example.com", actor.password).expect(401)
    assert _without_instance(wrong) == _without_instance(unknown), (
        f"they differ\n{wrong}\n{unknown}"
    )


def test_inactive(world: World, case: EndpointCase) -> None:
    """A user who is made inactive cannot log in, and his tokens stop working."""
    actor = world.actors.sign_up(world.actors.newcomer_role())
    assert _try(world, actor.access).status != 401, world.api.history[-1]
    user = world.blueprint.entity(world.auth.user_entity)
    values: Row = {world.auth.active_field or "": False}
    world.database.update(user.table, user.primary_key[0], actor.id, values)
    world.actors.log_in(actor.login, actor.password).expect(401)
    _try(world, actor.access).expect(401)
    if actor.refresh and world.blueprint.endpoint("refresh"):
        _refresh(world, actor.refresh).expect(401)


def test_me(world: World, case: EndpointCase) -> None:
    """A user sees himself."""
    actor = world.actors.get(world.actors.newcomer_role())
    answer = world.call(case.endpoint, actor).expect(case.endpoint.status)
    assert str(answer.row.get(_login(world))) == actor.login, answer


def test_refresh(world: World, case: EndpointCase) -> None:
    """A refresh token gives a new pair that works."""
    actor = world.actors.newcomer()
    access, refresh = _pair(world, _refresh(world, actor.refresh).expect(case.endpoint.status))
    assert refresh, "no new refresh token"
    assert _try(world, access).status != 401, f"the new token is refused\n{world.api.history[-1]}"


def test_refresh_reused(world: World, case: EndpointCase) -> None:
    """A refresh token works once; using it again ends the whole session, or nothing more."""
    actor = world.actors.newcomer()
    _, newer = _pair(world, _refresh(world, actor.refresh).expect(case.endpoint.status))
    assert newer != actor.refresh, "the refresh token was not rotated"
    _refresh(world, actor.refresh).expect(401)
    auth = world.blueprint.auth
    assert auth is not None, "without users there are no tokens"
    _refresh(world, newer).expect(401 if auth.reuse_ends_session else case.endpoint.status)


def test_refresh_with_access_token(world: World, case: EndpointCase) -> None:
    """An access token is no refresh token."""
    _refresh(world, world.actors.get(world.actors.newcomer_role()).access).expect(401)


def test_logout(world: World, case: EndpointCase) -> None:
    """After logout the refresh token is dead."""
    actor = world.actors.newcomer()
    key = world.blueprint.conventions.tokens.refresh_key
    world.call(case.endpoint, actor, body={key: actor.refresh}).expect(case.endpoint.status)
    _refresh(world, actor.refresh).expect(401)


def test_forged(world: World, case: EndpointCase) -> None:
    """A token that the server did not sign as an access token opens nothing."""
    actor = world.actors.get(world.actors.newcomer_role())
    token = _forge(case.subject, actor)
    answer = world.call(case.endpoint, None)
    assert answer.status == 401, f"the probe is open to everybody\n{answer}"
    _try(world, token, case.endpoint).expect(401)


def _forge(kind: str, actor: Actor) -> str:
    head, claims, signature = [*actor.access.split("."), "", ""][:3]
    forgeries = {
        "garbage": "garbage.garbage.garbage",
        "no_algorithm": f"{_encode({'alg': 'none', 'typ': 'JWT'})}.{claims}.",
        "wrong_key": f"{head}.{claims}.{OTHER_SIGNATURE}",
        "tampered": f"{head}.{_tamper(claims)}.{signature}",
        "refresh_token": actor.refresh or "none",
    }
    return forgeries[kind]


def _tamper(claims: str) -> str:
    """The same claims, valid for longer; of an opaque token just other letters."""
    try:
        known = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    except ValueError:
        return claims[::-1] + "x"
    return _encode({**known, "exp": 4_000_000_000})


def _encode(value: dict[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def _try(world: World, token: str, endpoint: Endpoint | None = None) -> Answer:
    probe = endpoint or world.blueprint.endpoint("me")
    if probe is None:
        probe = next(e for e in world.blueprint.endpoints if not e.access.public)
    return world.api.call(probe.method, path_to(world.blueprint, probe, {}), token=token)


def _refresh(world: World, token: str | None) -> Answer:
    endpoint = world.blueprint.endpoint("refresh")
    assert endpoint is not None
    body: Row = {world.blueprint.conventions.tokens.refresh_key: token}
    return world.api.call(endpoint.method, endpoint.path, body=body)


def _pair(world: World, answer: Answer) -> tuple[str, str]:
    keys, found = world.blueprint.conventions.tokens, answer.row
    return str(found.get(keys.access_key, "")), str(found.get(keys.refresh_key, ""))


def _without_instance(answer: Answer) -> Row:
    """The body without what may name the single request."""
    return {
        key: value for key, value in answer.row.items() if key not in ("instance", "request_id")
    }


def _login(world: World) -> str:
    return world.auth.login_field
