"""One command a file, each with `execute(options)` that returns the exit code."""
