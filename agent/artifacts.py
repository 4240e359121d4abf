"""What a run leaves for its caller: source archive, reports, page, manifest with checksums."""

import gzip
import hashlib
import json
import tarfile
from contextlib import suppress
from io import BytesIO
from pathlib import Path

from agent.errors import RepositoryError
from agent.report import render_run, view_run
from agent.report.diff import FileDiff, diff_files
from agent.runs import RunFolder, load_events
from agent.state import RunState
from agent.task import Artifact, ArtifactKind
from agent.trees import TreeStore
from tools.files import HARNESS_FOLDER


def write_artifacts(folder: RunFolder, state: RunState, trees: TreeStore) -> tuple[Artifact, ...]:
    """Write the run's artifacts; the same run gives the same bytes."""
    made: list[Artifact] = []
    if state.tree is not None:
        source = trees.files(trees.without(state.tree, HARNESS_FOLDER))
        made.append(_write(folder, "source.tar.gz", "source", _archive(source)))
    if state.last_verdict is not None:
        verdict = state.last_verdict.verdict
        report = verdict.model_dump_json(indent=2).encode()
        made.append(_write(folder, "test-report.json", "test_report", report))
        if verdict.openapi is not None:
            made.append(_write(folder, "openapi.json", "openapi", verdict.openapi.encode()))
    made.append(_write(folder, "report.html", "report", _report(folder, state)))
    made.append(_describe(folder.journal, "journal"))
    made.append(_write(folder, "manifest.json", "manifest", _manifest(folder, made)))
    return tuple(made)


def _report(folder: RunFolder, state: RunState) -> bytes:
    """The page. A base that the user has removed since leaves it without the changed files."""
    files: tuple[FileDiff, ...] = ()
    if state.tree is not None and state.started is not None:
        with suppress(RepositoryError):
            files = diff_files(folder.repository, state.started.base_commit, state.tree)
    shown = [file for file in files if not file.path.startswith(f"{HARNESS_FOLDER}/")]
    return render_run(view_run(load_events(folder), shown)).encode()


def _archive(files: dict[str, bytes]) -> bytes:
    """A gzipped tar without times, owners or modes of this machine."""
    buffer = BytesIO()
    with (
        gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w") as archive,
    ):
        for path, content in sorted(files.items()):
            member = tarfile.TarInfo(path)
            member.size = len(content)
            member.mode = 0o755 if content.startswith(b"#!") else 0o644
            archive.addfile(member, BytesIO(content))
    return buffer.getvalue()


def _manifest(folder: RunFolder, made: list[Artifact]) -> bytes:
    rows = [
        {"path": item.path.name, "kind": item.kind, "sha256": item.sha256, "size": item.size}
        for item in made
    ]
    return json.dumps({"run": folder.run_id, "artifacts": rows}, indent=2).encode() + b"\n"


def _write(folder: RunFolder, name: str, kind: ArtifactKind, content: bytes) -> Artifact:
    folder.artifacts.mkdir(parents=True, exist_ok=True)
    path = folder.artifacts / name
    temporary = path.with_suffix(".tmp")
    temporary.write_bytes(content)
    temporary.replace(path)
    return _describe(path, kind)


def _describe(path: Path, kind: ArtifactKind) -> Artifact:
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    return Artifact(path=path.resolve(), kind=kind, sha256=digest, size=len(content))
