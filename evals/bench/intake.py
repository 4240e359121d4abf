"""`make bench-intake`: how fast specs and schemas are read, and that the cost grows in line.

Prints one JSON line, last:

    kb_per_s           a spec of about 200 pages, read into a Blueprint
    ddl_tables_per_s   500 tables of PostgreSQL DDL, read into entities
    requirements       of the spec
    spec_growth        seconds of that spec over seconds of half of it: 2 is linear
    ddl_growth         the same for the DDL
"""

import json
import sys
import time
from collections.abc import Callable

from agent.intake import read_spec
from tools.schema.ddl import parse_ddl
from tools.schema.entities import schema_entities

RESOURCES = 250
TABLES = 500
ROUNDS = 3
RESOURCE = """
### thing_{n}

| field  | type          | rules                     |
|--------|---------------|---------------------------|
| title  | string(200)   | required, unique          |
| price  | decimal(10,2) | required, >= 0            |
| stage  | enum(a, b, c) | default a                 |
| parent | -> thing_{m}  | optional                  |

- thing_{n}.stage: a -> b -> c
- The price of a thing {n} must never fall below that of its parent, unless a manager says so.

## Endpoints of thing {n}

| method | path                | access | description                                      |
|--------|---------------------|--------|--------------------------------------------------|
| GET    | /thing_{n}s         | public | List; filter by stage; search title; sort by price |
| POST   | /thing_{n}s         | admin  | Add a thing                                      |
| GET    | /thing_{n}s/{{id}}    | public | Get a thing                                      |
| PATCH  | /thing_{n}s/{{id}}    | admin  | Change a thing                                   |

{prose}
"""
PROSE = """Whoever looks for a thing should find it within a second. A thing that nobody has
looked at for a year is shown with a note. Every change of a price must be kept together with its
reason, and the auditors may read those reasons for ten years. Reports are made at night.

"""
TABLE = """
CREATE TABLE table_{n} (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    parent_id bigint REFERENCES table_{m} ON DELETE CASCADE,
    name varchar(200) NOT NULL CHECK (length(name) > 0),
    price numeric(12,2) NOT NULL DEFAULT 0 CHECK (price >= 0),
    tags text[] NOT NULL DEFAULT '{{}}',
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (parent_id, name)
);
CREATE INDEX table_{n}_recent ON table_{n} (created_at DESC) WHERE price > 0;
"""


def spec_text(resources: int) -> str:
    """A spec with that many resources, a page and a half each."""
    head = (
        "---\nroles: [admin, reader]\nauth: {default_role: reader}\n---\n# Things\n\n## Entities\n"
    )
    parts = (RESOURCE.format(n=n, m=max(0, n - 1), prose=PROSE * 4) for n in range(resources))
    return head + "".join(parts)


def ddl_text(tables: int) -> str:
    """DDL with that many tables."""
    return "".join(TABLE.format(n=n, m=max(0, n - 1)) for n in range(tables))


def seconds(work: Callable[[], object]) -> float:
    """CPU seconds of the fastest of a few rounds."""
    times = []
    for _ in range(ROUNDS):
        started = time.process_time()
        work()
        times.append(time.process_time() - started)
    return min(times)


def main() -> None:
    """Measure and print."""
    spec, half = spec_text(RESOURCES), spec_text(RESOURCES // 2)
    ddl, half_ddl = ddl_text(TABLES), ddl_text(TABLES // 2)
    result = read_spec(spec)
    assert result.problems == (), result.problems[:3]
    spec_s, half_s = seconds(lambda: read_spec(spec)), seconds(lambda: read_spec(half))
    ddl_s = seconds(lambda: schema_entities(parse_ddl(ddl)))
    half_ddl_s = seconds(lambda: schema_entities(parse_ddl(half_ddl)))
    answer = {
        "kb_per_s": round(len(spec) / 1000 / spec_s),
        "ddl_tables_per_s": round(TABLES / ddl_s),
        "requirements": len(result.blueprint.requirements),
        "spec_growth": round(spec_s / half_s, 2),
        "ddl_growth": round(ddl_s / half_ddl_s, 2),
    }
    sys.stderr.write(f"a spec of {len(spec) // 1000} kB: {spec_s:.2f} s of CPU\n")
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
