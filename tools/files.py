"""How tools see the workspace: UTF-8 text, without the harness's own files."""

from sandbox.workspace import Workspace, check_path
from tools.base import ToolError
from tools.blueprint.store import DRAFT_PATH

HARNESS_FOLDER = ".agent"
"""What the harness keeps in the workspace, so that resume restores it with everything else."""
MAX_FILE_CHARS = 400_000


def is_protected(path: str) -> bool:
    """Whether only the harness may change that file."""
    parts = check_path(path).parts
    return parts[0] == HARNESS_FOLDER or parts == (DRAFT_PATH,)


def visible_files(workspace: Workspace, folder: str = "") -> list[str]:
    """Paths of the files in a folder and below (or that one file), sorted; "" is everything."""
    wanted = () if folder in {"", ".", "./"} else check_path(folder).parts
    return [
        path
        for path in workspace.files()
        if not path.startswith(f"{HARNESS_FOLDER}/")
        and tuple(path.split("/"))[: len(wanted)] == wanted
    ]


def read_text(workspace: Workspace, path: str) -> str:
    """The file's text, line ends as they are.

    Raises:
        ToolError: it is a folder, or not UTF-8 text.
        PathError, FileNotFoundError: as `Workspace.read`.
    """
    if workspace.resolve(path).is_dir():
        raise ToolError(f"{path!r} is a folder; list_files shows what is in it")
    content = workspace.read(path)
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise ToolError(
            f"{path!r} is not UTF-8 text ({len(content)} bytes, first bad byte at {error.start})"
        ) from error


def write_text(workspace: Workspace, path: str, text: str) -> None:
    """Write the file whole.

    Raises:
        ToolError: it is the harness's own, too long, or cannot be encoded.
        PathError: as `Workspace.write`.
    """
    refuse_protected(path)
    if len(text) > MAX_FILE_CHARS:
        raise ToolError(f"{path!r} would have {len(text)} characters; at most {MAX_FILE_CHARS}")
    try:
        content = text.encode()
    except UnicodeEncodeError as error:
        raise ToolError(f"{path!r} would not be UTF-8 text: {error.reason}") from error
    workspace.write(path, content)


def refuse_protected(path: str) -> None:
    """Raises ToolError when only the harness may change that file."""
    if is_protected(path):
        raise ToolError(f"{path!r} belongs to the harness and cannot be changed by hand")
