"""YAML and JSON with the line of every key."""

from dataclasses import dataclass, field

import yaml
from pydantic import JsonValue

Path = tuple[str, ...]
_MAX_NODES = 100_000


class YamlError(ValueError):
    """The text is not YAML that can be read; `line` is where."""

    def __init__(self, line: int, reason: str) -> None:
        self.line = line
        super().__init__(reason)


@dataclass
class YamlText:
    """A document and where its keys stand."""

    value: JsonValue
    lines: dict[Path, int] = field(default_factory=dict)
    """Path of a key or list index -> its line, from 1."""

    def line(self, *path: str) -> int:
        """The line of that key, or of the nearest one above it that is there."""
        for end in range(len(path), 0, -1):
            if path[:end] in self.lines:
                return self.lines[path[:end]]
        return min(self.lines.values(), default=1)


def load_yaml(text: str) -> YamlText:
    """The text's one document; keys are texts, as in JSON.

    Raises:
        YamlError: it is not YAML, repeats a key, or uses anchors.
    """
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        reader = _Reader(loader)
        value = reader.read(node, ()) if node is not None else None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise YamlError(mark.line + 1 if mark else 1, str(error.problem)) from None
    except RecursionError:
        raise YamlError(1, "it is nested too deeply") from None
    except (yaml.YAMLError, ValueError) as error:
        raise YamlError(getattr(error, "line", 1), str(error).partition("\n")[0]) from None
    return YamlText(value, reader.lines)


class _Reader:
    def __init__(self, loader: yaml.SafeLoader) -> None:
        self._loader = loader
        self._seen: set[int] = set()
        self.lines: dict[Path, int] = {}

    def read(self, node: yaml.Node, path: Path) -> JsonValue:
        if id(node) in self._seen or len(self._seen) > _MAX_NODES:
            raise YamlError(node.start_mark.line + 1, "anchors and aliases are not supported")
        self._seen.add(id(node))
        self.lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.SequenceNode):
            return [self.read(item, (*path, str(i))) for i, item in enumerate(node.value)]
        if isinstance(node, yaml.MappingNode):
            return self._read_mapping(node, path)
        value = self._loader.construct_object(node)
        return value if isinstance(value, str | int | float | bool | None) else str(node.value)

    def _read_mapping(self, node: yaml.MappingNode, path: Path) -> JsonValue:
        found: dict[str, JsonValue] = {}
        for key, item in node.value:
            name, line = str(key.value), key.start_mark.line + 1
            if name in found:
                raise YamlError(line, f"the key {name!r} appears twice")
            self.lines[(*path, name)] = line
            found[name] = self.read(item, (*path, name))
        return found
