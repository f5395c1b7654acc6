# Two commands do everything: `make run` and `make test`.
.DEFAULT_GOAL := help
PYTHON_IN_VENV := .venv/bin/python

.PHONY: help
help: ## Show this help
	@grep -hE '^[a-z][a-z-]*:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

.PHONY: setup
setup: ## Virtual environment, packages, models
	@scripts/setup

.PHONY: setup-dev
setup-dev: ## The same, and what the tests need
	@scripts/setup dev

.PHONY: run
run: setup ## Everything on this machine; page on http://localhost:8000 (WTA_PORT); Ctrl-C stops it
	@exec $(PYTHON_IN_VENV) -m wta run

.PHONY: test
test: setup-dev ## Every check and every test; in CI the containers too
	@scripts/test

.PHONY: setup-chaos
setup-chaos:
	@scripts/setup chaos

.PHONY: chaos
chaos: setup-chaos ## Every fault of docs/faults.md, made on a system of its own (15 minutes); SEED=
	@$(PYTHON_IN_VENV) -m chaos --seed $(or $(SEED),1)

.PHONY: storm
storm: setup-chaos ## 500 utterances while something is killed every 3 s (15 minutes); UTTERANCES=, SEED=
	@$(PYTHON_IN_VENV) -m chaos storm --utterances $(or $(UTTERANCES),500) --seed $(or $(SEED),1)

.PHONY: soak
soak: setup-chaos ## Steady speakers for MINUTES= (30): memory, descriptors and latency must stay where they are
	@$(PYTHON_IN_VENV) -m chaos soak --minutes $(or $(MINUTES),30)

.PHONY: test-docker
test-docker: setup-dev ## The containers: built, spoken to, killed, scaled (needs Docker)
	@scripts/test-docker

.PHONY: fuzz
fuzz: setup-dev ## Nonsense to the WebSocket: SESSIONS= (1000), nothing may crash or stay behind
	@WTA_FUZZ_SESSIONS=$(or $(SESSIONS),1000) $(PYTHON_IN_VENV) -m pytest -s tests/fastapi_service/sessions/test_fuzz.py

.PHONY: bench
bench: setup-dev ## How soon the words settle, beside openai-whisper and faster-whisper; QUICK=1: 3 minutes; WTA_SPEECH_DIR=
	@$(PYTHON_IN_VENV) -m pip install --quiet --disable-pip-version-check -r requirements-bench.txt
	@[ -d .run/whisper-live ] || $(PYTHON_IN_VENV) -m pip install --quiet --disable-pip-version-check --no-deps --target .run/whisper-live whisper-live==0.10.0
	@QUICK=$(QUICK) $(PYTHON_IN_VENV) -m benchmarks

.PHONY: load
load: setup-dev ## 1,000 live sessions whose workers sleep as long as real ones work (12 minutes); ARGS="--sessions 100"
	@$(PYTHON_IN_VENV) -m benchmarks.load $(ARGS)

.PHONY: eval-sentiment
eval-sentiment: setup-dev ## How good the sentiment is, on the treebank's dev set; DATA=FILE (label<TAB>text): on another; SPOKEN=0: unspoken
	@$(PYTHON_IN_VENV) -m benchmarks.sentiment $(if $(DATA),--data '$(DATA)') $(if $(MODEL),--model '$(MODEL)') $(if $(SPOKEN),--spoken '$(SPOKEN)')

.PHONY: lint
lint: ## Style, types, and which module may import which
	@.venv/bin/ruff check . && .venv/bin/ruff format --check . && .venv/bin/mypy && .venv/bin/lint-imports --no-cache --no-logo && npm run --silent lint

.PHONY: docs
docs: ## Write what documents take from code and from benchmarks/results
	@$(PYTHON_IN_VENV) -m wta settings --markdown > docs/configuration.md
	@$(PYTHON_IN_VENV) -m fastapi_service.asyncapi > docs/asyncapi.yaml
	@$(PYTHON_IN_VENV) -m benchmarks.figures

.PHONY: site
site: setup-dev ## The documents as a site with search, in .run/site
	@$(PYTHON_IN_VENV) scripts/site.py

.PHONY: clean
clean: ## Remove what was made here, but the models
	rm -rf .venv node_modules .run .pytest_cache .mypy_cache .ruff_cache .hypothesis tests/output

.PHONY: lock
lock: ## Write constraints.txt from what .venv holds now
	@{ echo "# Versions of everything, direct and transitive. Made by 'make lock' from a working .venv."; \
	  .venv/bin/pip freeze --exclude-editable | sed 's/^\(torch==[0-9.]*\)+.*/\1/' | sort -f; } > constraints.txt
