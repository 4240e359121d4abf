"""Delivered files that tools start by themselves: named, so that whoever gets them looks first."""

import re
from collections.abc import Iterable

SELF_STARTING = (
    (r"(.*/)?\.vscode/(tasks|settings|launch)\.json", "VS Code"),
    (r"(.*/)?[^/]+\.code-workspace", "VS Code"),
    (r"(.*/)?\.idea/.*", "JetBrains' editors"),
    (r"(.*/)?\.devcontainer(/.*|\.json)", "editors with development containers"),
    (r"(.*/)?\.envrc", "direnv"),
    (r"(.*/)?\.(mise\.toml|tool-versions)|(.*/)?mise\.toml", "mise and asdf"),
    (r"\.github/workflows/.*|\.gitlab-ci\.yml|Jenkinsfile|\.circleci/.*", "a CI server, at a push"),
    (r"\.(githooks|husky)/.*|\.pre-commit-config\.yaml|lefthook\.ya?ml", "hooks of git"),
    (r"\.gitmodules|(.*/)?\.gitattributes", "git"),
    (r"(site|user)customize\.py|(.*/)?[^/]+\.pth", "Python, in every process"),
    (r"(.*/)?(package\.json|\.npmrc|\.yarnrc(\.yml)?)", "npm and yarn, at an install"),
    (r"(.*/)?(setup\.py|setup\.cfg)", "pip, at an install"),
    (r"(.*/)?(CLAUDE|AGENTS|GEMINI)\.md|(.*/)?\.(cursor|claude|codex)(rules|/.*)", "coding agents"),
)
"""Path -> who starts or obeys it."""


def find_self_starting(paths: Iterable[str]) -> tuple[str, ...]:
    """`.envrc (direnv)`: each such file of those paths, sorted."""
    found = []
    for path in sorted(paths):
        who = next((who for form, who in SELF_STARTING if re.fullmatch(form, path)), None)
        if who is not None:
            found.append(f"{path} ({who})")
    return tuple(found)
