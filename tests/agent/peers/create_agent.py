"""langchain's create_agent on a model server.

    PYTHON -m tests.agent.peers.create_agent URL FOLDER

Prints {"finished": true} when it returns. With langgraph-checkpoint-sqlite it saves itself in the
folder, and a second start goes on from there.
"""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from langchain.agents import create_agent
from langchain_openai import ChatOpenAI


def main() -> None:
    """Run to the end."""
    url, folder = sys.argv[1], Path(sys.argv[2])

    def bash(command: str) -> str:
        """Run a shell command."""
        done = subprocess.run(  # noqa: S602 - the test's own commands
            command, shell=True, cwd=folder, capture_output=True, text=True, check=False
        )
        return done.stdout

    chat = ChatOpenAI(model="m1", base_url=url, api_key="none", timeout=2)
    database = folder / "checkpoints.sqlite"
    task: Any = None if database.exists() else {"messages": [("user", "Go on.")]}
    with saver_in(database) as saver:
        agent = create_agent(chat, [bash], system_prompt="Go on.", checkpointer=saver)
        agent.invoke(task, {"configurable": {"thread_id": "1"}})
    sys.stdout.write(json.dumps({"finished": True}) + "\n")


@contextmanager
def saver_in(database: Path) -> Iterator[Any]:
    """A checkpointer on that file; None where its package is not installed."""
    if find_spec("langgraph.checkpoint.sqlite") is None:
        yield None
        return
    connection = sqlite3.connect(database, check_same_thread=False)
    with closing(connection):
        yield import_module("langgraph.checkpoint.sqlite").SqliteSaver(connection)


if __name__ == "__main__":
    main()
