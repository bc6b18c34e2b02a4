# What the rules share: the plan of this run, the command line of a job, and input functions. The logic is in
# src/signscale/provenance; this file only hands it to Snakemake.
import os
import sys

from snakemake.exceptions import WorkflowError

from signscale.ablations import points
from signscale.corpora import load_corpus
from signscale.errors import SignScaleError
from signscale.keypoints.estimators import choice
from signscale.keypoints.estimators.environment import preflight
from signscale.provenance import dvc, stages
from signscale.provenance.command import interpreter, job_command, missing_commands
from signscale.provenance.plan import plan_of
from signscale.provenance.preflight import ablation_lines


def say(lines):
    """Print lines to the user."""
    for line in lines:
        print(line, file=sys.stderr)


def stop(message):
    """End the run with only a message."""
    say([message])
    sys.exit(1)


def or_stop(function, *arguments):
    """The result of a function. Its SignScaleError ends the run, with only the message."""
    try:
        return function(*arguments)
    except SignScaleError as error:
        stop(error)


# The GPUs that the jobs of this run share by locks; None on a cluster, which gives each job its own.
GPUS = or_stop(local_gpus)
PLAN = or_stop(plan_of, config, workflow.is_main_process)
PARAMS = PLAN.params
PRESET = PARAMS.preset


def start():
    """Settle the stamps once, when the graph is about to be built; say what the user should know before any job."""
    if workflow.is_main_process and not PLAN.started:
        # A picture of the graph has no executor. Nor may this run disturb one that works in this folder.
        dry_run = workflow.executor_plugin is None or workflow.dryrun or locked_by_another_run()
        say(or_stop(PLAN.start, dry_run))


def stamp(step):
    """The stamp of a step, whose time says whether the step is fresh."""

    def path(wildcards):
        start()
        return str(PLAN.place.stamp(step.format(**wildcards)))

    return path


def record(step):
    """The provenance record of a step."""
    return str(PLAN.place.record(step))


def after(step):
    """The records of the steps that a step builds on. If one of those steps runs, so does this one."""
    return lambda wildcards: PLAN.records_before(step.format(**wildcards))


def signscale(step):
    """The command line that makes a step and leaves its record. `gpu` of a rule counts those of all its nodes."""
    return lambda wildcards, resources: job_command(
        PRESET, step.format(**wildcards), resources.get("nodes", 1), resources.get("gpu", 0), deploys_software(), GPUS
    )


def more_memory(mb):
    """Memory of a job in MB. A job that is tried again, perhaps because it had too little, gets as much once more."""
    return lambda wildcards, attempt: mb * attempt


def all_gpus(wildcards):
    """The GPUs of a job that takes the whole machine; on a cluster a node's eight, unless the profile says otherwise."""
    return 8 if GPUS is None else len(GPUS)


def manifest_of(corpus):
    """The manifest of a corpus, once it is acquired. A new one tells which steps its clips need."""
    check_settings()
    lift_rate_limit()
    path = checkpoints.acquire_corpus.get(corpus=corpus).output.manifest
    start()
    if workflow.is_main_process and or_stop(PLAN.take_acquired, corpus):
        forget_reasons(corpus)
    return path


def check_settings():
    """End the run if Snakemake compares more than the stamps' times: its own records may be of another commit.

    A job on a cluster is not checked: it starts without the profiles, and makes its one target whatever the times.
    """
    if workflow.is_main_process and not compares_only_times():
        stop("profiles/default/profile.yaml does not hold: leave out --workflow-profile, --rerun-triggers and the like")


def manifests(wildcards):
    """The manifests of all corpora."""
    return [manifest_of(corpus) for corpus in PARAMS.acquire.corpora]


def base_manifest(wildcards):
    """The manifest of the corpus that a composed one joins; nothing for the others."""
    base = stages.base_of(wildcards.corpus)
    return [] if base == wildcards.corpus else manifest_of(base)


def shards_of(corpus):
    """The extracted shards of a corpus."""
    manifest_of(corpus)
    return PLAN.shards(corpus)


def processes_of(wildcards):
    """The processes that share the clips of a shard."""
    return choice.processes(PARAMS.keypoints, load_corpus(wildcards.corpus))


def extraction_memory(wildcards, threads, attempt):
    """Memory of an extraction job in MB; more when it is tried again."""
    return choice.memory_mb(PARAMS.keypoints, load_corpus(wildcards.corpus), threads) * attempt


def extraction_gpu(wildcards):
    """GPUs of an extraction job: one if its estimator wants one."""
    return int(choice.wants_gpu(PARAMS.keypoints, load_corpus(wildcards.corpus)))


def models_of(wildcards):
    """The weights that the estimator of a corpus needs and that are named by a URL."""
    needed = choice.weights_of(PARAMS.keypoints, load_corpus(wildcards.corpus))
    return [str(weights.path) for weights in needed if "://" in weights.source]


def audit_record():
    """The record of the audit. Ends the run if no corpus is a published one."""
    return record(or_stop(stages.audit_step, PARAMS))


def corpus_of(wildcards):
    """The corpus of a benchmark."""
    return PARAMS.finetune.benchmarks[wildcards.benchmark].corpus


def pack_to_train_on(wildcards):
    """The pack of a benchmark's corpus. Ends the run if that corpus is known to lack a split."""
    if workflow.is_main_process:
        or_stop(PLAN.take_benchmark, wildcards.benchmark)
    return f"<results>/pack/{corpus_of(wildcards)}/shard.h5"


def pretrained_weights(wildcards):
    """The pre-trained weights, for a run that reads them."""
    return "<results>/pretrain/model.safetensors" if stages.reads_pretrained(PARAMS, wildcards.init) else []


def pretrained_option(wildcards):
    """The option of `signscale finetune` that names the pre-trained model, for a run that reads it."""
    return f"--pretrained results/{PRESET}/pretrain" if stages.reads_pretrained(PARAMS, wildcards.init) else ""


def ablation_record(step, tables):
    """The record of a step of the ablations over some tables. Ends the run if these cannot be compared."""
    say(or_stop(ablation_lines, PARAMS, tables))
    return record(step)


def point_weights(wildcards):
    """The weights that a run of the ablations starts from; nothing if it starts from random ones."""
    before = points.run_of(PARAMS, wildcards.point, wildcards.benchmark, int(wildcards.seed)).pretrain
    return f"<results>/{before}/model.safetensors" if before else []


def check_before_jobs():
    """Before the first job: end the run if commands of Slurm are missing; name what the extraction will not find."""
    status = submits_to_slurm()
    if status and (lines := missing_commands(status)):
        raise WorkflowError("\n".join(lines))
    if workflow.is_main_process:
        say(preflight(PARAMS.keypoints, corpora_to_extract()))


def tell_dvc():
    """After the last job: let DVC take note of the stages that this run completed."""
    if line := dvc.commit(or_stop(PLAN.completed), PRESET):
        say([line])
