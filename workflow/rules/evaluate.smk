# Predictions and figures of every fine-tuned run, and the nearest-neighbour baseline of isolated recognition.
rule evaluate:
    input:
        [f"<results>/evaluate/{b}/{init}-{seed}/provenance.json" for b, init, seed in stages.runs(PARAMS)],
        expand("<results>/evaluate/{benchmark}/nearest/provenance.json", benchmark=stages.baselines(PARAMS)),


rule evaluate_run:
    input:
        stamp=stamp("evaluate/{benchmark}/{init}-{seed}"),
        after=after("evaluate/{benchmark}/{init}-{seed}"),
        model=ancient("<results>/finetune/{benchmark}/{init}-{seed}/model.safetensors"),
        pack=ancient(lambda wildcards: f"<results>/pack/{corpus_of(wildcards)}/shard.h5"),
        manifest=ancient(lambda wildcards: manifest_of(corpus_of(wildcards))),
        text=ancient("<results>/text/store.h5"),
    output:
        metrics="<results>/evaluate/{benchmark}/{init}-{seed}/metrics.json",
        predictions="<results>/evaluate/{benchmark}/{init}-{seed}/predictions.jsonl",
        record="<results>/evaluate/{benchmark}/{init}-{seed}/provenance.json",
    log:
        "<logs>/evaluate/{benchmark}/{init}-{seed}.log",
    benchmark:
        "<benchmarks>/evaluate/{benchmark}/{init}-{seed}.tsv"
    conda:
        "../../envs/conda.yaml"
    resources:
        gpu=1,
        mem_mb=more_memory(8000),
        runtime=240,
    params:
        signscale=signscale("evaluate/{benchmark}/{init}-{seed}"),
        pack=lambda wildcards, input: os.path.dirname(input.pack),
    message:
        "evaluate: {wildcards.benchmark} from {wildcards.init}, seed {wildcards.seed}"
    shell:
        "{params.signscale} evaluate {wildcards.benchmark}"
        " $(dirname {input.model}) $(dirname {output.metrics}) --pack {params.pack} --manifest {input.manifest} --text {input.text}"
        " 2>&1 | tee {log}"


rule evaluate_baseline:
    input:
        stamp=stamp("evaluate/{benchmark}/nearest"),
        after=after("evaluate/{benchmark}/nearest"),
        pack=ancient(lambda wildcards: f"<results>/pack/{corpus_of(wildcards)}/shard.h5"),
        manifest=ancient(lambda wildcards: manifest_of(corpus_of(wildcards))),
    output:
        metrics="<results>/evaluate/{benchmark}/nearest/metrics.json",
        record="<results>/evaluate/{benchmark}/nearest/provenance.json",
    log:
        "<logs>/evaluate/{benchmark}/nearest.log",
    benchmark:
        "<benchmarks>/evaluate/{benchmark}/nearest.tsv"
    conda:
        "../../envs/conda.yaml"
    resources:
        mem_mb=more_memory(8000),
        runtime=240,
    params:
        signscale=signscale("evaluate/{benchmark}/nearest"),
        pack=lambda wildcards, input: os.path.dirname(input.pack),
    message:
        "evaluate: {wildcards.benchmark}, nearest neighbour"
    shell:
        "{params.signscale} nearest {wildcards.benchmark} $(dirname {output.metrics})"
        " --pack {params.pack} --manifest {input.manifest} 2>&1 | tee {log}"
