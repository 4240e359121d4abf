"""The table of tasks."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade():
    op.create_table(
        "tasks",
        sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column("title", sa.String(120), nullable=False),
        sa.Column("done", sa.Boolean, nullable=False),
        sa.Column("due_on", sa.Date),
    )


def downgrade():
    op.drop_table("tasks")
