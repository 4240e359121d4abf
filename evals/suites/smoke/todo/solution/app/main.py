"""The to-do list, by hand and as small as the spec allows."""

import datetime as dt
import os
from typing import Annotated, Literal

from fastapi import Depends, FastAPI, HTTPException, Path
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from sqlalchemy import Identity, String, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase):
    pass


class Task(Base):
    __tablename__ = "tasks"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    title: Mapped[str] = mapped_column(String(120))
    done: Mapped[bool]
    due_on: Mapped[dt.date | None]


def without_null(text: str) -> str:
    if "\x00" in text:
        raise ValueError("PostgreSQL cannot keep U+0000")
    return text


Title = Annotated[str, Field(min_length=1, max_length=120), AfterValidator(without_null)]


class TaskIn(BaseModel):
    title: Title
    done: bool = False
    due_on: dt.date | None = None


class TaskChange(BaseModel):
    title: Title = ""
    done: bool = False
    due_on: dt.date | None = None


class TaskOut(TaskIn):
    model_config = ConfigDict(from_attributes=True)

    id: int


engine = create_engine(os.environ["DATABASE_URL"].replace("+asyncpg", "+psycopg"))


def open_session():
    with Session(engine) as session:
        yield session


Db = Annotated[Session, Depends(open_session)]


def find(session: Db, task_id: Annotated[int, Path(ge=1, le=2**31 - 1)]) -> Task:
    task = session.get(Task, task_id)
    if task is None:
        raise HTTPException(404, "There is no such task")
    return task


Found = Annotated[Task, Depends(find)]


def create_app() -> FastAPI:
    app = FastAPI(title="Todo")

    @app.get("/health")
    def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/tasks", response_model=list[TaskOut])
    def list_tasks(
        session: Db, done: bool | None = None, sort: Literal["due_on", "title"] | None = None
    ):
        statement = select(Task).order_by(getattr(Task, sort or "id"), Task.id)
        if done is not None:
            statement = statement.where(Task.done == done)
        return session.scalars(statement).all()

    @app.post("/tasks", status_code=201, response_model=TaskOut)
    def add_task(data: TaskIn, session: Db):
        task = Task(**data.model_dump())
        session.add(task)
        session.commit()
        return task

    @app.patch("/tasks/{task_id}", response_model=TaskOut)
    def change_task(data: TaskChange, task: Found, session: Db):
        for name, value in data.model_dump(exclude_unset=True).items():
            setattr(task, name, value)
        session.commit()
        return task

    @app.delete("/tasks/{task_id}", status_code=204)
    def remove_task(task: Found, session: Db) -> None:
        session.delete(task)
        session.commit()

    return app
