"""The backend that a case's author vouches for, right or with a fault put into it."""

from collections.abc import Mapping
from dataclasses import replace

from evals.case import SOLUTION, Case, SeededFault, read_tree
from evals.errors import CaseError
from tools.components import emit_backend

HARBOR_ONLY = "solve.sh"
"""What Harbor's oracle runs to put the solution in place."""


def driven_as_solution(case: Case) -> Case:
    """The case with the solution's own start command, where it has one."""
    start = case.config.metadata.solution_start
    if start is None:
        return case
    conventions = case.blueprint.conventions
    commands = conventions.commands.model_copy(update={"migrate": "", "start": start})
    blueprint = case.blueprint.model_copy(
        update={"conventions": conventions.model_copy(update={"commands": commands})}
    )
    return replace(case, blueprint=blueprint)


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
