"""The command line: reads options, calls one command, turns errors into one line and a code.

Only what `--help` needs is imported here; each command's module is loaded when it is called.
"""

import errno
import os
import select
import sys
from collections.abc import Sequence
from importlib import import_module

from agent.cli.exit_codes import CANCELLED, MODEL_FAILED, SANDBOX_FAILED, UNEXPECTED, USER_ACTS
from agent.cli.options import build_parser
from agent.errors import AgentError, ModelError, UserError
from sandbox.base import SandboxError
from tools.sanitize import clean_text

DISK_REMEDIES = {
    errno.ENOSPC: "free some space",
    errno.EDQUOT: "free some space",
    errno.EROFS: "name a folder elsewhere",
    errno.EACCES: "change its permissions, or name another folder",
    errno.EPERM: "change its permissions, or name another folder",
    errno.ENOTDIR: "a file is in the way; name another folder",
    errno.EEXIST: "a file is in the way; name another folder",
}
"""What the user can do about an error of the file system; others are bugs."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the process's exit code.

    Args:
        argv: options and arguments; None is those of this process.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")  # without git we say it better
    options = build_parser().parse_args(argv)
    try:
        code = int(import_module(options.module).execute(options))
        sys.stdout.flush()  # here, where a reader that left can be answered
        return code
    except (AgentError, SandboxError) as exc:
        return _complain("; ".join([str(exc), *notes_of(exc)]), _code_of(exc))
    except KeyboardInterrupt:
        return _complain("stopped", CANCELLED)
    except BrokenPipeError:
        if not _reader_left():
            raise
        return UNEXPECTED
    except OSError as exc:
        remedy = DISK_REMEDIES.get(exc.errno or 0)
        if remedy is None:
            raise
        problem = f"cannot write to {exc.filename or 'the disk'}: {exc.strerror}"
        return _complain("; ".join([problem, remedy, *notes_of(exc)]), USER_ACTS)


def notes_of(error: BaseException) -> list[str]:
    """What was added to the error on its way up."""
    return list(getattr(error, "__notes__", []))


def _reader_left() -> bool:
    """Whether nobody reads standard output any more; then it is muted, also for Python's exit."""
    pipe = select.poll()
    pipe.register(sys.stdout.fileno(), 0)  # errors are always reported
    if not pipe.poll(0):
        return False
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return True


def _code_of(error: AgentError | SandboxError) -> int:
    match error:
        case UserError():
            return USER_ACTS
        case ModelError():
            return MODEL_FAILED
        case SandboxError():
            return SANDBOX_FAILED
        case _:
            return UNEXPECTED


def _complain(text: str, code: int) -> int:
    for line in clean_text(text).splitlines():
        sys.stderr.write(f"error: {line}\n")
    return code
