import pytest

from sandbox.workspace import Workspace
from tests.tools.examples import LIBRARY
from tools.blueprint.store import BlueprintStore, dump_blueprint, hash_blueprint


def test_a_saved_draft_loads_as_it_was(workspace: Workspace) -> None:
    store = BlueprintStore(workspace)
    store.save_draft(LIBRARY)
    assert store.load() == LIBRARY
    assert BlueprintStore(workspace).load() == LIBRARY


def test_the_file_leaves_defaults_out_but_tells_rules_apart() -> None:
    text = dump_blueprint(LIBRARY).decode()
    assert '"kind": "states"' in text
    assert '"kind": "custom"' in text
    assert '"nullable"' not in text
    assert text.endswith("}\n")


def test_hash_follows_the_content() -> None:
    assert hash_blueprint(LIBRARY) == hash_blueprint(LIBRARY.model_copy())
    assert hash_blueprint(LIBRARY) != hash_blueprint(LIBRARY.model_copy(update={"title": "x"}))


def test_nothing_changes_what_is_frozen(workspace: Workspace) -> None:
    store = BlueprintStore(workspace)
    store.save_draft(LIBRARY)
    assert not store.frozen
    assert store.freeze() == LIBRARY
    workspace.write("blueprint.json", b"{}")
    assert store.frozen
    assert store.load() == LIBRARY
    with pytest.raises(RuntimeError, match="frozen"):
        store.save_draft(LIBRARY)
