"""Runs an app under watch beside the probes, and gathers all that was seen."""

import json
import posixpath
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tools
from agent.verifier.app_run import DATABASE, LOCK_POSTGRES, ROLE
from sandbox.base import ExecResult, Sandbox, SandboxSpec
from sandbox.deadline import Deadline
from tools.checks.security import hints
from tools.checks.security.evidence import (
    ProbeReport,
    judge_events,
    judge_log,
    judge_statements,
    read_seen,
)
from tools.checks.security.finding import Finding
from tools.checks.security.source.scan import Source
from tools.checks.security.source.start import Start
from tools.checks.security.stored import judge_stored, readable_forms
from tools.checks.security.watch import FOLDER, OUTSIDE, SEEN, watch_files

if TYPE_CHECKING:
    from agent.verifier.security import SecurityJob

PORT = 8000
POSTGRES_URL = re.compile(r"postgres(ql)?(\+\w+)?(?=://)")
CANARY_PORT = 8917
HOLD_PORT = 8918
"""Where the app's watcher takes requests to hold writers; the probes know it."""
BOOT_S = 120
STEP_S = 120
OUTSIDE_TEXT = "zqoutsidecontent"
PACKAGES = ".zq-packages"
DASHES = "-----zq-----"
PREPARE = """
set -e
mkdir -p "$1" "$2" && cat > "$1/scripts.json"
python - "$1" "$2" "$3" <<'END'
import json, pathlib, sys
folder, outside, text = sys.argv[1:]
for name, content in json.loads(pathlib.Path(folder, "scripts.json").read_text()).items():
    pathlib.Path(folder, name).write_text(content)
for number in range(1, 4000):
    for name in (f"zq{number}z.txt", f"zq{number}z"):
        pathlib.Path(outside, name).write_text(text)
pathlib.Path(outside, "canary.txt").write_text(text)
END
"""
START = """
cd "/workspace/$1"
setsid python -m uvicorn "$2" --host 127.0.0.1 --port 8000 --loop asyncio --http h11 $3 \
  > /tmp/app.log 2>&1 < /dev/null &
echo $! > /tmp/app.pid
"""
POSTGRES_LOG = """
export PGHOST=/tmp PGUSER=postgres PGDATABASE=postgres
psql -Atqc "ALTER SYSTEM SET log_statement = 'all'" \
  -c "ALTER SYSTEM SET log_parameter_max_length = 0" \
  -c "ALTER SYSTEM SET log_parameter_max_length_on_error = 0" \
  -c "SELECT pg_reload_conf()" > /dev/null
"""
DUMP = "PGHOST=/tmp PGUSER=postgres pg_dump --data-only --inserts app_db"
NEEDED = (
    "__init__.py",
    "checks/__init__.py",
    "checks/security/__init__.py",
    "checks/security/probes/**/*.py",
)


class StartFailed(Exception):
    """The app did not start; the text says which command failed and what it printed."""


@dataclass(frozen=True)
class Running:
    """What was seen of the running app."""

    report: ProbeReport
    findings: tuple[Finding, ...]
    reached: frozenset[tuple[str, int]]
    """File and first line of handlers that answered a valid request."""


def run_probed(job: "SecurityJob", source: Source, start: Start) -> Running:
    """Start the app in a fresh machine and probe it from another.

    Raises:
        StartFailed: it does not import or start.
        SandboxError: a machine failed.
    """
    provider = job.provider
    with (
        provider.open(SandboxSpec(run_id=job.run_id, role="app")) as app,
        provider.open(
            SandboxSpec(run_id=job.run_id, role="verifier", shares_network_with=app)
        ) as verifier,
    ):
        trial = Probed(job, source, start, app, verifier)
        trial.prepare()
        routes = trial.read_routes()
        trial.start_app()
        return trial.probe(routes)


class Probed:
    """One app and the probes beside it, step by step."""

    def __init__(
        self, job: "SecurityJob", source: Source, start: Start, app: Sandbox, verifier: Sandbox
    ) -> None:
        self._job = job
        self._source = source
        self._start = start
        self._app = app
        self._verifier = verifier
        self._password = secrets.token_urlsafe(16)
        self._environment = self._made_environment()

    def prepare(self) -> None:
        """Files, watcher, database, migrations."""
        self._app.put(self._job.files)
        if self._job.packages:
            packages = {
                f"{PACKAGES}/{path}": content for path, content in self._job.packages.items()
            }
            self._app.put(packages)
        scripts = json.dumps(watch_files()).encode()
        argv = ["sh", "-c", PREPARE, "sh", FOLDER, OUTSIDE, OUTSIDE_TEXT]
        self._need(self._app.exec(argv, deadline=self._limit(), input=scripts), "preparing")
        if self._start.database == "postgres":
            locked = [
                "sh",
                "-c",
                LOCK_POSTGRES + POSTGRES_LOG,
                "sh",
                DATABASE,
                ROLE,
                self._password,
            ]
            self._need(self._verifier.exec(locked, deadline=self._limit()), "PostgreSQL")
        for folder in self._start.folders:
            self._app.exec(
                ["mkdir", "-p", posixpath.dirname(folder), folder], deadline=self._limit()
            )
        if self._start.migrate:
            migrate = ["sh", "-c", self._start.migrate]
            done = self._app.exec(migrate, deadline=self._limit(), env=self._environment)
            self._need(done, self._start.migrate)

    def read_routes(self) -> dict[str, Any]:
        """The app's routes and OpenAPI document, from importing it in its machine."""
        kind = ["factory"] if self._start.factory else []
        argv = ["python", f"{FOLDER}/app_routes.py", self._start.entry, *kind]
        result = self._app.exec(
            argv,
            deadline=self._limit(),
            env={**self._environment, "ZQ_SEEN": ""},
            cwd=posixpath.normpath(f"/workspace/{self._start.root}"),
            max_output_chars=5_000_000,
        )
        self._need(result, f"importing {self._start.entry}")
        _, _, text = result.output.rpartition(DASHES)
        try:
            found = json.loads(text)
        except ValueError as error:
            raise StartFailed(f"the routes of {self._start.entry} cannot be read") from error
        assert isinstance(found, dict), "our own script prints an object"
        return found

    def start_app(self) -> None:
        """Start the server and wait until it answers anything."""
        factory = "--factory" if self._start.factory else ""
        argv = ["sh", "-c", START, "sh", self._start.root, self._start.entry, factory]
        environment = {**self._environment, "ZQ_HOLD": str(HOLD_PORT)}
        self._app.exec(argv, deadline=self._limit(), env=environment)
        deadline = self._job.deadline.at_most(BOOT_S)
        wait = (
            "import socket,sys,time\n"
            "for _ in range(40):\n"
            "    try: socket.create_connection(('127.0.0.1', 8000), 1).close(); sys.exit(0)\n"
            "    except OSError: time.sleep(0.1)\n"
            "sys.exit(1)"
        )
        while not deadline.over:
            if self._verifier.exec(["python", "-c", wait], deadline=self._limit()).ok:
                return
            lives = ["sh", "-c", "kill -0 $(cat /tmp/app.pid)"]
            if not self._app.exec(lives, deadline=self._limit()).ok:
                break
        raise StartFailed(f"{self._start.entry} does not start:\n{self._log()[-3000:]}")

    def probe(self, routes: Mapping[str, Any]) -> Running:
        """Run the probes, then read what the app did meanwhile."""
        plan = json.dumps(self._plan(routes)).encode()
        self._verifier.put({**_probe_files(), "plan.json": plan})
        argv = ["python", "-P", "-m", "tools.checks.security.probes"]
        argv += ["/workspace/plan.json", "/workspace/observed.json", str(self._job.probes_s)]
        result = self._verifier.exec(
            argv,
            deadline=self._job.deadline.at_most(self._job.probes_s + 60),
            env={"PYTHONPATH": "/workspace"},
        )
        found = self._verifier.get(["observed.json"]) if self._verifier.alive else {}
        if "observed.json" not in found:
            raise StartFailed(f"the probes did not finish: {result.output[-2000:]}")
        report = ProbeReport.model_validate_json(found["observed.json"])
        places = _places(routes)
        reached = frozenset(places[key] for key in report.reached if key in places)
        return Running(report, tuple(self._findings(report, routes)), reached)

    def _findings(self, report: ProbeReport, routes: Mapping[str, Any]) -> Iterator[Finding]:
        places = _places(routes)
        for seen in report.observed:
            if seen.kind == "unbounded":
                yield from self._unbounded(seen.route, seen.why, routes)
                continue
            path, line = places.get(seen.route, (None, None))
            yield Finding(
                kind=seen.kind,
                why=seen.why,
                evidence="observed",
                level=seen.level,
                route=seen.route,
                path=path,
                line=line,
            )
        if self._app.alive:
            events = self._app.exec(
                ["cat", SEEN], deadline=self._limit(), max_output_chars=4_000_000
            )
            yield from judge_events(read_seen(events.output.encode()), report.marks)
            yield from judge_log(self._log(), report)
            yield from judge_stored(self._stored(report))
        if self._start.database == "postgres" and self._verifier.alive:
            log = self._verifier.exec(
                ["grep", "-a", "zq", "/tmp/postgres.log"],  # noqa: S108 - in its machine
                deadline=self._limit(),
                max_output_chars=4_000_000,
            )
            yield from judge_statements(log.output, report.marks)

    def _unbounded(self, route: str, name: str, routes: Mapping[str, Any]) -> Iterator[Finding]:
        """A number without an upper bound in the schema, unless the source bounds it."""
        for item in routes["routes"]:
            here = route in {f"{method} {item['path']}" for method in item["methods"]}
            if here and hints.is_bounded(self._source.project, item["name"], name):
                return
        path, line = _places(routes).get(route, (None, None))
        yield Finding(
            kind="resource_exhaustion",
            why=f"{name} has no upper bound",
            evidence="observed",
            route=route,
            path=path,
            line=line,
        )

    def _stored(self, report: ProbeReport) -> dict[str, list[str]]:
        """Which readable forms of passwords are in the app's files or tables, and where."""
        forms = readable_forms(report.passwords)
        if not forms:
            return {}
        wanted = json.dumps([{"name": name, "text": text} for name, text in forms.items()])
        argv = ["python", "-I", f"{FOLDER}/find_secrets.py"]
        result = self._app.exec(argv, deadline=self._limit(), input=wanted.encode())
        found: dict[str, list[str]] = json.loads(result.output) if result.ok else {}
        if self._start.database == "postgres":
            dump = self._verifier.exec(
                ["sh", "-c", DUMP], deadline=self._limit(), max_output_chars=20_000_000
            ).output
            for name, text in forms.items():
                if text in dump:
                    found.setdefault(name, []).append("the database")
        return found

    def _plan(self, routes: Mapping[str, Any]) -> dict[str, Any]:
        project = self._source.project
        ours = list(self._environment.values())
        parts = [part for value in ours for part in (value, *re.split(r"[,;:\s]", value))]
        keys = [part for part in dict.fromkeys(parts) if len(part) >= 16 and "/" not in part]
        return {
            "base_url": f"http://127.0.0.1:{PORT}",
            "routes": routes["routes"],
            "openapi": routes["openapi"],
            "reads": hints.reads_of(self._source.routes),
            "secrets": [*keys, *hints.secrets_in(project)],
            "logins": [*self._logins(), *hints.logins_in(project)],
            "signing_keys": [*keys, *hints.secrets_in(project)],
            "canary_port": CANARY_PORT,
            "outside": OUTSIDE,
            "outside_text": OUTSIDE_TEXT,
            "words": hints.words_in(project),
            "headers": hints.header_values(project),
            "hosts": hints.hosts_in(ours),
            "xml_names": hints.xml_names(project),
            "member_names": hints.archive_names(project),
            "archives": hints.imports_any(project, "zipfile", "tarfile", "shutil"),
            "unpickles": hints.imports_any(
                project, "pickle", "yaml", "marshal", "dill", "jsonpickle"
            ),
            "spec": self._job.spec,
            "patterns": hints.imports_any(project, "re", "regex"),
        }

    def _logins(self) -> list[tuple[str, str]]:
        """Administrators whom the app makes from its environment."""
        passwords = [v for k, v in self._environment.items() if _is_password(k)]
        names = [
            v
            for k, v in self._environment.items()
            if not k.startswith("PG")
            and any(word in k.upper() for word in ("USER", "LOGIN", "EMAIL", "NAME"))
        ]
        words = [
            word.lower() for k in self._environment if "PASS" in k.upper() for word in k.split("_")
        ]
        usual = ["admin", "admin@example.com", *words, "root", "owner", "manager"]
        return [(name, secret) for secret in passwords for name in dict.fromkeys([*names, *usual])]

    def _made_environment(self) -> dict[str, str]:
        url = f"{self._start.scheme}://{ROLE}:{self._password}@127.0.0.1:5432/{DATABASE}"
        folders = [FOLDER, posixpath.normpath(f"/workspace/{self._start.root}")]
        folders += [f"/workspace/{PACKAGES}"] if self._job.packages else []
        return {
            **self._start.environment,
            **dict.fromkeys(self._start.database_variables, url),
            **_postgres_names(self._start, self._password),
            **self._given_environment(),
            "PYTHONPATH": ":".join(folders),
            "ZQ_SEEN": SEEN,
        }

    def _given_environment(self) -> dict[str, str]:
        """The user's variables; an address of PostgreSQL becomes that of the check's own."""
        place = f"://{ROLE}:{self._password}@127.0.0.1:5432/{DATABASE}"
        return {
            name: f"{found[0]}{place}" if (found := POSTGRES_URL.match(value)) else value
            for name, value in self._job.environment.items()
        }

    def _log(self) -> str:
        said = self._app.exec(
            ["cat", "/tmp/app.log"],  # noqa: S108 - in its machine
            deadline=self._limit(),
            max_output_chars=4_000_000,
        )
        return said.output

    def _limit(self) -> Deadline:
        return self._job.deadline.at_most(STEP_S)

    @staticmethod
    def _need(result: ExecResult, what: str) -> None:
        if not result.ok:
            raise StartFailed(f"{what} failed:\n{result.output[-3000:].strip()}")


def _is_password(name: str) -> bool:
    """Whether a variable holds the password of somebody who can log in to the app."""
    return "PASS" in name.upper() and not name.startswith("PG")


def _postgres_names(start: Start, password: str) -> dict[str, str]:
    """The variables that PostgreSQL's own clients read."""
    if start.database != "postgres":
        return {}
    names = {"PGHOST": "127.0.0.1", "PGPORT": "5432", "PGUSER": ROLE, "PGPASSWORD": password}
    return {**names, "PGDATABASE": DATABASE}


def _places(routes: Mapping[str, Any]) -> dict[str, tuple[str, int]]:
    """`METHOD /path` -> the handler's file and line."""
    return {
        f"{method} {route['path']}": (route["file"].removeprefix("/workspace/"), route["line"])
        for route in routes["routes"]
        for method in route["methods"]
        if route["file"].startswith("/workspace/")
    }


def _probe_files() -> dict[str, bytes]:
    root = Path(tools.__file__).parent
    found = [path for pattern in NEEDED for path in sorted(root.glob(pattern))]
    return {f"tools/{path.relative_to(root).as_posix()}": path.read_bytes() for path in found}
