# Raw data, ledger and manifest of each corpus. Raw data is not declared: Snakemake would delete it before each job.
localrules:
    acquire_corpus,


rule acquire:
    input:
        expand("<results>/acquire/{corpus}.receipt.json", corpus=PARAMS.acquire.corpora),


checkpoint acquire_corpus:
    input:
        stamp="<stamps>/acquire/{corpus}.json",
        base=ancient(base_manifest),
    output:
        manifest="<results>/acquire/{corpus}.parquet",
        receipt="<results>/acquire/{corpus}.receipt.json",
        ledger=update(f"{PARAMS.acquire.raw}/{{corpus}}/ledger.csv"),
    log:
        "<logs>/acquire/{corpus}.log",
    benchmark:
        "<benchmarks>/acquire/{corpus}.tsv"
    resources:
        mem_mb=more_memory(4000),
        runtime=2880,
    params:
        signscale=signscale("acquire/{corpus}"),
    message:
        "acquire: {wildcards.corpus}"
    shell:
        "{params.signscale} acquire {wildcards.corpus} {output.manifest}" " 2>&1 | tee {log}"
