import json

import pytest

from tools.tracebacks import drop_library_frames, readable_log

LOG = """\
INFO: started
Traceback (most recent call last):
  File "<frozen runpy>", line 198, in _run_module_as_main
  File "/usr/lib/venv/lib/python3.11/site-packages/starlette/routing.py", line 289, in handle
    await self.app(scope, receive, send)
  File "/usr/lib/python3.11/contextlib.py", line 1, in x
    return function(**arguments)
           ^^^^^^^^^^^^^^^^^^^^^
  File "/workspace/app/main.py", line 9, in b
    def b(): return 1/0
                    ~^~
ZeroDivisionError: division by zero

INFO: went on"""


def test_only_frames_of_the_project_stay() -> None:
    assert drop_library_frames(LOG).split("\n") == [
        "INFO: started",
        "Traceback (most recent call last):",
        '  File "/workspace/app/main.py", line 9, in b',
        "    def b(): return 1/0",
        "ZeroDivisionError: division by zero",
        "",
        "INFO: went on",
    ]


@pytest.mark.parametrize("text", ["", "plain\n\n  indented\n", "File is missing"])
def test_other_text_stays(text: str) -> None:
    assert drop_library_frames(text) == text


def test_a_traceback_inside_a_json_line_is_unfolded() -> None:
    traceback = LOG.partition("started\n")[2].partition("\n\n")[0]
    line = json.dumps({"level": "error", "message": "boom", "traceback": traceback})
    assert readable_log(f"before\n{line}\nafter").split("\n") == [
        "before",
        '{"level": "error", "message": "boom"}',
        "Traceback (most recent call last):",
        '  File "/workspace/app/main.py", line 9, in b',
        "    def b(): return 1/0",
        "ZeroDivisionError: division by zero",
        "after",
    ]


@pytest.mark.parametrize(
    "line", ['{"a": "Traceback (most', '{"a": 1}', '{"a": "x Traceback (most"}']
)
def test_other_json_lines_stay(line: str) -> None:
    assert readable_log(line) == line
