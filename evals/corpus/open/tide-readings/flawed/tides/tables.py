import os

from sqlalchemy import Column, Integer, MetaData, String, Table
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(
    os.environ.get("TIDES_DB_URL", "sqlite+aiosqlite:///tides.db"), connect_args={"timeout": 15}
)
meta = MetaData()
readings = Table(
    "readings",
    meta,
    Column("gauge", String(10), primary_key=True),
    Column("at", Integer, primary_key=True),
    Column("mm", Integer, nullable=False),
)
gauges = Table("gauges", meta, Column("code", String(10), primary_key=True))
