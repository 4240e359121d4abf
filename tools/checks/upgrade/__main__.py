"""`python -m tools.checks.upgrade fill|compare`: rows into each old table, then: are they whole?

Reads UPGRADE_BLUEPRINT (the older Blueprint), UPGRADE_DATABASE_URL and UPGRADE_SNAPSHOT (where
what was written is kept between the two). Exit code 0: as it must be; 1: rows were lost or
changed, said line by line; 2: could not run, and why.
"""

import os
import sys
from pathlib import Path

from tools.blueprint.model import Blueprint
from tools.checks.acceptance.database import CouldNotRun, Database
from tools.checks.upgrade.compare import losses
from tools.checks.upgrade.fill import SNAPSHOT, fill, snapshot


def main(what: str) -> int:
    """The exit code."""
    blueprint = Blueprint.model_validate_json(Path(os.environ["UPGRADE_BLUEPRINT"]).read_bytes())
    kept = Path(os.environ["UPGRADE_SNAPSHOT"])
    try:
        database = Database(os.environ["UPGRADE_DATABASE_URL"])
        if what == "fill":
            fill(blueprint, database)
            kept.write_bytes(SNAPSHOT.dump_json(snapshot(blueprint, database)))
            return 0
        lost = losses(SNAPSHOT.validate_json(kept.read_bytes()), snapshot(blueprint, database))
    except CouldNotRun as error:
        sys.stdout.write(f"{error}\n")
        return 2
    sys.stdout.writelines(f"{line}\n" for line in lost)
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
