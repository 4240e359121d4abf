"""A second run on the same repository, after a person's edits and with a changed spec."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.backend_agent import BackendAgent
from agent.events import Event, ToolReturned
from agent.git import run_git
from agent.settings import Settings
from agent.task import AgentResult, AgentTask
from sandbox.base import SandboxProvider
from tests.agent.test_backend_agent import SPEC
from tests.agent.unprobed import UNPROBED

pytestmark = pytest.mark.docker

MORE = SPEC.replace(
    "| text | string(200) | required |\n",
    "| text | string(200) | required |\n| stars | integer | min 1, max 5 |\n",
)
CHANGED = [
    "alembic/versions/0002_change_notes.py",
    "app/notes/models.py",
    "app/notes/schemas.py",
    "blueprint.json",
    "tests/factories.py",
    "tests/notes/test_create.py",
]
TIDY = '''    """Make a note of tidy text."""
    data = data.model_copy(update={"text": " ".join(data.text.split())})
'''
OWN_TEST = '''"""Notes are tidy."""

from httpx2 import AsyncClient
from sqlalchemy.ext.asyncio import AsyncSession

from tests.factories import create_note_body


async def test_notes_are_tidy(client: AsyncClient, session: AsyncSession) -> None:
    body = await create_note_body(session, text="a  b")
    response = await client.post("/notes", json=body)
    assert response.json()["text"] == "a b"
'''


class Repository:
    """A repository, and runs on it."""

    def __init__(self, folder: Path, provider: SandboxProvider) -> None:
        self.folder = folder / "repo"
        self.said = ""
        self._agent = BackendAgent(
            Settings(state_dir=folder / "state", verifier=UNPROBED), provider=provider
        )

    def run(self, spec: str, task_id: str) -> AgentResult:
        """The result; `said` is what `generate_code` said."""
        events: list[Event] = []
        task = AgentTask(spec=spec, model="builtin", repository=self.folder, task_id=task_id)
        result = self._agent.execute_task(task, on_event=events.append)
        returned = [event for event in events if isinstance(event, ToolReturned)]
        self.said = next(event.text for event in returned if event.name == "generate_code")
        return result

    def git(self, *arguments: str) -> str:
        author = ("-c", "user.name=Ann", "-c", "user.email=ann@example.com")
        return run_git(self.folder, *author, *arguments)

    def edit(self, path: str, change: Callable[[str], str]) -> None:
        file = self.folder / path
        before = file.read_text() if file.exists() else ""
        assert change(before) != before
        file.write_text(change(before))

    def changed(self, result: AgentResult) -> list[str]:
        """What the result's branch changes."""
        return self.git("diff", "--name-only", "main", str(result.branch)).split()

    def shown(self, result: AgentResult, path: str) -> str:
        return self.git("show", f"{result.branch}:{path}")


@pytest.fixture(scope="module")
def first_run(tmp_path_factory: pytest.TempPathFactory, docker_provider: SandboxProvider) -> Path:
    """A folder with the repository after a first run whose branch was merged."""
    folder = tmp_path_factory.mktemp("first")
    made = Repository(folder, docker_provider)
    first = made.run(SPEC, "first")
    assert first.status == "verified"
    made.git("switch", "--quiet", "-C", "main", str(first.branch))
    return folder


@pytest.fixture
def repository(tmp_path: Path, first_run: Path, docker_provider: SandboxProvider) -> Repository:
    """A copy of it to edit."""
    shutil.copytree(first_run / "repo", tmp_path / "repo")
    return Repository(tmp_path, docker_provider)


def test_only_what_the_change_implies_is_changed(repository: Repository) -> None:
    repository.edit("app/notes/service.py", _tidy)
    repository.edit("tests/notes/test_tidy.py", lambda _: OWN_TEST)
    repository.git("rm", "--quiet", "compose.yaml")
    repository.git("add", "--all")
    repository.git("commit", "--quiet", "--message", "Tidy up, and deploy in another way")
    second = repository.run(MORE, "second")
    assert second.status == "verified"
    assert repository.changed(second) == CHANGED
    assert second.verdict is not None
    upgrade = next(check for check in second.verdict.checks if check.name == "upgrade")
    assert (upgrade.status, upgrade.detail) == ("passed", "from 0001, with rows in notes")
    assert repository.said.count("CONFLICT") == 0
    assert "data.text.split()" in repository.shown(second, "app/notes/service.py")


def test_an_edit_in_the_same_place_stands_and_is_told(repository: Repository) -> None:
    repository.edit("app/notes/models.py", lambda text: text.replace("String(200)", "String(201)"))
    repository.git("commit", "--quiet", "--all", "--message", "One more")
    second = repository.run(MORE, "second")
    assert second.status == "unmet"
    assert "CONFLICT in app/notes/models.py" in repository.said
    work = repository.git("show", "refs/backend-agent/second:app/notes/models.py")
    assert "String(201)" in work
    assert "stars" not in work


def test_a_clone_knows_nothing_of_the_first_run(repository: Repository) -> None:
    refs = repository.git("for-each-ref", "--format=%(refname)", "refs/backend-agent-generated")
    repository.git("update-ref", "-d", refs)
    repository.edit("app/notes/service.py", _tidy)
    repository.edit("tests/notes/test_tidy.py", lambda _: OWN_TEST)
    repository.git("add", "--all")
    repository.git("commit", "--quiet", "--message", "Tidy up")
    second = repository.run(MORE, "second")
    assert second.status == "verified"
    assert repository.changed(second) == CHANGED


def _tidy(text: str) -> str:
    return text.replace('    """Make a note."""\n', TIDY)
