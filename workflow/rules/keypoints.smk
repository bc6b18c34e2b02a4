# 133 keypoints of every frame, a shard of clips a job. How many shards there are, the manifest says.
localrules:
    fetch_models,


rule keypoints:
    input:
        [lambda wildcards, corpus=corpus: shards_of(corpus) for corpus in stages.fetched(PARAMS)],


# The weights of the paper's estimators, once for all corpora; their sha256 stands in params.yaml.
rule fetch_models:
    output:
        [str(weights.path) for weights in choice.weights_to_fetch(PARAMS)],
    log:
        "<logs>/keypoints/models.log",
    benchmark:
        "<benchmarks>/keypoints/models.tsv"
    conda:
        "../../envs/conda.yaml"
    resources:
        mem_mb=2000,
        runtime=240,
    params:
        python=interpreter(deploys_software()),
        preset=PRESET,
    message:
        "keypoints: weights of the estimators"
    shell:
        "{params.python} -u -m signscale models --preset {params.preset} 2>&1 | tee {log}"


rule extract_shard:
    input:
        models=ancient(models_of),
        stamp=stamp("keypoints/{corpus}/{shard}"),
        manifest=ancient("<results>/acquire/{corpus}.parquet"),
        ledger=ancient(f"{PARAMS.acquire.raw}/{{corpus}}/ledger.csv"),
    output:
        shard="<results>/keypoints/{corpus}/{shard}.h5",
        excluded="<results>/keypoints/{corpus}/{shard}.excluded.csv",
        quality="<results>/keypoints/{corpus}/{shard}.quality.csv",
        record="<results>/keypoints/{corpus}/{shard}.provenance.json",
    log:
        "<logs>/keypoints/{corpus}/{shard}.log",
    benchmark:
        "<benchmarks>/keypoints/{corpus}/{shard}.tsv"
    conda:
        "../../envs/conda.yaml"
    threads: processes_of
    resources:
        mem_mb=extraction_memory,
        gpu=extraction_gpu,
        runtime=1440,
        disk_mb=2000,
    params:
        signscale=signscale("keypoints/{corpus}/{shard}"),
    message:
        "keypoints: {wildcards.corpus}, shard {wildcards.shard}"
    shell:
        "{params.signscale} keypoints {wildcards.corpus} {input.manifest}"
        " $((10#{wildcards.shard})) {output.shard} --processes {threads} 2>&1 | tee {log}"
