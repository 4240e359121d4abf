"""Repositories that run a command on whoever uses git in them: twelve ways, three of a fetch."""

import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

WHO = {
    "GIT_AUTHOR_NAME": "U",
    "GIT_AUTHOR_EMAIL": "u@example.org",
    "GIT_COMMITTER_NAME": "U",
    "GIT_COMMITTER_EMAIL": "u@example.org",
}
PLAIN = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/nonexistent", **WHO}


def nothing(folder: Path, bite: Path) -> None:
    """Needs no more than its configuration."""


@dataclass(frozen=True)
class Bait:
    """One hostile repository."""

    trigger: tuple[str, ...]
    """The git command that runs the bite, plainly used; `{source}` is a repository to fetch."""
    config: Mapping[str, str] = field(default_factory=dict)
    """Names -> values, where `{bite}` is the command that must not run."""
    prepare: Callable[[Path, Path], None] = nothing

    def plant(self, folder: Path, bite: Path, source: Path) -> None:
        """Make the repository, with one commit, and set the bait."""
        plain_git(folder, "init", "-q", "-b", "main")
        (folder / "a.txt").write_text("one\n")
        plain_git(folder, "add", "-A")
        plain_git(folder, "commit", "-qm", "first")
        (folder / "a.txt").write_text("two\n")
        self.prepare(folder, bite)
        for name, value in self.config.items():
            filled = (text.format(bite=bite, source=source) for text in (name, value))
            plain_git(folder, "config", *filled)

    def spring(self, folder: Path, source: Path) -> None:
        """Use git as people do."""
        plain_git(folder, *(word.format(source=source) for word in self.trigger), check=False)


def plain_git(folder: Path, *arguments: str, check: bool = True) -> None:
    """Git without any of the product's options."""
    subprocess.run(
        ["git", "-C", folder, *arguments],
        check=check,
        env=PLAIN,
        stdin=subprocess.DEVNULL,
        capture_output=True,
    )


def plant_hook(folder: Path, bite: Path) -> None:
    for name in ("pre-commit", "reference-transaction", "post-checkout"):
        hook = folder / ".git" / "hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(bite.read_text())
        hook.chmod(0o755)


def plant_hooks_elsewhere(folder: Path, bite: Path) -> None:
    (folder / "hooks").mkdir()
    (folder / "hooks" / "pre-commit").symlink_to(bite)


def use_attribute(line: str) -> Callable[[Path, Path], None]:
    def prepare(folder: Path, bite: Path) -> None:
        (folder / ".gitattributes").write_text(f"* {line}\n")

    return prepare


def move_repository(folder: Path, bite: Path) -> None:
    """`.git` is a file that points to a repository with a hook."""
    plant_hook(folder, bite)
    (folder / ".git").rename(folder / "data")
    (folder / ".git").write_text("gitdir: data\n")


def nest_repository(folder: Path, bite: Path) -> None:
    inner = folder / "sub"
    inner.mkdir()
    plain_git(inner, "init", "-q")
    (inner / "b.txt").write_text("x")
    plain_git(inner, "add", "-A")
    plain_git(inner, "commit", "-qm", "inner")
    plain_git(folder, "add", "sub")
    plain_git(inner, "config", "core.fsmonitor", str(bite))


def nest_submodule(folder: Path, bite: Path) -> None:
    nest_repository(folder, bite)
    plain_git(folder / "sub", "config", "--unset", "core.fsmonitor")
    plain_git(folder / "sub", "commit", "-q", "--allow-empty", "-m", "another than the index has")
    url = '[submodule "sub"]\n\tpath = sub\n\turl = ./sub\n'
    (folder / ".gitmodules").write_text(url)


def borrow_objects(folder: Path, bite: Path) -> None:
    other = folder / "other"
    plain_git(folder, "clone", "-q", "--bare", ".", str(other))
    alternates = folder / ".git" / "objects" / "info" / "alternates"
    alternates.write_text(f"{other}/objects\n")


COMMIT = ("commit", "-qam", "second")
BAITS: dict[str, Bait] = {
    "hook": Bait(COMMIT, prepare=plant_hook),
    "core.hooksPath": Bait(COMMIT, {"core.hooksPath": "hooks"}, plant_hooks_elsewhere),
    "core.fsmonitor": Bait(("status",), {"core.fsmonitor": "{bite}"}),
    "core.sshCommand": Bait(("fetch", "ssh://x.test/y"), {"core.sshCommand": "{bite}"}),
    "filter": Bait(("add", "-A"), {"filter.x.clean": "{bite}"}, use_attribute("filter=x")),
    "diff.external": Bait(("diff",), {"diff.external": "{bite}"}),
    "textconv": Bait(("diff",), {"diff.x.textconv": "{bite}"}, use_attribute("diff=x")),
    "gpg.program": Bait(COMMIT, {"gpg.program": "{bite}", "commit.gpgSign": "true"}),
    "nested repository": Bait(("status",), prepare=nest_repository),
    "submodule": Bait(
        ("submodule", "update"),
        {"submodule.sub.update": "!{bite}", "submodule.sub.url": "./sub"},
        nest_submodule,
    ),
    "git file": Bait(COMMIT, prepare=move_repository),
    "core.editor": Bait(("commit", "-qa"), {"core.editor": "{bite}"}),
    "fetched address": Bait(
        ("fetch", "{source}"),
        {"url.ext::{bite}.insteadOf": "{source}", "protocol.ext.allow": "always"},
    ),
    "alternates": Bait(
        ("fetch", "{source}", "+refs/heads/*:refs/x/*"),
        {"core.alternateRefsCommand": "{bite}"},
        borrow_objects,
    ),
    "hook of a fetch": Bait(("fetch", "{source}", "+refs/heads/*:refs/x/*"), prepare=plant_hook),
}
