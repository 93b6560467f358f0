# Everything needs Python 3.11+, Node 20+ and Terraform 1.5+ (or OpenTofu, through TERRAFORM_BINARY_NAME); nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Checkov's dependencies contradict ours, so it has an environment of its own.
CHECKOV := .venv-checkov
# npm and cdktf must not ask anything, and must not phone home.
export CHECKPOINT_DISABLE := 1
export npm_config_fund := false
export npm_config_audit := false
export npm_config_update_notifier := false
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help setup checkov demo examples test check snapshots schema instance-data bench bench-gates lock clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | sed 's/:.*## /\t/' | expand -t 15

setup: $(VENV)/.installed node_modules/.installed ## Install everything into this folder

$(VENV)/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed: https://www.python.org/downloads/, or PYTHON=/path/to/python3 make ..."; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

node_modules/.installed: package.json package-lock.json
	@command -v npm >/dev/null || { echo "Node 20 or newer with npm is needed: https://nodejs.org/"; exit 2; }
	npm ci --no-progress --loglevel=error
	@touch $@

checkov: $(CHECKOV)/.installed ## Install Checkov, which `make test` scans the stacks with

$(CHECKOV)/.installed: checkov.lock
	$(PYTHON) -m venv $(CHECKOV)
	$(CHECKOV)/bin/pip install --quiet --require-hashes -r checkov.lock
	@touch $@

terraform:
	@command -v $${TERRAFORM_BINARY_NAME:-terraform} >/dev/null || \
		{ echo "Terraform 1.5 or newer is needed: https://developer.hashicorp.com/terraform/install"; exit 2; }
.PHONY: terraform

demo: setup terraform ## Deploy platform.yaml on this machine, run the first job, show what came out
	$(BIN)/emr-eks check
	$(BIN)/emr-eks local deploy
	$(BIN)/emr-eks local plan
	$(BIN)/emr-eks job submit --local examples/jobs/threadsleep.yaml
	$(BIN)/emr-eks job list --local --team analytics
	$(BIN)/emr-eks local objects
	$(BIN)/emr-eks local outputs
	@echo
	@echo "All of this runs here, with no AWS account. When you have seen enough: $(BIN)/emr-eks local down"

examples: setup terraform ## Live through the platforms of examples/ on this machine; ONLY="s3 s4" for some of them
	@$(BIN)/python -m examples.run $(ONLY)

test: setup checkov ## Check style and types, and run every test
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/pytest

# Two processes, as the quick tests share next to nothing; all of them share one, beside which the long programs run.
check: setup ## Style, types and the tests that start neither Terraform nor a long program: a minute
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/pytest --numprocesses 2 --dist worksteal -m "not terraform and not other_core"

snapshots: setup ## Accept the synthesised output as the new snapshots; review the diff
	$(BIN)/pytest tests/stacks/test_snapshots.py --snapshot-update

schema: setup ## Generate the JSON Schemas and docs/configuration.md from the Specs and the review
	$(BIN)/emr-eks schema > platform.schema.json
	$(BIN)/emr-eks schema --reference > docs/configuration.md
	$(BIN)/emr-eks job schema --reference > docs/job-file.md
	$(BIN)/python -c "from emr_eks.review.formats import json; print(json.schema(), end='')" > docs/review.schema.json

instance-data: setup ## Renew the facts about EC2 instance types from the installed moto
	$(BIN)/python -m provisioners.landing.generate

bench: setup ## Measure synthesis, ten minutes, and write docs/performance.md
	$(BIN)/python -m benchmarks

bench-gates: setup ## Fail if synthesis asks Node more, or loads more, than it should
	$(BIN)/python -m benchmarks.gates

lock: ## Pin the newest Python packages that fit; needs uv
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.10 --generate-hashes \
		--no-emit-index-url --no-header --upgrade --quiet -o requirements.lock
	echo checkov | uv pip compile - --universal --python-version 3.10 --generate-hashes \
		--no-emit-index-url --no-header --upgrade --quiet -o checkov.lock

clean: ## Remove what was installed and synthesised; local clouds are stopped by `emr-eks local down`
	rm -rf $(VENV) $(CHECKOV) node_modules cdktf.out .pytest_cache .mypy_cache .ruff_cache
