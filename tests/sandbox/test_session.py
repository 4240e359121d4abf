from collections.abc import Sequence
from pathlib import Path

import pytest

from sandbox.base import ExecResult, SandboxLostError, SandboxSpec, UnsafeFileError
from sandbox.deadline import Deadline
from sandbox.memory import MemoryProvider
from sandbox.session import Session
from sandbox.workspace import Workspace


def play(argv: Sequence[str], files: dict[str, bytes]) -> ExecResult:
    """`ls` lists, `touch X` and `rm X` change files, `crash` hits a limit."""
    if argv[0] == "crash":
        return ExecResult(exit_code=None, output="", stopped_by="output")
    if argv[0] == "touch":
        files[argv[1]] = b"made inside"
    if argv[0] == "rm":
        del files[argv[1]]
    return ExecResult(exit_code=0, output=" ".join(sorted(files)))


@pytest.fixture
def provider() -> MemoryProvider:
    return MemoryProvider(play)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


@pytest.fixture
def session(provider: MemoryProvider, workspace: Workspace) -> Session:
    return Session(lambda: provider.open(SandboxSpec(run_id="r")), workspace)


def run(session: Session, *argv: str, collect: Sequence[str] | None = ()) -> ExecResult:
    return session.exec(argv, deadline=Deadline.after(5), collect=collect)[0]


def test_nothing_is_opened_before_the_first_command(
    session: Session, provider: MemoryProvider
) -> None:
    assert (session.generation, provider.opened) == (0, [])
    session.close()
    assert run(session, "ls").ok
    assert (session.generation, len(provider.opened)) == (1, 1)


def test_every_command_sees_the_current_workspace(session: Session, workspace: Workspace) -> None:
    workspace.write("a.py", b"1")
    workspace.write("b.py", b"2")
    assert run(session, "ls").output == "a.py b.py"
    workspace.delete("a.py")
    workspace.write("c.py", b"3")
    assert run(session, "ls").output == "b.py c.py"


def test_only_what_changed_is_sent(
    session: Session, workspace: Workspace, provider: MemoryProvider
) -> None:
    workspace.write("a.py", b"1")
    workspace.write("b.py", b"2")
    run(session, "ls")
    provider.opened[0].files = {"a.py": b"marked", "b.py": b"marked"}
    workspace.write("b.py", b"3")
    run(session, "ls")
    assert provider.opened[0].files == {"a.py": b"marked", "b.py": b"3"}


def test_a_rewrite_of_the_same_size_is_noticed(
    session: Session, workspace: Workspace, provider: MemoryProvider
) -> None:
    for content in (b"1", b"2", b"3"):
        workspace.write("a.py", content)
        run(session, "ls")
        assert provider.opened[0].files == {"a.py": content}


def test_asked_for_files_are_collected(session: Session, workspace: Workspace) -> None:
    workspace.write("a.py", b"1")
    deadline = Deadline.after(5)
    touch = ["touch", "out/report.xml"]
    assert session.exec(touch, deadline=deadline)[1] == {}
    assert session.exec(["ls"], deadline=deadline, collect=["out"])[1] == {
        "out/report.xml": b"made inside"
    }
    assert set(session.exec(["ls"], deadline=deadline, collect=None)[1]) == {
        "a.py",
        "out/report.xml",
    }


def test_changes_made_inside_are_adopted(
    session: Session, workspace: Workspace, provider: MemoryProvider
) -> None:
    workspace.write("kept.py", b"1")
    workspace.write("gone.py", b"2")
    run(session, "rm", "gone.py")
    _, files = session.exec(["touch", "new.py"], deadline=Deadline.after(5), collect=None)
    assert session.adopt(files) == ["gone.py", "new.py"]
    assert set(workspace.files()) == {"kept.py", "new.py"}
    assert session.adopt(files) == []
    provider.opened[0].files = {}
    assert run(session, "ls").output == "", "what was adopted is not sent back"


def test_a_file_in_the_place_of_a_folder_is_adopted(session: Session, workspace: Workspace) -> None:
    workspace.write("thing/inner.py", b"1")
    assert session.adopt({"thing": b"2"}) == ["thing", "thing/inner.py"]
    assert session.adopt({"thing/inner.py": b"3"}) == ["thing", "thing/inner.py"]
    assert workspace.read("thing/inner.py") == b"3"


def test_a_machine_that_hit_a_limit_is_replaced(
    session: Session, workspace: Workspace, provider: MemoryProvider
) -> None:
    workspace.write("a.py", b"1")
    result, files = session.exec(["crash"], deadline=Deadline.after(5), collect=None)
    assert (result.stopped_by, files) == ("output", {})
    assert run(session, "ls").output == "a.py"
    assert session.generation == 2
    assert [box.alive for box in provider.opened] == [False, True]


class Dying(MemoryProvider):
    """Its machines look alive but are found gone at the first command for which `dies` says so."""

    def __init__(self, dies: Sequence[bool]) -> None:
        super().__init__(self._lose)
        self.dies = list(dies)

    def _lose(self, argv: Sequence[str], files: dict[str, bytes]) -> ExecResult:
        if self.dies.pop(0):
            self.opened[-1].close()
            raise SandboxLostError("gone")
        return ExecResult(exit_code=0, output="ran")


def test_a_machine_found_gone_is_replaced_and_the_command_repeated(workspace: Workspace) -> None:
    provider = Dying([False, True, False])
    session = Session(lambda: provider.open(SandboxSpec(run_id="r")), workspace)
    assert run(session, "first").output == "ran"
    assert run(session, "second").output == "ran"
    assert session.generation == 2


def test_a_new_machine_that_is_lost_is_an_error(workspace: Workspace) -> None:
    provider = Dying([True, False, True, True])
    session = Session(lambda: provider.open(SandboxSpec(run_id="r")), workspace)
    with pytest.raises(SandboxLostError):
        run(session, "first")
    assert run(session, "second").output == "ran"
    with pytest.raises(SandboxLostError):
        run(session, "third")


def test_unsafe_files_are_refused_and_the_workspace_kept(
    session: Session, workspace: Workspace
) -> None:
    workspace.write("a.py", b"1")
    with pytest.raises(UnsafeFileError):
        run(session, "touch", "../evil", collect=None)
    assert list(workspace.files()) == ["a.py"]


def test_closing_kills_the_machine(session: Session, provider: MemoryProvider) -> None:
    run(session, "ls")
    session.close()
    session.close()
    assert not provider.opened[0].alive
