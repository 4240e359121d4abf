"""The lending example: one of every feature that a Blueprint can ask for beyond plain resources."""

from pathlib import Path

from agent.intake import read_spec
from tools.blueprint.merge import merge_parts, remove_parts

SPEC = Path(__file__).parents[3] / "examples" / "lending" / "spec.md"
WITHOUT_REFRESH = remove_parts(
    read_spec(SPEC.read_bytes()).blueprint, ["POST /auth/refresh", "POST /auth/logout"]
).blueprint
EXTENDED = merge_parts(
    WITHOUT_REFRESH,
    {
        "auth": {"active_field": "active", "first_admin_role": "clerk"},
        "entities": [
            {
                "name": "user",
                "fields": [
                    "active: boolean, default true",
                    "loans: integer, computed count loan via member_id",
                ],
            },
            {
                "name": "tool",
                "fields": [
                    "loans: integer, computed count loan via tool_id",
                    "worn_out: boolean, computed past bought_on",
                    'serial: string(12), unique, matches "^[A-Z]{2}-\\d{4}$"',
                    'shelf: string(5)?, matches "^[a-e]+$"',
                ],
            },
            {
                "name": "loan",
                "fields": [
                    "code: string(40)?, computed",
                ],
            },
            {"name": "course", "fields": ["hours: bigint, computed sum seat.hours via course_id"]},
        ],
        "endpoints": [
            {
                "operation": "create",
                "method": "POST",
                "path": "/members",
                "entity": "user",
                "access": "admin",
                "fields": ["email", "role", "password"],
            },
            {
                "operation": "update",
                "method": "PATCH",
                "path": "/members/{member_id}",
                "entity": "user",
                "access": "admin",
                "fields": ["role", "active", "password"],
            },
            {
                "method": "GET",
                "path": "/tools",
                "filters": ["category_id", "out", "shelf"],
                "sort": ["name", "loans", "serial"],
                "paged": False,
            },
            {"method": "GET", "path": "/loans", "paged": False},
            {"method": "GET", "path": "/courses/{course_id}/seats", "paged": False},
        ],
    },
)
LENDING = EXTENDED.blueprint
