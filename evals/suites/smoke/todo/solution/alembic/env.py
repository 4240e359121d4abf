"""Runs the migrations on the database of DATABASE_URL."""

import os

import sqlalchemy as sa
from alembic import context

url = os.environ["DATABASE_URL"].replace("+asyncpg", "+psycopg")
with sa.create_engine(url).connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
