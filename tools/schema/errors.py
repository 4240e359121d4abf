"""Why a schema cannot be read."""


class SchemaError(ValueError):
    """The schema cannot be read; the text holds every problem as `name:line: reason. remedy`."""

    def __init__(self, name: str, problems: list[tuple[int, str]]) -> None:
        self.problems = problems
        """Line and sentence of each problem."""
        super().__init__("\n".join(f"{name}:{line}: {text}" for line, text in sorted(problems)))
