"""Columns that no spec lists, because a feature of its entity needs them."""

from tools.blueprint.model import EntityField

HIDDEN_SINCE = EntityField(
    name="deleted_at", type="timestamptz", nullable=True, writable="never", readable=False
)
"""When a soft-deleted row was hidden."""
STILL_THERE = f"{HIDDEN_SINCE.name} IS NULL"
"""What a unique index of a soft-deleted entity covers."""
VERSION = EntityField(name="version", type="integer", default=1, writable="never", readable=False)
"""Counts the changes of a row that has an ETag."""
