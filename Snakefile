# SignScale: download -> keypoints -> HDF5 -> multimodal pre-training -> fine-tuning and evaluation -> report.
#
#   snakemake -n all                  list what there is to do, and which corpora are missing
#   snakemake --profile local all     everything for the preset named in params.yaml
#   snakemake --profile slurm pack    one stage with what it needs. Stages: acquire, keypoints, pack, text, pretrain,
#                                     finetune, evaluate, report. Also: audit, ablations
#
# Change values in params.yaml, never with --config. What decides a result is found by
# src/signscale/provenance; `signscale why` says why something would run.
from snakemake.utils import min_version

min_version("9.19")


include: "workflow/rules/snakemake_private.smk"
include: "workflow/rules/common.smk"


pathvars:
    results=f"results/{PRESET}",
    logs=f"logs/{PRESET}",
    benchmarks=f"logs/{PRESET}",


# With --sdm apptainer, the image built from containers/signscale.def; with --sdm conda, the same lock by conda. Without,
# jobs run in the environment that runs Snakemake.
container: "containers/signscale.sif"


wildcard_constraints:
    corpus="[a-z0-9_-]+",
    benchmark="[a-z0-9_-]+",
    init="pretrained|scratch",
    seed=r"\d+",
    point=r"[\w.+-]+",
    table="[a-z0-9_-]+",
    shard=r"\d{5}",
    part=r"\d{5}",
    parts=r"\d{5}",


localrules:
    explain,


# A bare `snakemake` starts nothing.
rule explain:
    default_target: True
    log:
        "<logs>/explain.log",
    conda:
        "envs/conda.yaml"
    shell:
        "cat workflow/targets.txt 2> {log}"


rule all:
    input:
        "<results>/report/provenance.json",


include: "workflow/rules/acquire.smk"
include: "workflow/rules/keypoints.smk"
include: "workflow/rules/pack.smk"
include: "workflow/rules/text.smk"
include: "workflow/rules/pretrain.smk"
include: "workflow/rules/finetune.smk"
include: "workflow/rules/evaluate.smk"
include: "workflow/rules/audit.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/ablations.smk"


onstart:
    check_before_jobs()


onsuccess:
    tell_dvc()


onerror:
    tell_dvc()
