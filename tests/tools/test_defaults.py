import subprocess
import sys

import pytest

from tools.base import AnyTool
from tools.defaults import DEFAULT_TOOLS

BEFORE = {"update_blueprint"}
ALWAYS = {
    "show_blueprint",
    "query_schema",
    "list_files",
    "search_files",
    "outline_code",
    "read_file",
}


@pytest.mark.parametrize("tool", DEFAULT_TOOLS, ids=lambda tool: tool.name)
def test_every_tool_tells_the_model_what_it_is(tool: AnyTool) -> None:
    assert len(tool.description) > 20
    undescribed = [name for name, field in tool.args.model_fields.items() if not field.description]
    assert undescribed == []


def test_names_are_unique() -> None:
    names = [tool.name for tool in DEFAULT_TOOLS]
    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("tool", DEFAULT_TOOLS, ids=lambda tool: tool.name)
def test_code_is_written_and_run_only_after_the_freeze(tool: AnyTool) -> None:
    expected = (
        "before_freeze" if tool.name in BEFORE else "any" if tool.name in ALWAYS else "after_freeze"
    )
    assert tool.phase == expected


def test_importing_the_tools_loads_nothing_heavy() -> None:
    heavy = {"jinja2", "docker", "pglast", "git", "openai", "tools.components.plan"}
    code = f"import sys, tools.defaults; print(sorted({heavy!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
