"""`make bench-components`: a generated backend beside one written by hand, on PostgreSQL.

Prints one JSON line, last. Both run in one sandbox, in turns, loaded by a third process there:

    shop_generation_cpu_s   CPU seconds of writing the whole shop (examples/shop)
    rps_ratio_list          requests a second of the generated one, over those of the other;
    rps_ratio_get           the median over the rounds
    rps_ratio_create
    cpu_ratio_list, _get, _create   CPU of the server a request: it says more where others work too
    p99_ratio_list          the same of the 99th percentile of milliseconds: less is better
    start_ratio             CPU seconds until the first answer
    rss_ratio               resident memory after the load
"""

import json
import statistics
import sys
import time
from pathlib import Path

from agent.intake import read_spec
from sandbox.base import SandboxSpec
from sandbox.deadline import Deadline
from sandbox.docker import DockerProvider
from tools.blueprint.model import Access, Blueprint, Endpoint, Entity, EntityField
from tools.components import emit_backend

ROUNDS = 5
SECONDS = 3.0
SHOP = Path("examples/shop/spec.md")
HERE = Path(__file__).parent
KINDS = ("list", "get", "create")
SERVER = "127.0.0.1:5432"
Figures = dict[str, dict[str, list[float]]]

PUBLIC = Access(public=True)
BOOKS = Blueprint(
    name="books",
    title="Books",
    entities=(
        Entity(
            name="book",
            table="books",
            fields=(
                EntityField(name="title", type="string", min_length=1, max_length=200),
                EntityField(name="author", type="string", max_length=200),
                EntityField(name="price", type="decimal", precision=10, scale=2, minimum=0),
                EntityField(name="stock", type="integer", minimum=0, default=0),
            ),
        ),
    ),
    endpoints=(
        Endpoint(operation="list", method="GET", path="/books", entity="book", access=PUBLIC),
        Endpoint(
            operation="get", method="GET", path="/books/{book_id}", entity="book", access=PUBLIC
        ),
        Endpoint(
            operation="create",
            method="POST",
            path="/books",
            entity="book",
            access=PUBLIC,
            status=201,
        ),
    ),
)
BACKENDS = {
    "generated": {
        "folder": "/workspace/generated",
        "app": "app.main:create_app --factory",
        "database_url": f"postgresql+asyncpg://postgres@{SERVER}/generated",
    },
    "hand_written": {
        "folder": "/workspace",
        "app": "hand_written:app",
        "database_url": f"postgresql+asyncpg://postgres@{SERVER}/hand_written",
    },
}
PREPARE = """
set -eu
start-postgres generated
start-postgres hand_written
cd generated
ENVIRONMENT=test DATABASE_URL=postgresql://postgres@127.0.0.1:5432/generated alembic upgrade head
"""


def generate_shop() -> float:
    """CPU seconds of writing the shop, components loaded."""
    blueprint = read_spec(SHOP.read_bytes()).blueprint
    emit_backend(blueprint)
    started = time.process_time()
    emit_backend(blueprint)
    return time.process_time() - started


def load_both() -> Figures:
    """What the process in the sandbox measured."""
    files = {f"generated/{path}": text.encode() for path, text in emit_backend(BOOKS).items()}
    files |= {name: (HERE / name).read_bytes() for name in ("hand_written.py", "load.py")}
    with DockerProvider().open(SandboxSpec(run_id="bench-components")) as machine:
        machine.put(files)
        prepared = machine.exec(["sh", "-c", PREPARE], deadline=Deadline.after(120))
        assert prepared.ok, prepared.output
        done = machine.exec(
            ["python", "load.py", str(ROUNDS), str(SECONDS)],
            deadline=Deadline.after(900),
            input=json.dumps(BACKENDS).encode(),
        )
        assert done.ok, done.output
    figures: Figures = json.loads(done.output.splitlines()[-1])
    return figures


def ratio(figures: Figures, name: str) -> float:
    """Ours over the other's, round by round; the median."""
    pairs = zip(figures["generated"][name], figures["hand_written"][name], strict=True)
    return round(statistics.median(ours / other for ours, other in pairs), 2)


def main() -> None:
    """Measure and print."""
    figures = load_both()
    sys.stderr.write(json.dumps(figures) + "\n")
    answer = {
        "shop_generation_cpu_s": round(generate_shop(), 3),
        **{f"rps_ratio_{kind}": ratio(figures, f"{kind}_rps") for kind in KINDS},
        **{f"cpu_ratio_{kind}": ratio(figures, f"{kind}_cpu_ms") for kind in KINDS},
        "p99_ratio_list": ratio(figures, "list_p99_ms"),
        "start_ratio": ratio(figures, "start_cpu_s"),
        "rss_ratio": ratio(figures, "rss_mb"),
    }
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
