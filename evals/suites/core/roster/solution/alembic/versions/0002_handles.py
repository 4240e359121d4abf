"""A handle for every volunteer, those of today in the order of their ids."""

from alembic import op
from sqlalchemy import text

from app.handles import free_handle

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade():
    op.execute("ALTER TABLE volunteer ADD COLUMN handle varchar(60)")
    db, taken = op.get_bind(), set()
    for row in db.execute(text("SELECT id, name FROM volunteer ORDER BY id")).all():
        handle = free_handle(row.name, taken)
        taken.add(handle)
        db.execute(
            text("UPDATE volunteer SET handle = :handle WHERE id = :id"),
            {"handle": handle, "id": row.id},
        )
    op.execute("ALTER TABLE volunteer ALTER COLUMN handle SET NOT NULL, ADD UNIQUE (handle)")


def downgrade():
    op.execute("ALTER TABLE volunteer DROP COLUMN handle")
