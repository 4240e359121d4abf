"""The Blueprint's tests that are code, where `run_tests` finds them while the backend is written.

The verifier runs the frozen copies; these are for whoever writes the code, who cannot change them.
"""

from sandbox.workspace import Workspace
from tools.blueprint.model import Blueprint
from tools.files import HARNESS_FOLDER

TESTS_FOLDER = f"{HARNESS_FOLDER}/acceptance"


def write_tests(workspace: Workspace, blueprint: Blueprint) -> None:
    """Make the folder hold these tests and no others. Repeating it changes nothing."""
    files = {f"{TESTS_FOLDER}/test_{test.name}.py": test.code for test in blueprint.tests}
    for path in list(workspace.files()):
        if path.startswith(f"{TESTS_FOLDER}/") and path not in files:
            workspace.delete(path)
    for path, code in files.items():
        workspace.write(path, code.encode())
