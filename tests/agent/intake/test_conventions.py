"""Conventions as sentences, and how they meet those of the front matter."""

import pytest

from agent.intake import read_spec
from agent.intake.convention_grammar import Settings, read_convention


@pytest.mark.parametrize(
    ("words", "settings"),
    [
        ("Base path: /api/v1", {"base_path": "/api/v1"}),
        ("Base path: /api/v1/", {"base_path": "/api/v1"}),
        ("Errors: RFC 9457 problem details", {"errors.style": "problem"}),
        ("Errors: application/problem+json", {"errors.style": "problem"}),
        ('Errors: {"error": {...}} envelope', {"errors.style": "envelope"}),
        ('Error format: {"detail": ...}', {"errors.style": "detail"}),
        (
            "Errors: envelope, validation errors 400",
            {"errors.style": "envelope", "errors.validation_status": 400},
        ),
        ("Pagination: cursor", {"pagination.style": "keyset"}),
        (
            "Pagination: limit/offset, max 50",
            {
                "pagination.style": "offset",
                "pagination.size_param": "limit",
                "pagination.position_param": "offset",
                "pagination.max_size": 50,
            },
        ),
        (
            "Pagination: page and per_page; items under data; total under count",
            {
                "pagination.style": "page",
                "pagination.size_param": "per_page",
                "pagination.position_param": "page",
                "pagination.items_key": "data",
                "pagination.total_key": "count",
            },
        ),
        ("Ids: integer", {"formats.id_type": "integer"}),
        ("Money: numbers", {"formats.decimal": "number"}),
        ("Unknown fields: are ignored", {"formats.unknown_fields": "ignore"}),
        ("Strings: not trimmed", {"formats.trim_strings": False}),
        ("Somebody else's object: 403", {"foreign_object": 403}),
        ("Login: json", {"tokens.login_body": "json"}),
        ("Access tokens: 10 minutes", {"auth.access_ttl_s": 600}),
        ("Access token: 1 h, key t", {"auth.access_ttl_s": 3600, "tokens.access_key": "t"}),
        ("Refresh tokens: 1 d, rotated", {"auth.refresh_ttl_s": 86_400, "auth.rotation": True}),
        (
            "Passwords: bcrypt, at least 12 characters",
            {"auth.password_hash": "bcrypt", "auth.password_min_length": 12},
        ),
        ("Start command: python main.py, fast", {"commands.start": "python main.py, fast"}),
        ("Database URL: DB_URL", {"environment.database_url": "DB_URL"}),
        ("Cache URL: VALKEY_URL", {"environment.cache_url": "VALKEY_URL"}),
        ("Health: GET /healthz", {"health_path": "/healthz"}),
        ("Moods: sunny", None),
        ("Errors: rude", None),
        ("Pagination: page, in pink", None),
        ("Errors", None),
        ("Errors:", None),
    ],
)  # fmt: skip
def test_sentences(words: str, settings: Settings | None) -> None:
    assert read_convention(words) == settings


def test_names_follow_the_style() -> None:
    pages = read_spec("# S\n\n## Conventions\n\n- Pagination: pages, max 10\n").blueprint
    assert pages.conventions.pagination.model_dump() == {
        "style": "page",
        "default_size": 10,
        "max_size": 10,
        "size_param": "page_size",
        "position_param": "page",
        "items_key": "items",
        "next_key": "next_cursor",
        "total_key": "total",
    }
    keyset = read_spec("---\nconventions: {pagination: {size_param: n}}\n---\n# S\n").blueprint
    assert keyset.conventions.pagination.size_param == "n"
    assert keyset.conventions.pagination.position_param == "cursor"


def test_a_table_of_conventions() -> None:
    text = (
        "# S\n\n## API conventions\n\n| what | how |\n|--|--|\n| Ids | integer |\n| Fun | yes |\n"
    )
    blueprint = read_spec(text).blueprint
    assert blueprint.conventions.formats.id_type == "integer"
    assert [r.text for r in blueprint.requirements] == ["Fun | yes"]


def test_token_lifetimes_reach_auth() -> None:
    text = (
        "---\nauth: {password_min_length: 9}\n---\n# S\n\n## Conventions\n\n- Access tokens: 60 s\n"
    )
    auth = read_spec(text).blueprint.auth
    assert auth is not None
    assert (auth.access_ttl_s, auth.password_min_length, auth.role_field) == (60, 9, None)
