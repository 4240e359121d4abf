"""What `generate_code` says about the files it wrote, merged and left alone."""

import difflib
from collections.abc import Iterator

from tools.generated import Conflict, Written
from tools.list_files import group_by_folder

MAX_DIFF_LINES = 40
"""Of one conflict."""


def describe_written(written: Written) -> Iterator[str]:
    """Lines: what became of the files, then each conflict with the change that was not made."""
    for verb, paths in (("created", written.created), ("updated", written.updated)):
        if paths:
            yield f"{verb} {len(paths)}:\n{group_by_folder(paths)}"
    if written.merged:
        yield f"merged into your edits: {', '.join(written.merged)}"
    if written.removed:
        yield f"removed, because nothing asks for it any more: {', '.join(written.removed)}"
    if written.unchanged:
        yield f"unchanged: {len(written.unchanged)}"
    if written.kept:
        yield f"kept, because edited by hand: {', '.join(written.kept)}"
    for conflict in written.conflicts:
        yield from _describe_conflict(conflict)


def _describe_conflict(conflict: Conflict) -> Iterator[str]:
    yield f"CONFLICT in {conflict.path}: it was edited by hand, so this change was not made:"
    diff = difflib.unified_diff(
        conflict.before.splitlines(), conflict.after.splitlines(), n=2, lineterm=""
    )
    lines = list(diff)[2:]
    yield from lines[:MAX_DIFF_LINES]
    if len(lines) > MAX_DIFF_LINES:
        yield f"... and {len(lines) - MAX_DIFF_LINES} lines more"
