# The sweep over the paper's ablation tables: points of pre-training that share data, packs and text with the ordinary run.
localrules:
    ablation_table,
    ablation_verdicts,


rule ablations:
    input:
        lambda wildcards: ablation_record(stages.VERDICTS, PARAMS.ablations.tables),


for table in PARAMS.ablations.tables:

    rule:
        name:
            f"ablations_{table}"
        input:
            lambda wildcards, table=table: ablation_record(stages.table_step(table), [table]),


use rule pretrain_model as ablation_pretrain with:
    input:
        stamp=stamp("ablations/{point}/pretrain-{seed}"),
        after=after("ablations/{point}/pretrain-{seed}"),
        packs=ancient(expand("<results>/pack/{corpus}/shard.h5", corpus=PARAMS.pretrain.corpora)),
        text=ancient("<results>/text/store.h5"),
    output:
        config="<results>/ablations/{point}/pretrain-{seed}/config.json",
        weights="<results>/ablations/{point}/pretrain-{seed}/model.safetensors",
        preprocessing="<results>/ablations/{point}/pretrain-{seed}/preprocessor_config.json",
        card="<results>/ablations/{point}/pretrain-{seed}/README.md",
        log="<results>/ablations/{point}/pretrain-{seed}/log.jsonl",
        metrics="<results>/ablations/{point}/pretrain-{seed}/metrics.json",
        record="<results>/ablations/{point}/pretrain-{seed}/provenance.json",
    log:
        "<logs>/ablations/{point}/pretrain-{seed}.log",
    benchmark:
        "<benchmarks>/ablations/{point}/pretrain-{seed}.tsv"
    threads: 1
    params:
        signscale=signscale("ablations/{point}/pretrain-{seed}"),
        packs=lambda wildcards, input: [os.path.dirname(pack) for pack in input.packs],
        scratch=lambda wildcards: PLAN.resume_folder(f"ablations/{wildcards.point}/pretrain-{wildcards.seed}"),
    message:
        "ablations: pre-training {wildcards.point}, seed {wildcards.seed}"


use rule finetune_run as ablation_finetune with:
    input:
        stamp=stamp("ablations/{point}/finetune/{benchmark}/{init}-{seed}"),
        after=after("ablations/{point}/finetune/{benchmark}/{init}-{seed}"),
        pack=ancient(lambda wildcards: f"<results>/pack/{corpus_of(wildcards)}/shard.h5"),
        text=ancient("<results>/text/store.h5"),
        pretrained=ancient(point_weights),
    output:
        config="<results>/ablations/{point}/finetune/{benchmark}/{init}-{seed}/config.json",
        weights="<results>/ablations/{point}/finetune/{benchmark}/{init}-{seed}/model.safetensors",
        preprocessing="<results>/ablations/{point}/finetune/{benchmark}/{init}-{seed}/preprocessor_config.json",
        card="<results>/ablations/{point}/finetune/{benchmark}/{init}-{seed}/README.md",
        curves="<results>/ablations/{point}/finetune/{benchmark}/{init}-{seed}/curves.jsonl",
        record="<results>/ablations/{point}/finetune/{benchmark}/{init}-{seed}/provenance.json",
    log:
        "<logs>/ablations/{point}/finetune/{benchmark}/{init}-{seed}.log",
    benchmark:
        "<benchmarks>/ablations/{point}/finetune/{benchmark}/{init}-{seed}.tsv"
    params:
        signscale=signscale("ablations/{point}/finetune/{benchmark}/{init}-{seed}"),
        pack=lambda wildcards, input: os.path.dirname(input.pack),
        pretrained=lambda wildcards, input: (
            f"--pretrained {os.path.dirname(input.pretrained)}" if input.pretrained else ""
        ),
    message:
        "ablations: {wildcards.point}, {wildcards.benchmark}, seed {wildcards.seed}"


use rule evaluate_run as ablation_evaluate with:
    input:
        stamp=stamp("ablations/{point}/evaluate/{benchmark}/{init}-{seed}"),
        after=after("ablations/{point}/evaluate/{benchmark}/{init}-{seed}"),
        model=ancient("<results>/ablations/{point}/finetune/{benchmark}/{init}-{seed}/model.safetensors"),
        pack=ancient(lambda wildcards: f"<results>/pack/{corpus_of(wildcards)}/shard.h5"),
        manifest=ancient(lambda wildcards: manifest_of(corpus_of(wildcards))),
        text=ancient("<results>/text/store.h5"),
    output:
        metrics="<results>/ablations/{point}/evaluate/{benchmark}/{init}-{seed}/metrics.json",
        predictions="<results>/ablations/{point}/evaluate/{benchmark}/{init}-{seed}/predictions.jsonl",
        record="<results>/ablations/{point}/evaluate/{benchmark}/{init}-{seed}/provenance.json",
    log:
        "<logs>/ablations/{point}/evaluate/{benchmark}/{init}-{seed}.log",
    benchmark:
        "<benchmarks>/ablations/{point}/evaluate/{benchmark}/{init}-{seed}.tsv"
    params:
        signscale=signscale("ablations/{point}/evaluate/{benchmark}/{init}-{seed}"),
        pack=lambda wildcards, input: os.path.dirname(input.pack),
    message:
        "ablations: {wildcards.point}, {wildcards.benchmark}, seed {wildcards.seed}: scores"


rule ablation_table:
    input:
        stamp=stamp("ablations/tables/{table}"),
        after=after("ablations/tables/{table}"),
    output:
        figures="<results>/ablations/tables/{table}/figures.json",
        record="<results>/ablations/tables/{table}/provenance.json",
    log:
        "<logs>/ablations/tables/{table}.log",
    benchmark:
        "<benchmarks>/ablations/tables/{table}.tsv"
    conda:
        "../../envs/conda.yaml"
    resources:
        mem_mb=more_memory(4000),
        runtime=60,
    params:
        signscale=signscale("ablations/tables/{table}"),
        results=lambda wildcards, output: output.figures.partition("/ablations/")[0],
    message:
        "ablations: table {wildcards.table}"
    shell:
        "{params.signscale} ablation {wildcards.table} {params.results} {output.figures} 2>&1 | tee {log}"


rule ablation_verdicts:
    input:
        stamp=stamp("ablations/verdicts"),
        after=after("ablations/verdicts"),
        tables=ancient(expand("<results>/ablations/tables/{table}/figures.json", table=PARAMS.ablations.tables)),
    output:
        [f"<results>/ablations/verdicts/ablations.{kind}" for kind in ("html", "md", "csv", "tex")],
        record="<results>/ablations/verdicts/provenance.json",
    log:
        "<logs>/ablations/verdicts.log",
    benchmark:
        "<benchmarks>/ablations/verdicts.tsv"
    conda:
        "../../envs/conda.yaml"
    resources:
        mem_mb=more_memory(4000),
        runtime=60,
    params:
        signscale=signscale("ablations/verdicts"),
    message:
        "ablations: what holds"
    shell:
        "{params.signscale} verdicts {input.tables} $(dirname {output.record}) 2>&1 | tee {log}"
