"""A tool's context over an empty workspace, with played commands or a real machine."""

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from sandbox.base import SandboxSpec
from sandbox.docker import DockerProvider
from sandbox.memory import Answer, MemoryProvider, succeed
from sandbox.session import Session
from sandbox.workspace import Workspace
from tests.tools.examples import LIBRARY
from tools.base import ToolContext
from tools.blueprint.store import BlueprintStore

MakeContext = Callable[[Answer], ToolContext]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace")


@pytest.fixture
def make_context(workspace: Workspace) -> MakeContext:
    """Context whose commands are played by an answer."""

    def make(answer: Answer) -> ToolContext:
        provider = MemoryProvider(answer)
        session = Session(lambda: provider.open(SandboxSpec(run_id="test")), workspace)
        store = BlueprintStore(workspace)
        store.save_draft(LIBRARY)
        return ToolContext(workspace=workspace, session=session, blueprint=store)

    return make


@pytest.fixture
def ctx(make_context: MakeContext) -> ToolContext:
    """Context whose commands all succeed and say nothing."""
    return make_context(succeed)


@pytest.fixture
def machine(docker_provider: DockerProvider, workspace: Workspace) -> Iterator[ToolContext]:
    """Context whose commands run in a Docker sandbox."""
    run_id = f"test-{uuid4().hex[:12]}"
    session = Session(lambda: docker_provider.open(SandboxSpec(run_id=run_id)), workspace)
    store = BlueprintStore(workspace)
    store.save_draft(LIBRARY)
    yield ToolContext(workspace=workspace, session=session, blueprint=store)
    session.close()
