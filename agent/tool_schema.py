"""A tool, an action or a fresh call's only tool, as a model sees it."""

from pydantic.json_schema import GenerateJsonSchema

from agent.models.base import ToolSchema
from tools.dispatch import Signature


class CompactSchema(GenerateJsonSchema):
    """JSON Schema without the titles that only repeat a field's name: tokens in every request."""

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002 - pydantic's hook
        """Never."""
        return False


def describe_tool(tool: Signature) -> ToolSchema:
    """A tool or action as the model sees it."""
    parameters = tool.args.model_json_schema(schema_generator=CompactSchema)
    parameters.pop("title", None)
    parameters.pop("description", None)
    return ToolSchema(tool.name, tool.description, parameters)
