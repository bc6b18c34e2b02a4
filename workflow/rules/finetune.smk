# One run for every benchmark, start of the encoder and seed.
rule finetune:
    input:
        [f"<results>/finetune/{b}/{init}-{seed}/provenance.json" for b, init, seed in stages.runs(PARAMS)],


rule finetune_run:
    input:
        stamp=stamp("finetune/{benchmark}/{init}-{seed}"),
        after=after("finetune/{benchmark}/{init}-{seed}"),
        pack=ancient(pack_to_train_on),
        text=ancient("<results>/text/store.h5"),
        pretrained=ancient(pretrained_weights),
    output:
        config="<results>/finetune/{benchmark}/{init}-{seed}/config.json",
        weights="<results>/finetune/{benchmark}/{init}-{seed}/model.safetensors",
        preprocessing="<results>/finetune/{benchmark}/{init}-{seed}/preprocessor_config.json",
        card="<results>/finetune/{benchmark}/{init}-{seed}/README.md",
        curves="<results>/finetune/{benchmark}/{init}-{seed}/curves.jsonl",
        record="<results>/finetune/{benchmark}/{init}-{seed}/provenance.json",
    log:
        "<logs>/finetune/{benchmark}/{init}-{seed}.log",
    benchmark:
        "<benchmarks>/finetune/{benchmark}/{init}-{seed}.tsv"
    conda:
        "../../envs/conda.yaml"
    resources:
        gpu=1,
        mem_mb=more_memory(16000),
        runtime=1440,
        disk_mb=2000,
    params:
        signscale=signscale("finetune/{benchmark}/{init}-{seed}"),
        pack=lambda wildcards, input: os.path.dirname(input.pack),
        pretrained=pretrained_option,
    message:
        "finetune: {wildcards.benchmark} from {wildcards.init}, seed {wildcards.seed}"
    shell:
        "{params.signscale} finetune {wildcards.benchmark}"
        " {wildcards.init} {wildcards.seed} $(dirname {output.weights}) --pack {params.pack} --text {input.text}"
        " {params.pretrained} 2>&1 | tee {log}"
