"""The Blueprint's tests that are code, where `run_tests` finds them while the backend is written.

The verifier runs the frozen copies; these are for whoever writes the code, who cannot change them.
"""

from sandbox.workspace import Workspace
from tools.blueprint.model import Blueprint
from tools.files import HARNESS_FOLDER

TESTS_FOLDER = f"{HARNESS_FOLDER}/acceptance"


def write_tests(workspace: Workspace, blueprint: Blueprint) -> None:
    """Write each as a file. Repeating it changes nothing."""
    for test in blueprint.tests:
        workspace.write(f"{TESTS_FOLDER}/test_{test.name}.py", test.code.encode())
