"""What PostgreSQL does to rows whose foreign key loses its target, by the letter it stores."""

from typing import Literal

Action = Literal["no_action", "restrict", "cascade", "set_null", "set_default"]
ACTIONS: dict[str, Action] = {
    "a": "no_action",
    "r": "restrict",
    "c": "cascade",
    "n": "set_null",
    "d": "set_default",
}
"""`pg_constraint.confdeltype`, and the same letters in the grammar's tree."""
