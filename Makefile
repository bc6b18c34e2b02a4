# make demo    the embedded corpus through every stage, to results/report.html: ten minutes on two cores
# make test    the tests
# make env     the environment alone: .venv, with snakemake, dvc and signscale in .venv/bin
# make test-scenarios   runs that are killed, fail, or find raw data changed
# make test-slurm   the workflow on a Slurm started here; needs root
# make dag     the graph of the rules, into README.md; after make demo
# make release TAG=v0.1.0   the demo's models to released/, committed and tagged; RELEASE names others
# make lint    the style checks
# make bench   the measurements there are; make bench-NAME runs one, ARGS="..." go to it
# Each of these makes its environment in .venv first, with Python 3.11 and pip alone.
# make env-mmpose     MMPose, the paper's estimator of whole bodies, in .venv-mmpose (three minutes)
# make env-interwild  InterWild, its estimator of hands, with MMPose, in .venv-interwild; licence CC-BY-NC 4.0
PYTHON ?= python3.11
LOCK := $(shell cksum < envs/base.txt | tr ' ' '-')
READY := .venv/ready-$(LOCK)
export PATH := $(CURDIR)/.venv/bin:$(PATH)

INTERWILD ?= https://github.com/facebookresearch/InterWild
INTERWILD_COMMIT := 7c01e4ad4909652056a68af93b4c16ceabbce8fe

.PHONY: help env demo test test-slurm test-scenarios lint bench dag release env-mmpose env-interwild

help:
	@sed -n 's/^# \{0,1\}//p;/^PYTHON/q' Makefile

$(READY):
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is needed: install it, or name it: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@echo "Installing the packages of envs/base.txt into .venv (about two minutes, once)"
	$(PYTHON) -m venv --clear .venv
	.venv/bin/python -m pip install --quiet --constraint envs/base.txt torch
	.venv/bin/python -m pip install --quiet --no-deps -r envs/base.txt
	.venv/bin/python -m pip install --quiet --no-deps --no-build-isolation -e .
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
	OMP_NUM_THREADS=1 python -m pytest -q -m scenarios tests/workflow

test-slurm: $(TEST_READY)
	OMP_NUM_THREADS=1 python -m pytest -q -m slurm --timeout 3000 tests/workflow/test_slurm.py

dag: $(READY)
	snakemake --profile demo all --rulegraph mermaid-js | python docs/dag.py

RELEASE ?= $(addprefix results/demo/,pretrain $(patsubst %,finetune/%/pretrained-1,letters words_cslr words_retrieval))
release: $(READY)
	@test -n "$(TAG)" || { echo "Name the release: make release TAG=v0.1.0" >&2; exit 1; }
	@! git rev-parse --quiet --verify "refs/tags/$(TAG)" >/dev/null || { echo "$(TAG): this tag is taken" >&2; exit 1; }
	signscale release --preset demo $(RELEASE)
	git add released
	git commit --quiet --message "Release $(TAG)"
	git tag --annotate "$(TAG)" --message "Release $(TAG)"
	@echo "Now: git push origin HEAD $(TAG)"

lint: $(READY)
	ruff check
	ruff format --check
	snakefmt --check Snakefile workflow/rules

bench:
	@for file in $(filter-out %_step.py %_sets.py,$(wildcard benchmarks/*.py)); do \
		printf 'make bench-%s\n    ' "$$(basename $$file .py)"; sed -n '1s/"""//gp' $$file; done

bench-mmpose_throughput: env-mmpose
	.venv-mmpose/bin/python benchmarks/mmpose_throughput.py $(ARGS)

bench-%: $(READY)
	python benchmarks/$*.py $(ARGS)

# An environment is whole once it holds a copy of its lock: the jobs that use it compare the two.
env-mmpose: .venv-mmpose/lock.txt
env-interwild: .venv-interwild/lock.txt .venv-interwild/InterWild/.git/HEAD

.venv-%/lock.txt: envs/%.txt
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is needed: install it, or name it: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@echo "Installing the packages of $< into .venv-$*"
	$(PYTHON) -m venv --clear .venv-$*
	.venv-$*/bin/python -m pip install --quiet --constraint $< setuptools wheel torch
	grep -v '^xtcocotools==' $< | .venv-$*/bin/python -m pip install --quiet --no-deps -r /dev/stdin
	.venv-$*/bin/python -m pip install --quiet --no-deps --no-build-isolation --no-binary xtcocotools --constraint $< xtcocotools
	.venv-$*/bin/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@cp $< $@

# The lock is made first: it clears the folder.
.venv-interwild/InterWild/.git/HEAD: .venv-interwild/lock.txt
	git clone --quiet --no-checkout $(INTERWILD) .venv-interwild/InterWild
	git -C .venv-interwild/InterWild checkout --quiet --detach $(INTERWILD_COMMIT)
