"""What every backend promises about files, hostile ones included."""

from hashlib import sha256

import pytest

from sandbox.base import Sandbox, SandboxLostError, UnsafeFileError
from sandbox.workspace import PathError
from tests.sandbox.conftest import SMALL, run, run_python


def test_files_come_back_as_they_went_in(sandbox: Sandbox) -> None:
    files = {f"app/part_{n}/{n}.bin": bytes([n]) * (n * 37) for n in range(100)}
    files["app/naïve ünïcode.txt"] = "é".encode()
    files["long/" + "x" * 150 + "/" + "y" * 80] = b"a name beyond the tar header's 100 bytes"
    sandbox.put(files)
    returned = sandbox.get()
    assert {path: sha256(data).digest() for path, data in returned.items()} == {
        path: sha256(data).digest() for path, data in files.items()
    }


def test_a_large_file_survives(sandbox: Sandbox) -> None:
    content = bytes(range(256)) * 4096
    sandbox.put({"large.bin": content})
    assert sandbox.get(["large.bin"]) == {"large.bin": content}


def test_files_are_replaced_and_removed(sandbox: Sandbox) -> None:
    sandbox.put({"a.py": b"1", "b/c.py": b"2", "b/d.py": b"3"})
    sandbox.put({"a.py": b"4"}, remove=["b/c.py", "was/never/there.py"])
    assert sandbox.get() == {"a.py": b"4", "b/d.py": b"3"}


def test_a_folder_is_removed_with_everything_in_it(sandbox: Sandbox) -> None:
    sandbox.put({"b/c.py": b"2", "b/d/e.py": b"3", "bb.py": b"4"})
    sandbox.put({}, remove=["b"])
    assert sandbox.get() == {"bb.py": b"4"}


def test_a_file_takes_the_place_of_a_removed_folder_and_back(sandbox: Sandbox) -> None:
    sandbox.put({"thing/inner.py": b"1"})
    sandbox.put({"thing": b"2"}, remove=["thing/inner.py"])
    assert sandbox.get() == {"thing": b"2"}
    sandbox.put({"thing/inner.py": b"3"}, remove=["thing"])
    assert sandbox.get() == {"thing/inner.py": b"3"}


def test_get_returns_the_named_files_and_folders_only(sandbox: Sandbox) -> None:
    sandbox.put({"a.py": b"1", "b/c.py": b"2", "b/d/e.py": b"3", "bc.py": b"4"})
    assert sandbox.get(["b", "a.py", "missing.py"]) == {
        "a.py": b"1",
        "b/c.py": b"2",
        "b/d/e.py": b"3",
    }
    assert sandbox.get([]) == {}
    assert sandbox.get(["missing.py"]) == {}


def test_names_that_look_like_options_are_names(sandbox: Sandbox) -> None:
    sandbox.put({"-rf": b"1", "--help": b"2", "@file": b"3"})
    assert sandbox.get(["-rf", "--help"]) == {"-rf": b"1", "--help": b"2"}
    sandbox.put({}, remove=["-rf", "@file"])
    assert sandbox.get() == {"--help": b"2"}


def test_tool_caches_are_not_returned(sandbox: Sandbox) -> None:
    sandbox.put({"a.py": b"1", "b/__pycache__/a.pyc": b"2", ".pytest_cache/x": b"3"})
    assert sandbox.get() == {"a.py": b"1"}


@pytest.mark.parametrize(
    "path", ["../x", "/etc/x", "a/../../x", "", ".git/config", "a/.GIT/hooks/x", "a\0b", "a\nb"]
)
def test_a_path_outside_the_workspace_is_refused(sandbox: Sandbox, path: str) -> None:
    with pytest.raises(PathError):
        sandbox.put({path: b"x"})
    with pytest.raises(PathError):
        sandbox.put({}, remove=[path])
    with pytest.raises(PathError):
        sandbox.get([path])
    assert sandbox.get() == {}


@pytest.mark.parametrize(
    ("files", "rule"),
    [
        ({"big": bytes(SMALL.copy_out_file_mib * 2**20 + 1)}, "larger than 1 MiB"),
        ({f"{n}": bytes(2**20) for n in range(4)}, "more than 3 MiB"),
        ({f"{n}": b"" for n in range(SMALL.copy_out_files + 1)}, "more than 150 files"),
    ],
    ids=["one file", "in total", "count"],
)
def test_too_much_to_copy_out_is_refused(
    sandbox: Sandbox, files: dict[str, bytes], rule: str
) -> None:
    sandbox.put(files)
    with pytest.raises(UnsafeFileError, match=rule):
        sandbox.get()


def test_a_closed_sandbox_is_lost(sandbox: Sandbox) -> None:
    assert sandbox.alive
    sandbox.close()
    sandbox.close()
    assert not sandbox.alive
    with pytest.raises(SandboxLostError):
        sandbox.put({"a": b""})
    with pytest.raises(SandboxLostError):
        sandbox.get()
    with pytest.raises(SandboxLostError):
        run(sandbox, "true")


def test_scripts_can_be_run_and_sources_cannot(machine: Sandbox) -> None:
    machine.put({"run.sh": b"#!/bin/sh\necho ran\n", "plain.py": b"print(1)\n"})
    assert run(machine, "./run.sh").output == "ran\n"
    assert run(machine, "stat", "-c", "%a", "run.sh", "plain.py").output == "755\n644\n"
    assert run(machine, "./plain.py").exit_code == 126


HOSTILE = {
    "symbolic link": ("import os; os.symlink('/etc/passwd', 'x')", "symbolic link"),
    "link to a folder": ("import os; os.symlink('/etc', 'x')", "symbolic link"),
    "hard link": ("import os; open('a', 'w'); os.link('a', 'x')", "hard link"),
    "FIFO": ("import os; os.mkfifo('x')", "FIFO"),
    "sparse file": ("open('x', 'wb').truncate(900 * 2**30)", "'x' is larger than 1 MiB"),
    "newline in a name": ("open('a\\nb', 'w')", "control character"),
    "escape in a name": ("open('a\\x1b[2Jb', 'w')", "control character"),
    "reversed name": ("open('a\\u202eb', 'w')", "control character"),
    "name that is not UTF-8": ("open(b'a\\xff', 'w')", "not UTF-8"),
    "backslash in a name": ("open('a\\\\b', 'w')", "backslash"),
    "deep path": (
        "import os; os.makedirs('/'.join(['d' * 100] * 5)); "
        "open('/'.join(['d' * 100] * 5 + ['f']), 'w')",
        "240 characters",
    ),
    "very many files": ("for n in range(1500): open(f'{n}', 'w')", "more than 150 files"),
    "unreadable file": (
        "import os; open('x', 'w').write('x'); os.chmod('x', 0)",
        "Permission denied",
    ),
}


@pytest.mark.parametrize(("code", "rule"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_files_are_refused_quickly(machine: Sandbox, code: str, rule: str) -> None:
    made = run_python(machine, code)
    assert made.ok, made.output
    with pytest.raises(UnsafeFileError, match=rule):
        machine.get()
    assert machine.alive


def test_git_folders_inside_are_not_returned(machine: Sandbox) -> None:
    code = "import os; os.makedirs('sub/.git/hooks'); open('sub/.git/hooks/pre-commit', 'w')"
    assert run_python(machine, code).ok
    machine.put({"sub/a.py": b"1"})
    assert machine.get() == {"sub/a.py": b"1"}


def test_put_replaces_whatever_the_code_made_of_a_path(machine: Sandbox) -> None:
    code = (
        "import os; os.makedirs('folder.py/x'); os.symlink('/etc/passwd', 'link.py');"
        "open('kept.py', 'w').write('kept')"
    )
    assert run_python(machine, code).ok
    machine.put({"folder.py": b"1", "link.py": b"2"})
    assert machine.get() == {"folder.py": b"1", "link.py": b"2", "kept.py": b"kept"}


def test_files_that_do_not_fit_are_an_error(machine: Sandbox) -> None:
    with pytest.raises(SandboxLostError, match=r"No space left|Wrote only"):
        machine.put({"big": bytes((SMALL.workspace_mib + 1) * 2**20)})
    assert not machine.alive


KILL_EVERY_TAR = """
import os, pathlib
if os.fork():
    os._exit(0)
os.dup2(os.open(os.devnull, os.O_RDWR), 1)
os.dup2(1, 2)
while True:
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if (folder / "comm").read_text() == "tar\\n":
                os.kill(int(folder.name), 9)
        except OSError:
            pass
"""


def test_a_copy_that_is_cut_off_is_lost_not_partial(machine: Sandbox) -> None:
    files = {f"{n}.bin": bytes(2**20) for n in range(3)}
    machine.put(files)
    assert run_python(machine, KILL_EVERY_TAR).ok

    def copy_out_until_it_fails() -> None:
        for _ in range(20):
            assert machine.get() == files

    with pytest.raises(SandboxLostError, match="cut off"):
        copy_out_until_it_fails()
    assert not machine.alive
