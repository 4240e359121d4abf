"""The journal keeps what was written, tolerates a torn end, and refuses damage in its middle."""

import fcntl
import os
from pathlib import Path

import pytest

from agent.errors import JournalError, RunError
from agent.events import Event, Nudged, RunEnded
from agent.journal import Journal, read_journal
from agent.state import RunState

DATA = Path(__file__).parent / "data"


def nudge(text: str) -> Nudged:
    return Nudged(problem="no_call", text=text)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "run" / "journal.jsonl"
    with Journal(file) as journal:
        for text in ("one", "two", "three"):
            journal.append(nudge(text))
    return file


def texts(path: Path) -> list[str]:
    return [event.text for event in read_journal(path) if isinstance(event, Nudged)]


def test_events_come_back_equal(tmp_path: Path) -> None:
    events: list[Event] = [nudge("a"), RunEnded(reason="unmet", detail="why")]
    with Journal(tmp_path / "journal.jsonl") as journal:
        for event in events:
            journal.append(event)
    with Journal(tmp_path / "journal.jsonl") as journal:
        assert journal.events == events


def test_any_cut_keeps_the_whole_lines_before_it(path: Path) -> None:
    content = path.read_bytes()
    ends = [i + 1 for i, byte in enumerate(content) if byte == ord("\n")]
    for cut in range(len(content)):
        path.write_bytes(content[:cut])
        assert len(texts(path)) == sum(end <= cut for end in ends)


def test_a_torn_end_is_overwritten_by_the_next_event(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-7])
    with Journal(path) as journal:
        journal.append(nudge("again"))
    assert texts(path) == ["one", "two", "again"]


@pytest.mark.parametrize("old", [b"two", b'"seq":2'])
def test_damage_in_the_middle_names_the_line(path: Path, old: bytes) -> None:
    path.write_bytes(path.read_bytes().replace(old, b"x" * len(old)))
    with pytest.raises(JournalError, match=r"journal\.jsonl:[23]: .*lines before it are intact"):
        read_journal(path)


def test_a_removed_line_breaks_the_chain(path: Path) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + lines[2])
    path.write_bytes(path.read_bytes() + lines[2])
    with pytest.raises(JournalError, match=":2: it does not follow"):
        read_journal(path)


def test_a_second_writer_is_refused(path: Path) -> None:
    with Journal(path), pytest.raises(RunError, match="another process"):
        Journal(path)
    with Journal(path) as journal:
        assert len(journal.events) == 3


@pytest.mark.parametrize("schema", [1, 2, 3])
def test_a_journal_of_before_is_read_and_goes_on(schema: int) -> None:
    events = read_journal(DATA / f"journal-schema-{schema}.jsonl")
    state = RunState(events)
    assert state.started is not None
    assert (state.started.event_schema, state.steps, state.verdicts) == (schema, 5, 2)
    assert state.ended is not None
    assert state.ended.reason == "verified"


def test_closing_gives_up_the_lock_even_while_a_child_has_a_copy_of_the_file(path: Path) -> None:
    journal = Journal(path)
    with path.open("rb") as other:
        copy = os.dup(journal._file.fileno())
        journal.close()
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(copy)
