"""Volunteers and shifts, with those whom the food bank had on paper."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    op.execute("""
        CREATE TABLE volunteer (
          id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
          name varchar(100) NOT NULL,
          phone varchar(30) NOT NULL
        );
        CREATE TABLE shift (
          id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
          volunteer_id bigint NOT NULL REFERENCES volunteer (id),
          day date NOT NULL,
          hours integer NOT NULL CHECK (hours BETWEEN 1 AND 12)
        );
        INSERT INTO volunteer (name, phone) VALUES
          ('Ada Berg', '+49 30 1'), ('Ada Berg', '+49 30 2'), ('Cem  Öz-Kaya', '+49 30 3');
        INSERT INTO shift (volunteer_id, day, hours) VALUES (1, '2025-01-06', 4), (1, '2025-01-31', 3), (2, '2025-02-01', 5);
    """)


def downgrade():
    op.execute("DROP TABLE shift; DROP TABLE volunteer;")
