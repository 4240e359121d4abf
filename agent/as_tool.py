"""The product as a tool that somebody else's model calls.

That model gives the spec. Repository, model, limits and sandbox are the caller's own to choose: a
model must not send work or keys elsewhere.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import Field, JsonValue, ValidationError

from agent.backend_agent import BackendAgent
from agent.errors import UserError
from agent.task import TASK_ID_PATTERN, AgentTask, Contract

if TYPE_CHECKING:
    from langchain_core.tools import StructuredTool

NAME = "build_backend"
DESCRIPTION = (
    "Turn the spec of a backend into a FastAPI backend on a git branch, proven by a verifier. "
    "Takes minutes to hours. `status` is `verified` only when everything that the spec asks for "
    "was shown to work; else `reason` and `unmet` say what is missing."
)
REPORTED = {"run_id", "status", "reason", "retryable", "branch", "commit", "unmet", "assumptions"}
"""Fields of `AgentResult` that a calling model needs."""


class BuildBackendArgs(Contract):
    """What the calling model gives."""

    spec: str = Field(description="The whole spec, Markdown: entities, endpoints, rules, access")
    constraints: tuple[str, ...] = Field((), description="Further requirements, a sentence each")
    task_id: str | None = Field(
        None,
        pattern=TASK_ID_PATTERN,
        description="The same id again returns the same run, or goes on with it",
    )


def openai_tool() -> dict[str, JsonValue]:
    """The tool in the form of OpenAI's `tools`; `build_backend` answers its calls."""
    parameters = BuildBackendArgs.model_json_schema()
    function: dict[str, JsonValue] = {
        "name": NAME,
        "description": DESCRIPTION,
        "parameters": parameters,
    }
    return {"type": "function", "function": function}


def build_backend(agent: BackendAgent, task: AgentTask, arguments: str) -> str:
    """Answer a call of the tool.

    Args:
        agent: runs it.
        task: everything that the calling model does not decide; its spec, constraints and id are
            replaced.
        arguments: JSON, as the model wrote it.

    Returns:
        JSON: `REPORTED` of the result; or status `refused` with the reason, when nothing was
        started because the spec or the arguments cannot be used.
    """
    try:
        given = BuildBackendArgs.model_validate_json(arguments)
    except ValidationError as exc:
        return _refused("; ".join(_line(error) for error in exc.errors(include_url=False)))
    update = {"spec": given.spec, "spec_path": None, "constraints": given.constraints}
    asked = task.model_copy(update=update | {"task_id": given.task_id or task.task_id})
    try:
        return agent.execute_task(asked).model_dump_json(include=REPORTED)
    except UserError as exc:
        return _refused(str(exc))


def as_langchain_tool(agent: BackendAgent, task: AgentTask) -> "StructuredTool":
    """The same for LangChain's agents. See `build_backend`."""
    from langchain_core.tools import StructuredTool  # noqa: PLC0415 - heavy

    def run(**given: Any) -> str:  # noqa: ANN401 - what BuildBackendArgs has checked
        return build_backend(agent, task, BuildBackendArgs(**given).model_dump_json())

    return StructuredTool.from_function(
        run, name=NAME, description=DESCRIPTION, args_schema=BuildBackendArgs
    )


def _refused(reason: str) -> str:
    return _Refused(reason=reason).model_dump_json()


class _Refused(Contract):
    status: str = "refused"
    reason: str


def _line(error: Mapping[str, Any]) -> str:
    return f"{'.'.join(map(str, error['loc'])) or 'arguments'}: {error['msg']}"
