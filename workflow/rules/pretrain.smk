# The pre-training run. A killed one continues from scratch/pretrain, which no rule declares: Snakemake would
# delete it.
rule pretrain:
    input:
        "<results>/pretrain/provenance.json",


rule pretrain_model:
    input:
        stamp=stamp("pretrain"),
        after=after("pretrain"),
        packs=ancient(expand("<results>/pack/{corpus}/shard.h5", corpus=PARAMS.pretrain.corpora)),
        text=ancient("<results>/text/store.h5"),
    output:
        config="<results>/pretrain/config.json",
        weights="<results>/pretrain/model.safetensors",
        preprocessing="<results>/pretrain/preprocessor_config.json",
        card="<results>/pretrain/README.md",
        log="<results>/pretrain/log.jsonl",
        metrics="<results>/pretrain/metrics.json",
        record="<results>/pretrain/provenance.json",
    log:
        "<logs>/pretrain.log",
    benchmark:
        "<benchmarks>/pretrain.tsv"
    priority: 1
    conda:
        "../../envs/conda.yaml"
    threads: 2
    resources:
        gpu=all_gpus,
        mem_mb=more_memory(64000),
        runtime=4320,
        disk_mb=20000,
    params:
        signscale=signscale("pretrain"),
        packs=lambda wildcards, input: [os.path.dirname(pack) for pack in input.packs],
        scratch=lambda wildcards: PLAN.resume_folder("pretrain"),
    message:
        "pretrain: going on from {params.scratch} if it is there; to watch: tensorboard --logdir {params.scratch}"
    shell:
        "{params.signscale} pretrain $(dirname {output.weights}) {params.packs}"
        " --text {input.text} --scratch {params.scratch} 2>&1 | tee {log}"


# Where pretrain.from names a model it is copied, and nothing is pre-trained.
if PARAMS.pretrain.start:

    ruleorder: take_over_model > pretrain_model

    rule take_over_model:
        input:
            stamp=stamp("pretrain"),
        output:
            config="<results>/pretrain/config.json",
            weights="<results>/pretrain/model.safetensors",
            preprocessing="<results>/pretrain/preprocessor_config.json",
            card="<results>/pretrain/README.md",
            record="<results>/pretrain/provenance.json",
        log:
            "<logs>/pretrain.log",
        benchmark:
            "<benchmarks>/pretrain.tsv"
        conda:
            "../../envs/conda.yaml"
        resources:
            mem_mb=more_memory(2000),
            runtime=60,
        params:
            signscale=signscale("pretrain"),
            source=PARAMS.pretrain.start,
        message:
            "pretrain: take over {params.source}"
        shell:
            "{params.signscale} pull {params.source:q} $(dirname {output.weights}) 2>&1 | tee {log}"
