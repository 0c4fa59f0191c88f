# `make up` and `make demo` are the two commands a newcomer needs; the rest is for those who change the code.
.DEFAULT_GOAL := help
SHELL := /bin/sh
RUN := .venv/bin/
export UV_SYSTEM_CERTS := 1
# Compiled once, not at every start of a process: a service starts in 1 s instead of 4.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help tools up demo test test-long check format openapi chaos bench containers rabbitmq

help: ## what this Makefile can do
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

tools: ## install uv and the locked dependencies when missing
	@sh deploy/local/bin/tools.sh

up: ## start everything in one process on http://127.0.0.1:8000, or another PORT= (demo directory, data in .unavez/)
	@exec ./unavez up $(if $(PORT),--port $(PORT))

demo: ## the main job, unattended: one intake, its plan, what each agency received
	@exec ./unavez demo

test: tools rabbitmq ## the normal set, on real PostgreSQL and RabbitMQ; the guards of the architecture run in `check`
	$(RUN)pytest -m "not long" --ignore tests/architecture -q -n 2 --dist loadgroup --no-loadscope-reorder

test-long: tools rabbitmq ## the long modes
	$(RUN)pytest -m long -q

check: tools ## lock, lint, format, types, architecture, fresh documents, advisories, secrets, bill of materials
	.tools/bin/uv lock --check --quiet
	$(RUN)ruff check
	$(RUN)ruff format --check
	$(RUN)mypy shared/src deploy/local/src services/*/src
	$(RUN)lint-imports
	$(RUN)pytest -q tests/architecture
	sh tests/openapi/lint.sh
	PYTHONPATH=tests/support $(RUN)python -m unavez_tests.supply

format: tools ## let ruff rewrite
	$(RUN)ruff check --fix
	$(RUN)ruff format

openapi: tools ## write services/*/openapi.json and the documents of events anew
	$(RUN)unavez contracts write

chaos: tools rabbitmq ## every fault of the table, on private servers; those of the broker on RabbitMQ 4.0 too, where it can be had
	@failed=0; $(RUN)pytest tests/chaos -q || failed=1; \
	if four=$$(sh deploy/local/bin/rabbitmq-4.sh); then \
	    UNAVEZ_RABBITMQ=$$four $(RUN)pytest shared/tests/integration/messaging tests/chaos/test_faults.py \
	        -m "broker or not long" -q || failed=1; \
	else echo 'RabbitMQ 4.0: no ejecutado / not run'; fi; \
	exit $$failed

bench: tools rabbitmq ## how fast, beside the least Python with the same durability: a table and bench.json
	PYTHONPATH=tests:tests/support $(RUN)python -m benchmarks $(ARGS)

containers: tools ## the compose file in real containers, upgraded and restored under traffic: a table; needs a Docker engine
	PYTHONPATH=tests:tests/support $(RUN)python -m containers $(ARGS)

rabbitmq: ## install a RabbitMQ server for the tests when none is found
	@sh deploy/local/bin/rabbitmq.sh
