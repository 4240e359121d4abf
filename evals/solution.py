"""The backend that a case's author vouches for, right or with a fault put into it."""

from collections.abc import Mapping

from evals.case import SOLUTION, Case, SeededFault, read_tree
from evals.errors import CaseError
from tools.components import emit_backend

HARBOR_ONLY = "solve.sh"
"""What Harbor's oracle runs to put the solution in place."""


def solution_files(case: Case) -> dict[str, bytes]:
    """The solution: path -> content. Raises CaseError."""
    if case.config.metadata.solution == "emit_backend":
        return {path: text.encode() for path, text in emit_backend(case.blueprint).items()}
    files = read_tree(case.folder / SOLUTION)
    files.pop(HARBOR_ONLY, None)
    if not files:
        raise CaseError(f"{case.folder / SOLUTION} is empty: put a backend there that passes")
    return files


def faulty_files(case: Case, name: str) -> dict[str, bytes]:
    """The solution with that fault. Raises CaseError when there is none or it no longer fits."""
    faults = {fault.name: fault for fault in case.config.metadata.faults}
    if name not in faults:
        raise CaseError(f"{case.name} has no fault {name!r}; there are: {', '.join(faults) or '-'}")
    return _plant(solution_files(case), faults[name])


def _plant(files: Mapping[str, bytes], fault: SeededFault) -> dict[str, bytes]:
    text = files.get(fault.path, b"").decode()
    if text.count(fault.right) != 1:
        raise CaseError(
            f"fault {fault.name!r}: {fault.path} of the solution has {text.count(fault.right)} "
            f"times the text {fault.right!r}; it must have it once"
        )
    return {**files, fault.path: text.replace(fault.right, fault.wrong).encode()}
