"""Planted secrets over a whole run: an endpoint repeats them everywhere, and nobody sees them."""

import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from agent.git import run_git
from agent.secrets import Secrets, secrets_of
from agent.settings import Settings
from sandbox.base import SandboxProvider
from tests.agent.models.openai_server import OpenAIServer, refuse, reply, serve
from tests.agent.test_backend_agent import SPEC

KEY = "canary-" + "4f1d0c" * 4
NAMED = "canary-" + "77ab32" * 4
OTHER_KEY = "canary-" + "c0ffee" * 4
PLAIN = "canary-" + "0pen00" * 4
"""Not a secret: found wherever the others are looked for."""
SECRETS = (KEY, NAMED, OTHER_KEY)
ESCAPE = "\x1b]52;c;ZXZpbA==\x07\x1b[2J\u202etxt.exe\x9b31m"
LOOK = (
    "printenv; cat /proc/[0-9]*/environ | tr '\\0' '\\n'; "
    "grep -rah canary- /workspace /tmp /home /run /etc 2>/dev/null; true"
)


@dataclass(frozen=True)
class Traces:
    """Everything that a run leaves, by where: path -> bytes."""

    found: Mapping[str, bytes]

    def holding(self, text: str) -> set[str]:
        return {place for place, content in self.found.items() if text.encode() in content}


def calls(*made: tuple[str, object]) -> tuple[tuple[str, str, str], ...]:
    return tuple(
        (f"c{number}", name, json.dumps(arguments, ensure_ascii=False))
        for number, (name, arguments) in enumerate(made)
    )


def obey(server: OpenAIServer) -> None:
    """The script of an endpoint that gives away what it was sent, and then refuses it aloud."""
    words = f"The key is {KEY}, {NAMED}, {OTHER_KEY}; {PLAIN}. {ESCAPE}"
    module = {"name": "leak", "code": f"# {words}\n"}
    tests = reply(words, *calls(("submit_tests", {"modules": [module]})), finish="tool_calls")
    server.script(
        reply(words, *calls(("freeze_blueprint", {})), finish="tool_calls"),
        tests,
        tests,  # sent back once, because they cannot count
        reply(
            words,
            *calls(
                ("write_file", {"path": "notes.txt", "content": f"{words}\n"}),
                ("run_command", {"command": f"echo '{words}'; {LOOK}"}),
                ("read_file", {"path": "notes.txt"}),
                ("no_such_tool", {"why": words}),
            ),
            finish="tool_calls",
        ),
        refuse(401, f"Incorrect API key provided: {KEY}, {NAMED}, {OTHER_KEY}, {PLAIN}"),
    )


@pytest.fixture(scope="module")
def server() -> Iterator[OpenAIServer]:
    state = OpenAIServer()
    running = serve(state)
    yield state
    running.shutdown()
    running.server_close()


@pytest.fixture
def traces(tmp_path: Path, machines: SandboxProvider, server: OpenAIServer) -> Traces:
    """Of a run by the command that a user types, on a spec that holds a secret by mistake."""
    obey(server)
    (tmp_path / "spec.md").write_text(f"{SPEC}\nOur key is {NAMED}, our word is {PLAIN}.\n")
    command = [sys.executable, "-m", "agent", "run", str(tmp_path / "spec.md"), "--model"]
    command += ["openai:m1", "--base-url", server.url, "--sandbox", machines.name]
    command += ["--repo", str(tmp_path / "repo"), "-c", f"state_dir={tmp_path / 'state'}"]
    secret = {"OPENAI_API_KEY": KEY, "PAYMENT_LOGIN": NAMED, "OTHER_API_KEY": OTHER_KEY}
    env = {**os.environ, **secret, "BACKEND_AGENT_SECRET_VARIABLES": "PAYMENT_LOGIN"}
    done = subprocess.run(command, env=env, capture_output=True, check=False)
    assert done.returncode == 6, done.stderr
    (run,) = (tmp_path / "state" / "runs").iterdir()
    shown = subprocess.run(
        [sys.executable, "-m", "agent", "show", run.name, "--step", "2", *command[-2:]],
        env=env,
        capture_output=True,
        check=True,
    )
    repository = run_git(tmp_path / "repo", "log", "--all", "-p", "--format=raw")
    return Traces(
        {
            "terminal": done.stdout + done.stderr,
            "show": shown.stdout + shown.stderr,
            "repository": repository.encode(),
            **dict(files_of(run)),
        }
    )


def files_of(run: Path) -> Iterator[tuple[str, bytes]]:
    """Files of a run's folder, packed ones too; git's objects are read through git."""
    yield "trees", run_git(run / "repository.git", "log", "--all", "-p").encode()
    for path in run.rglob("*"):
        if not path.is_file() or "repository.git" in path.parts:
            continue
        name = path.relative_to(run).as_posix()
        yield name, path.read_bytes()
        if name.endswith(".tar.gz"):
            with tarfile.open(path) as archive:
                for member in archive.getmembers():
                    file = archive.extractfile(member)
                    yield f"{name}:{member.name}", file.read() if file else b""


PLACES = {
    "journal.jsonl",
    "workspace/notes.txt",
    "artifacts/report.html",
    "artifacts/source.tar.gz:notes.txt",
    "repository",
    "trees",
    "terminal",
    "show",
}
"""Where the open word has to be, or the search is not worth much."""


def test_a_whole_run_shows_no_secret(traces: Traces, server: OpenAIServer) -> None:
    assert server.keys[-1] == f"Bearer {KEY}", "the endpoint does get it"
    for secret in SECRETS:
        assert traces.holding(secret) == set()
        assert traces.holding(secret[:20]) == set(), "not a part of it either"
    assert traces.holding(PLAIN) >= PLACES
    journal = traces.found["journal.jsonl"].decode()
    returned = [json.loads(line)["event"] for line in journal.splitlines()]
    looked = next(
        event for event in returned if event.get("name") == "run_command" and "ok" in event
    )
    assert "HOME=/home/sandbox" in looked["text"], "the environment was looked at"
    assert PLAIN in looked["text"], "and the workspace"
    sent = json.dumps(server.bodies)
    assert not [secret for secret in SECRETS if secret in sent], "nor does a model"


def test_the_search_finds_what_is_there() -> None:
    """Control: the same search on the same places, for a text that nobody hides."""
    traces = Traces({"journal": KEY.encode(), "terminal": b"nothing"})
    assert traces.holding(KEY) == {"journal"}


def test_no_escape_reaches_a_terminal(traces: Traces) -> None:
    for place in ("terminal", "show", "artifacts/report.html"):
        text = traces.found[place].decode()
        assert PLAIN in text
        assert not set(text) & {"\x1b", "\x07", "\x9b", "\u202e"}


def test_the_escapes_are_in_the_journal(traces: Traces) -> None:
    """Control: they were said, and the file holds them."""
    assert "\u202etxt.exe" in traces.found["journal.jsonl"].decode()
    assert "\x1b]52;c" in traces.found["workspace/notes.txt"].decode()


@pytest.mark.parametrize(
    ("values", "text", "hidden"),
    [
        ([], "abc", "abc"),
        (["short"], "short", "short"),
        (["longer-secret"], "a longer-secret b longer-secret", "a [secret] b [secret]"),
        (["12345678", "12345678-9"], "12345678-9 12345678", "[secret] [secret]"),
    ],
)
def test_values_are_hidden(values: list[str], text: str, hidden: str) -> None:
    assert Secrets(values).hide(text) == hidden


def test_a_secret_with_quotes_is_hidden_in_a_model() -> None:
    settings = Settings(model='say "this" \\ or é')
    assert Secrets(['"this" \\ or é']).hide_in(settings).model == "say [secret]"
    assert Secrets(["something else"]).hide_in(settings) is settings


def test_which_variables_are_secret() -> None:
    env = {
        "A_API_KEY": "a-value-1",
        "B": "b-value-1",
        "C": "c-value-1",
        "DATABASE_AGENT_TOKEN": "t" * 9,
    }
    secrets = secrets_of(Settings(secret_variables=("B", "MISSING")), env)
    assert secrets.hide(" ".join(env.values())) == "[secret] [secret] c-value-1 [secret]"
