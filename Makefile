# `make` alone lists what there is. Nothing here needs root except what Docker needs.
PYTHON ?= python3
VENV := .venv
# Docker where an engine answers. The choice is made here and printed; the agent itself never falls back.
SANDBOX ?= $(shell docker version >/dev/null 2>&1 && echo docker || echo bubblewrap)
READY := $(VENV)/.ready
RUN := $(VENV)/bin/python -m

export PIP_DISABLE_PIP_VERSION_CHECK := 1
.DEFAULT_GOAL := help
.PHONY: help setup engine demo test fast fuzz-intake lint types layers lock eval-smoke eval-components eval-oracle bench-eval bench-loop bench-demo bench-intake bench-local bench-verifier acknowledge replay bench-components faults-components prove-large bench-faults bench-long crash-matrix crash-product planted-bugs crash-docker reliability attacks bench-sandbox schemas clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

setup: $(READY) ## Make .venv from the hash-pinned requirements (PYTHON=python3.12 picks another)

$(READY): requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "error: $(PYTHON) is missing or older than 3.11; try: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(RUN) pip install -qq --no-deps --require-hashes -r requirements-dev.txt
	@echo "$(CURDIR)" > "$$($(VENV)/bin/python -c 'import site; print(site.getsitepackages()[0])')/backend-agent.pth"
	@touch $@

engine: setup ## Check the Docker engine and build the sandbox image, once
	$(RUN) agent sandbox build

demo: setup ## Turn examples/bookshop/spec.md into a proven backend, no key needed (SANDBOX=bubblewrap: no Docker)
	@echo "untrusted code runs in: $(SANDBOX) (make demo SANDBOX=docker|bubblewrap picks one)"
	$(RUN) agent run examples/bookshop/spec.md --repo demo/bookshop --model builtin --sandbox $(SANDBOX)

test: engine lint types layers ## Everything that CI runs, with Docker
	$(RUN) pytest -m "not live"

fast: setup ## The tests that need no Docker
	$(RUN) pytest -m "not docker and not bubblewrap and not live"

fuzz-intake: setup ## 70,000 random specs and schemas against intake, about ten minutes
	FUZZ_EXAMPLES=10000 $(RUN) pytest --timeout 0 tests/agent/intake/test_any_text.py tests/tools/schema/test_any_schema.py

lint: setup ## ruff: rules and format
	$(RUN) ruff check .
	$(RUN) ruff format --check .

types: setup ## mypy, strict
	$(RUN) mypy

layers: setup ## import-linter: no arrow points back
	$(VENV)/bin/lint-imports

lock: ## Pin the requirements again (needs uv: pip install uv)
	uv pip compile -q pyproject.toml --universal --python-version 3.11 --generate-hashes --no-strip-extras \
	  --no-header --no-annotate -o requirements.txt
	uv pip compile -q pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --no-strip-extras \
	  --no-header --no-annotate -c requirements.txt -o requirements-dev.txt

bench-loop: setup ## CPU of a loop step beside a bare loop (BENCH_MINI_PYTHON=... adds mini-swe-agent); one JSON line
	@$(RUN) evals.bench.loop

bench-local: engine ## A small local model on SUITE, specs with hidden tests: MODEL=, BASE_URL=, PEER= (a command, see evals); one JSON line
	@$(RUN) evals.bench.local "$(SUITE)" "$(MODEL)" "$(BASE_URL)" $(if $(PEER),--peer '$(PEER)')

bench-intake: setup ## kB of spec and tables of DDL read a second, and whether the cost grows in line
	@$(RUN) evals.bench.intake

bench-demo: engine ## Seconds of the demo and of its verdict beside the bare tests; one JSON line
	@$(RUN) evals.bench.demo

bench-components: engine ## A generated backend beside a hand-written one under load; one JSON line
	@$(RUN) evals.bench.components

faults-components: engine ## Plant every fault in generated backends: which of their own tests finds it? Writes docs/faults.md
	@$(RUN) tests.tools.components.planting docs/faults.md

prove-large: engine ## Build and prove the two largest examples, 10 and 27 entities, without a model
	for name in conferences shop; do \
	  $(RUN) agent run examples/$$name/spec.md --repo demo/$$name --model builtin --sandbox $(SANDBOX) || exit 1; \
	done

bench-verifier: engine ## Planted flaws found, sound twins accused, forged verdicts (evals/corpus; ruff and bandit on the PATH join)
	@[ -d evals/corpus/packages ] || $(RUN) pip install -q --target evals/corpus/packages httpx==0.28.1
	@$(RUN) evals.bench.verifier

bench-faults: setup ## Every fault of a model's endpoint through the whole loop (FAULTS_MINI_PYTHON=, FAULTS_LANGCHAIN_PYTHON= add peers; KEEP=--save)
	@$(RUN) tests.agent.fault_matrix $(KEEP)

bench-long: setup ## CPU of a step at 30, 200 and 1000 steps, and 100 runs at once; one JSON line
	@$(RUN) evals.bench.long

bench-eval: setup ## A thousand simulated cases, a hundred at once, beside what they would ideally take; one JSON line
	@$(RUN) tests.evals.many_trials

crash-matrix: setup ## SIGKILL at every boundary of a run, resume, compare; one JSON line (KEEP=--save keeps it for docs)
	@$(RUN) tests.agent.crash_matrix $(KEEP)

crash-product: setup ## The same for the builtin planner's run, as the product is called, machines played
	CRASH_ALL=1 $(RUN) pytest --timeout 0 tests/agent/test_crash_product.py

planted-bugs: setup ## Plant bugs that lose what a run did; the sample of the crash matrix must see each
	PLANT_ALL=1 $(RUN) pytest tests/agent/test_planted_bugs.py

crash-docker: engine ## The same for the builtin planner's run with real sandboxes
	CRASH_ALL=1 $(RUN) pytest tests/agent/test_crash_docker.py

attacks: engine ## Every attack of docs/security.md on every backend (ATTACKS=bubblewrap picks one); one JSON line each
	@$(RUN) tests.sandbox.attacks $(ATTACKS)

bench-sandbox: engine ## Milliseconds of each sandbox beside bare docker exec and bwrap; one JSON line
	@$(RUN) evals.bench.sandbox

reliability: setup ## Write docs/reliability.md from the tests' tables
	$(RUN) tests.agent.reliability docs/reliability.md

eval-smoke: engine ## Builtin on three cases with hidden tests, and whether those cases are right
	$(RUN) agent eval check smoke
	$(RUN) agent eval smoke --model builtin

eval-components: engine ## Builtin on the structured specs, all of which it must pass
	$(RUN) agent eval components --model builtin

eval-oracle: engine ## Solution, nothing and every seeded fault on all cases of every suite; long
	$(RUN) agent eval check smoke
	$(RUN) agent eval check components
	$(RUN) agent eval check core

acknowledge: engine ## Record the recorded model runs anew after a change of prompts, tools or templates
	$(RUN) tests.agent.recorded_runs

replay: engine ## Play every recorded model run again, strictly; `make test` plays one a day
	REPLAY_ALL=1 $(RUN) pytest tests/agent/test_recorded_runs.py

schemas: setup ## Write docs/schema/ from the models
	$(RUN) agent.schemas docs/schema

clean: ## Remove the demo and every cache; .venv stays
	rm -rf demo .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage htmlcov
