# make demo    the embedded corpus through every stage, to results/report.html: twenty minutes on two cores
# make test    the tests
# make env     only the environment: .venv, with snakemake, dvc and signscale in .venv/bin
# make docs    the documentation as a site with search, in site/
# make lint    the style checks
# make bench   list the measurements; make bench-NAME runs one, ARGS="..." passes options to it
# make clean   remove environments, caches and the site; make clean-results also removes results, logs and scratch
#
# make test-scenarios   the longest tests: runs killed or failing, several ranks, GPUs by substitutes, the ablations
# make test-faults      bad files, kills and tampered results, each refused or remade: ten minutes at most
# make test-slurm       the workflow on a Slurm started here; needs root
# make dag              draw the graph of the rules into docs/how-it-works.md; after make demo
# make release TAG=v0.1.0   copy the models of the preset `released` to released/, commit and tag them; RELEASE names
#                       other models, PRESET another preset, ONE_SHOT a file of results for the encoder's card
# make env-mmpose       MMPose, the paper's estimator of whole bodies, in .venv-mmpose (three minutes)
# make env-interwild    InterWild, its estimator of hands, with MMPose, in .venv-interwild; licence CC-BY-NC 4.0
#
# Each target installs what it needs first. Requires Linux and Python 3.11 or 3.12; name one with PYTHON=/path/to/python.
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c

SUPPORTED := import ensurepip, sys, venv; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))
PYTHON ?= $(shell for one in python3.11 python3.12 python3 python; do \
	"$$one" -c '$(SUPPORTED)' 2>/dev/null && echo "$$one" && break; done)
define check_python
@test -n "$(PYTHON)" && "$(PYTHON)" -c '$(SUPPORTED)' 2>/dev/null || { printf '%s\n' \
	"Python 3.11 or 3.12 with venv is needed$(if $(PYTHON),; $(PYTHON) is not that)." \
	"Install one: uv python install 3.12, or with your package manager (Debian, Ubuntu: apt install python3-venv)." \
	"Or name it: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
endef

# Counts packages while pip works, instead of a line or two for each of them.
COUNTED = --progress-bar off | awk -v all="$$(grep -c == $(1))" \
	'/^(Collecting|Processing|Requirement already)/ { printf "\r  %d of %d packages", ++n, all; fflush() } END { print "" }'
SIZE = @du -sh $(1) | awk '{ print "Installed: $(1) takes " $$1 " of disk" }'

LOCK := $(shell cksum < envs/base.txt | tr ' ' '-')
READY := .venv/ready-$(LOCK)
export PATH := $(CURDIR)/.venv/bin:$(PATH)

INTERWILD ?= https://github.com/facebookresearch/InterWild
INTERWILD_COMMIT := 7c01e4ad4909652056a68af93b4c16ceabbce8fe

.PHONY: help env demo test test-slurm test-scenarios test-faults lint docs bench dag release env-mmpose env-interwild clean clean-results

help:
	@sed -n 's/^# \{0,1\}//p;/^SHELL/q' Makefile

$(READY):
	$(check_python)
	@echo "Installing the packages of envs/base.txt into .venv with $(PYTHON): some minutes, once"
	$(PYTHON) -m venv --clear .venv
	.venv/bin/python -m pip install --constraint envs/base.txt torch
	.venv/bin/python -m pip install --no-deps -r envs/base.txt $(call COUNTED,envs/base.txt)
	.venv/bin/python -m pip install --quiet --no-deps --no-build-isolation -e .
	$(call SIZE,.venv)
	@touch $@

TEST_READY := .venv/ready-test-$(LOCK)-$(shell cksum < envs/test.txt | tr ' ' '-')
$(TEST_READY): $(READY)
	.venv/bin/python -m pip install --quiet --no-deps -r envs/test.txt
	@touch $@

env: $(READY)
	@echo 'Ready. In this shell: export PATH="$(CURDIR)/.venv/bin:$$PATH"'

demo: $(READY)
	snakemake --profile demo all
	@cp -f results/demo/report/report.html results/report.html
	@echo "The report: $(CURDIR)/results/report.html"

test: $(TEST_READY)
	OMP_NUM_THREADS=1 python -m pytest -q -n 2 --durations 15

test-scenarios: $(TEST_READY)
	OMP_NUM_THREADS=1 python -m pytest -q -m scenarios --timeout 1800

test-faults: $(TEST_READY)
	OMP_NUM_THREADS=1 timeout 600 python -m pytest -q -n 2 -m "" tests/faults

test-slurm: $(TEST_READY)
	OMP_NUM_THREADS=1 python -m pytest -q -m slurm --timeout 3000 tests/workflow/test_slurm.py

dag: $(READY)
	snakemake --profile demo all --rulegraph mermaid-js | python docs/dag.py

PRESET ?= released
RELEASE ?= $(addprefix results/$(PRESET)/,pretrain $(patsubst %,finetune/%/pretrained-1,letters words_cslr words_retrieval))
release: $(READY)
	@test -n "$(TAG)" || { echo "Name the release: make release TAG=v0.1.0" >&2; exit 1; }
	@! git rev-parse --quiet --verify "refs/tags/$(TAG)" >/dev/null || { echo "$(TAG): this tag is taken" >&2; exit 1; }
	signscale release --preset $(PRESET) $(if $(ONE_SHOT),--one-shot $(ONE_SHOT)) $(RELEASE)
	git add released
	git commit --quiet --message "Release $(TAG)"
	git tag --annotate "$(TAG)" --message "Release $(TAG)"
	@echo "Now: git push origin HEAD $(TAG)"

# Not .venv-%/lock.txt: the site needs no torch and no SignScale.
.venv-docs/lock.txt: envs/docs.txt
	$(check_python)
	@echo "Installing the packages of $< into .venv-docs with $(PYTHON)"
	$(PYTHON) -m venv --clear .venv-docs
	.venv-docs/bin/python -m pip install --no-deps -r $< $(call COUNTED,$<)
	@cp $< $@

docs: .venv-docs/lock.txt
	NO_MKDOCS_2_WARNING=1 .venv-docs/bin/mkdocs build --quiet --strict
	@echo "The site: $(CURDIR)/site/index.html; to read it with search: .venv-docs/bin/mkdocs serve"

lint: $(READY)
	ruff check
	ruff format --check
	snakefmt --check Snakefile workflow/rules

bench:
	@for file in $(filter-out %_step.py %_sets.py %_table.py,$(wildcard benchmarks/*.py)); do \
		printf 'make bench-%s\n    ' "$$(basename $$file .py)"; sed -n '1s/"""//gp' $$file; done

bench-mmpose_throughput: env-mmpose
	.venv-mmpose/bin/python benchmarks/mmpose_throughput.py $(ARGS)

bench-%: $(READY)
	python benchmarks/$*.py $(ARGS)

# An environment is whole once it holds a copy of its lock: the jobs that use it compare the two.
env-mmpose: .venv-mmpose/lock.txt
env-interwild: .venv-interwild/lock.txt .venv-interwild/InterWild/.git/HEAD

.venv-%/lock.txt: envs/%.txt
	$(check_python)
	@echo "Installing the packages of $< into .venv-$* with $(PYTHON)"
	$(PYTHON) -m venv --clear .venv-$*
	.venv-$*/bin/python -m pip install --constraint $< setuptools wheel torch
	grep -v '^xtcocotools==' $< | .venv-$*/bin/python -m pip install --no-deps -r /dev/stdin $(call COUNTED,$<)
	.venv-$*/bin/python -m pip install --quiet --no-deps --no-build-isolation --no-binary xtcocotools --constraint $< xtcocotools
	.venv-$*/bin/python -m pip install --quiet --no-deps --no-build-isolation -e .
	$(call SIZE,.venv-$*)
	@cp $< $@

# The lock is made first: it clears the folder.
.venv-interwild/InterWild/.git/HEAD: .venv-interwild/lock.txt
	git clone --quiet --no-checkout $(INTERWILD) .venv-interwild/InterWild
	git -C .venv-interwild/InterWild checkout --quiet --detach $(INTERWILD_COMMIT)

# Raw data stays: data/ may hold what nobody can download twice.
clean:
	rm -rf .venv .venv-* site build .snakemake .pytest_cache .ruff_cache src/*.egg-info
	find Makefile src tests docs benchmarks workflow -name __pycache__ -prune -exec rm -rf {} +

clean-results: clean
	rm -rf results logs scratch
