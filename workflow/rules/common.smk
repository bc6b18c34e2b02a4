# What the rules share: the params, the command line with its records, and the input functions.
import os
import shlex
import subprocess
import sys

from snakemake.exceptions import WorkflowError

from signscale.provenance import stages, availability, definition, records, why
from signscale.ablations import points
from signscale.corpora import load_corpus
from signscale.errors import SignScaleError
from signscale.keypoints.estimators import choice
from signscale.keypoints.estimators.environment import preflight
from signscale.params import load_params
from signscale.provenance.command import interpreter, job_command, missing_commands
from signscale.provenance.place import Place
from signscale.provenance.preflight import missing_split, model_lines
from signscale.provenance.raw import of_a_plan


def stop(message):
    """End the run before any job, with only the message."""
    print(message, file=sys.stderr)
    sys.exit(1)


def checked_params():
    """The validated params of the preset, without the corpora this machine has no access to.

    --config may choose the preset.
    """
    if others := sorted(set(config) - {"preset"}):
        stop(
            f"--config {others[0]}: only --config preset=NAME is allowed; change values in params.yaml, or for one "
            f"experiment with `dvc exp run -S {others[0]}=...`"
        )
    try:
        params = load_params(".", config.get("preset"))
        if "DVC_STAGE" in os.environ and params.preset != load_params(".").preset:
            stop("--config preset: under DVC, change the preset in params.yaml instead")
        if not workflow.is_main_process:
            return availability.decided(params)
        left, absent = availability.decide(params)
        ABSENT.update(absent)
        return left
    except SignScaleError as error:
        stop(error)


def shared_gpus():
    """See local_gpus; ends the run if nvidia-smi fails."""
    try:
        return local_gpus()
    except SignScaleError as error:
        stop(error)


GPUS = shared_gpus()  # those that the jobs of this run share by locks; None on a cluster, which gives each its own
ABSENT = {}  # corpora this run goes without: why
PARAMS = checked_params()
PRESET = PARAMS.preset
PLACE = Place(PARAMS)
SETTLED = {}  # acquired corpus: time of its manifest when the stamps were last settled
LATEST = []  # the place as it was then, with all that was looked at
STAMPS = []  # the folder of the stamps, once it is known
COMPLETE_BEFORE = []  # the stages that were complete when this run began
KNOWN = {}  # the steps as they were then
ACQUIRED = set()  # corpora whose acquire job is done, in this run
PLANNED = set()  # benchmarks that this run fine-tunes


def check_settings():
    """Refuse to go on if Snakemake compares more than the stamps' times: its own records may be of another commit.

    Only of the run itself: a cluster's job gets its one target without the profiles, and makes it whatever the times.
    """
    if not workflow.is_main_process:
        return
    if not compares_only_times():
        stop("profiles/default/profile.yaml does not hold: leave out --workflow-profile, --rerun-triggers and the like")


def plans_only():
    """Whether this call of Snakemake runs no job: a dry run, a picture of the graph, or one beside a run that works.

    It then leaves everything alone that the jobs of another run read.
    """
    return workflow.executor_plugin is None or workflow.dryrun or locked_by_another_run()


def settle():
    """Put the stamps in order; returns which steps are fresh. The first time, the graph is about to be built."""
    if first := not STAMPS:
        STAMPS.append("planned" if plans_only() else "stamps")
        if STAMPS == ["stamps"]:
            availability.keep(PARAMS, list(ABSENT))
    # A manifest that lies there may be of a job that is not done; the graph does not know its clips yet.
    times = {c: manifest_time(c) for c in PARAMS.acquire.corpora}
    acquired = {c for c, at in times.items() if c in ACQUIRED or at == AT_START[c] != 0}
    acquired = frozenset(acquired)
    LATEST[:] = [Place(PARAMS, acquired=acquired, stamps=STAMPS[0], reading=of_a_plan())]
    try:
        fresh = records.settle(*LATEST)
        if first:
            COMPLETE_BEFORE[:] = records.complete(fresh)
            announce()
    except SignScaleError as error:
        stop(error)
    KNOWN.clear()
    SETTLED.clear()
    SETTLED.update({c: times[c] for c in acquired})
    return fresh


def manifest_time(corpus):
    """When the manifest of a corpus was written, 0 if it is not there."""
    path = PLACE.manifest(corpus)
    return path.stat().st_mtime_ns if path.is_file() else 0


def manifest_of(corpus):
    """The manifest of a corpus, once it is acquired; what it says is new to the stamps the first time."""
    check_settings()
    lift_rate_limit()
    path = checkpoints.acquire_corpus.get(corpus=corpus).output.manifest
    ACQUIRED.add(corpus)
    if workflow.is_main_process and SETTLED.get(corpus) != manifest_time(corpus):
        settle()
        forget_reasons(corpus)
        check_splits(corpus)
    return path


def manifests(wildcards):
    """The manifests of all corpora."""
    return [manifest_of(corpus) for corpus in PARAMS.acquire.corpora]


def base_manifest(wildcards):
    """The manifest of the corpus that a composed one joins, else nothing."""
    base = stages.base_of(wildcards.corpus)
    return [] if base == wildcards.corpus else manifest_of(base)


def fetched_parts(wildcards):
    """The records of the jobs that share a corpus's fetching, none if it is fetched by one job."""
    return [str(PLACE.record(step)) for step in stages.fetch_steps(PARAMS, wildcards.corpus)]


def shards_of(corpus):
    """The extracted shards of a corpus."""
    manifest_of(corpus)
    count = definition.shard_counts(PLACE)[corpus]
    return [f"results/{PRESET}/{stages.shard_step(corpus, k)}.h5" for k in range(count)]


def processes_of(wildcards):
    """The processes that share out a shard's clips: several where there are pictures to estimate."""
    return 4 if choice.estimators_of(PARAMS.keypoints, load_corpus(wildcards.corpus)) else 1


def extraction_memory(wildcards, threads, attempt):
    """Memory of an extraction job in MB; more when it is tried again."""
    return choice.memory_mb(PARAMS.keypoints, load_corpus(wildcards.corpus), threads) * attempt


def extraction_gpu(wildcards):
    """GPUs of an extraction job: one if its estimator wants one."""
    return int(choice.wants_gpu(PARAMS.keypoints, load_corpus(wildcards.corpus)))


def check_scheduler():
    """Before the first job: end the run with one line for each command of Slurm that it will not find."""
    status = submits_to_slurm()
    if status and (lines := missing_commands(status)):
        raise WorkflowError("\n".join(lines))


def say_what_extraction_lacks():
    """Before the first job: one line for each environment or file that the extraction of a corpus will not find."""
    if workflow.is_main_process:
        for line in preflight(PARAMS.keypoints, corpora_to_extract()):
            print(line, file=sys.stderr)


def models_of(wildcards):
    """The weights that the estimator of a corpus needs and that are named by a URL."""
    needed = choice.weights_of(PARAMS.keypoints, load_corpus(wildcards.corpus))
    return [str(weights.path) for weights in needed if "://" in weights.source]


def stamp(step):
    """The stamp of a step, whose time says whether it is fresh; the first one asked for puts all in order."""

    def path(wildcards):
        if workflow.is_main_process and not STAMPS:
            settle()
        place = LATEST[0] if LATEST else PLACE
        return str(place.stamp(step.format(**wildcards)))

    return path


def announce():
    """Before any job: one line per missing corpus, with how to get it; per download; and per reason to run again."""
    for corpus, line in (ABSENT | availability.to_fetch(PARAMS)).items():
        print(f"{corpus}: {line}", file=sys.stderr)
    found = {name: [line for line in lines if line != why.NEVER_MADE] for name, lines in why.reasons(LATEST[0]).items()}
    for line in [*model_lines(PARAMS), *why.by_stage(found)]:
        if not line.endswith(" made again"):
            print(line, file=sys.stderr)


def after(step):
    """The records of the steps that a step builds on; they pass on that an earlier step runs."""
    return lambda wildcards: [str(PLACE.record(name)) for name in steps_now()[step.format(**wildcards)].after]


def steps_now():
    """The steps by name, as far as the manifests told when the stamps were last settled."""
    if not KNOWN:
        KNOWN.update(definition.known_steps(LATEST[0] if LATEST else PLACE))
    return KNOWN


def audit_step():
    """The step that audits the corpora; ends the run if none of them is a published one."""
    if not stages.published(PARAMS):
        stop(f"audit: none of {', '.join(PARAMS.acquire.corpora)} is a published corpus; there is nothing to compare")
    return stages.AUDIT


def corpus_of(wildcards):
    """The corpus of a benchmark."""
    return PARAMS.finetune.benchmarks[wildcards.benchmark].corpus


def pack_to_train_on(wildcards):
    """The pack of a benchmark's corpus; ends the run if that is known to lack a split."""
    PLANNED.add(wildcards.benchmark)
    check_splits(corpus_of(wildcards))
    return f"<results>/pack/{corpus_of(wildcards)}/shard.h5"


def check_splits(corpus):
    """End the run if a benchmark of this run needs a split that its corpus does not have: now, not after all else."""
    for benchmark in sorted(PLANNED):
        if PARAMS.finetune.benchmarks[benchmark].corpus == corpus and workflow.is_main_process:
            try:
                line = missing_split(PARAMS, benchmark)
            except SignScaleError as error:
                line = str(error)
            if line:
                stop(line)


def needs_pretrained(wildcards):
    """Whether a run starts from the pre-trained model, or has its sizes."""
    return wildcards.init == "pretrained" or bool(PARAMS.pretrain.start)


def pretrained_weights(wildcards):
    """The pre-trained weights of a run that starts from them, or that has the sizes of a model taken over."""
    return "<results>/pretrain/model.safetensors" if needs_pretrained(wildcards) else []


def pretrained_option(wildcards):
    """The option of `signscale finetune` that names the pre-trained model, if the run needs one."""
    return f"--pretrained results/{PRESET}/pretrain" if needs_pretrained(wildcards) else ""


def swept(step, tables):
    """A step of the ablations over some tables; ends the run if it cannot end well, names benchmarks it goes without."""
    try:
        points.check(PARAMS, tables)
    except SignScaleError as error:
        stop(error)
    if not (here := points.benchmarks(PARAMS)):
        stop(f"ablations: none of {', '.join(PARAMS.ablations.benchmarks)} is a benchmark of this run")
    if gone := [name for name in PARAMS.ablations.benchmarks if name not in here]:
        print(f"ablations: without {', '.join(gone)}, which this run does not have", file=sys.stderr)
    return step


def point_weights(wildcards):
    """The weights that a run of the ablations starts from; nothing if from scratch."""
    before = points.run_of(PARAMS, wildcards.point, wildcards.benchmark, int(wildcards.seed)).pretrain
    return f"<results>/{before}/model.safetensors" if before else []


def resume_folder(name):
    """Where a step keeps its resume state: another folder for other params, code or data."""
    place = LATEST[0] if LATEST else Place(PARAMS)
    return f"scratch/{name}/{records.fingerprint(place, name)}"


def more_memory(mb):
    """Memory of a job in MB: a job that is tried again, perhaps because this was too little, gets as much once more."""
    return lambda wildcards, attempt: mb * attempt


def signscale(step):
    """The command line that makes a step and leaves its record. `gpu` of a rule counts those of all its nodes."""
    return lambda wildcards, resources: job_command(
        PRESET, step.format(**wildcards), resources.get("nodes", 1), resources.get("gpu", 0), deploys_software(), GPUS
    )


def all_gpus(wildcards):
    """The GPUs of a job that takes all of the machine; on a cluster a node's eight, if the profile says nothing else."""
    return 8 if GPUS is None else len(GPUS)


def commit_stages():
    """Let DVC take note of the stages that this run completed, unless it is DVC that runs us."""
    ACQUIRED.update(PARAMS.acquire.corpora)
    complete = records.complete(settle())
    first = next((m for m in complete if m not in COMPLETE_BEFORE), None)
    made = [m for m in complete[complete.index(first) :] if m != "acquire"] if first else []
    if not made or "DVC_STAGE" in os.environ or load_params(".").preset != PRESET or not os.path.isdir(".dvc"):
        return
    command = [sys.executable, "-m", "dvc", "commit", "--quiet", "--force", *made]
    if subprocess.run(command).returncode:
        print(f"DVC took no note of {', '.join(made)}; by hand: dvc commit --force {' '.join(made)}", file=sys.stderr)


AT_START = {corpus: manifest_time(corpus) for corpus in PARAMS.acquire.corpora}
