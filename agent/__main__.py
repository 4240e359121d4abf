"""`python -m agent`."""

import gc
import sys

from agent.cli import main

# Imports make some 300,000 objects and no garbage: looking for it costs a tenth of the start.
gc.set_threshold(50_000)

sys.exit(main())
