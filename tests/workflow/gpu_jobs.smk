# Tiny jobs that take GPUs as the workflow's do, and note which they saw and when. config: root, jobs, all_first.
import sys

from signscale.provenance.gpus import taking


include: f"{config['root']}/workflow/rules/snakemake_private.smk"


GPUS = local_gpus()
NOTE = """import json, os, sys, time
begin = time.time()
time.sleep(0.3)
note = [os.environ.get("CUDA_VISIBLE_DEVICES"), begin, time.time()]
with open(sys.argv[1], "w") as file:
    json.dump(note, file)
"""


rule all:
    input:
        "every.json",
        "none.json",
        expand("one/{number}.json", number=range(int(config["jobs"]))),


rule one_gpu:
    input:
        "every.json",
    output:
        "one/{number}.json",
    resources:
        gpu=1,
    params:
        start=lambda wildcards, resources: taking(GPUS, resources.gpu, sys.executable),
        python=sys.executable,
        note=NOTE,
    shell:
        "{params.start}{params.python} -c '{params.note}' {output}"


use rule one_gpu as no_gpu with:
    input:
        [],
    output:
        "none.json",
    resources:
        gpu=0,


use rule one_gpu as every_gpu with:
    input:
        [],
    output:
        "every.json",
    resources:
        gpu=len(GPUS),
