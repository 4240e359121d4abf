"""The version of a backend that a run builds on, as far as its databases go."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from tools.blueprint.model import Blueprint
from tools.blueprint.store import DRAFT_PATH
from tools.components.revisions import heads_of, is_revision


@dataclass(frozen=True)
class Predecessor:
    """The older version."""

    blueprint: Blueprint
    """Says which tables there are; it was in the repository, so it is data, not an oracle."""
    revisions: Mapping[str, bytes]

    @property
    def heads(self) -> tuple[str, ...]:
        """The ids that a database of that version is at."""
        return heads_of(
            {path: text.decode(errors="replace") for path, text in self.revisions.items()}
        )


def predecessor_of(files: Mapping[str, bytes]) -> Predecessor | None:
    """The predecessor in those files; None when they hold no backend with revisions of ours."""
    revisions = {path: text for path, text in files.items() if is_revision(path)}
    if not revisions or DRAFT_PATH not in files:
        return None
    try:
        blueprint = Blueprint.model_validate_json(files[DRAFT_PATH])
    except ValidationError:
        return None
    return Predecessor(blueprint, revisions)
