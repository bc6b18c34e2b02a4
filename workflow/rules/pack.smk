# The training shard of each corpus: filtered, trimmed, composed.
rule pack:
    input:
        expand("<results>/pack/{corpus}/provenance.json", corpus=PARAMS.acquire.corpora),


rule pack_corpus:
    input:
        stamp=stamp("pack/{corpus}"),
        after=after("pack/{corpus}"),
        manifest=ancient(lambda wildcards: manifest_of(wildcards.corpus)),
        shards=ancient(lambda wildcards: shards_of(stages.base_of(wildcards.corpus))),
    output:
        shard="<results>/pack/{corpus}/shard.h5",
        manifest="<results>/pack/{corpus}/manifest.parquet",
        excluded="<results>/pack/{corpus}/excluded.csv",
        quality="<results>/pack/{corpus}/quality.csv",
        hands="<results>/pack/{corpus}/hands.csv",
        record="<results>/pack/{corpus}/provenance.json",
    log:
        "<logs>/pack/{corpus}.log",
    benchmark:
        "<benchmarks>/pack/{corpus}.tsv"
    conda:
        "../../envs/conda.yaml"
    resources:
        mem_mb=more_memory(8000),
        runtime=240,
        disk_mb=2000,
    params:
        signscale=signscale("pack/{corpus}"),
    message:
        "pack: {wildcards.corpus}"
    shell:
        "{params.signscale} pack {wildcards.corpus} {input.manifest}"
        " $(dirname {output.shard}) {input.shards} 2>&1 | tee {log}"
