"""The tools that a run offers to its model."""

from tools.base import AnyTool
from tools.delete_file import DELETE_FILE
from tools.edit_file import EDIT_FILE
from tools.generate_code import GENERATE_CODE
from tools.http_request import HTTP_REQUEST
from tools.list_files import LIST_FILES
from tools.outline_code import OUTLINE_CODE
from tools.read_file import READ_FILE
from tools.run_command import RUN_COMMAND
from tools.run_tests import RUN_TESTS
from tools.schema.query_schema import QUERY_SCHEMA
from tools.search_files import SEARCH_FILES
from tools.server_logs import SERVER_LOGS
from tools.show_blueprint import SHOW_BLUEPRINT
from tools.small.add_accounts import ADD_ACCOUNTS
from tools.small.add_endpoints import ADD_ENDPOINTS
from tools.small.add_entity import ADD_ENTITY
from tools.small.link_requirement import LINK_REQUIREMENT, REMOVE_PART, SKIP_REQUIREMENT
from tools.start_server import START_SERVER
from tools.stop_server import STOP_SERVER
from tools.update_blueprint import UPDATE_BLUEPRINT
from tools.write_file import WRITE_FILE

DEFAULT_TOOLS: tuple[AnyTool, ...] = (
    UPDATE_BLUEPRINT,
    SHOW_BLUEPRINT,
    QUERY_SCHEMA,
    GENERATE_CODE,
    LIST_FILES,
    SEARCH_FILES,
    OUTLINE_CODE,
    READ_FILE,
    WRITE_FILE,
    EDIT_FILE,
    DELETE_FILE,
    RUN_TESTS,
    RUN_COMMAND,
    START_SERVER,
    HTTP_REQUEST,
    SERVER_LOGS,
    STOP_SERVER,
)

SMALL_TOOLS: tuple[AnyTool, ...] = (
    ADD_ENTITY,
    ADD_ENDPOINTS,
    ADD_ACCOUNTS,
    LINK_REQUIREMENT,
    SKIP_REQUIREMENT,
    REMOVE_PART,
    GENERATE_CODE,
    READ_FILE,
    WRITE_FILE,
    EDIT_FILE,
    RUN_TESTS,
)
"""For models with a small window: few arguments each, and one thing at a time."""
