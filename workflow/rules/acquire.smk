# Raw data, ledger and manifest of each corpus. Raw data is not declared: Snakemake would delete it before each job.
# acquire.fetch_jobs has several jobs share the fetching: annotations, then the parts, then one that makes them whole.
localrules:
    fetch_annotations,
    acquire_corpus,


rule acquire:
    input:
        expand("<results>/acquire/{corpus}.provenance.json", corpus=PARAMS.acquire.corpora),


rule fetch_annotations:
    input:
        stamp=stamp("acquire/{corpus}/annotations"),
    output:
        record="<results>/acquire/{corpus}/annotations.provenance.json",
    log:
        "<logs>/acquire/{corpus}/annotations.log",
    benchmark:
        "<benchmarks>/acquire/{corpus}/annotations.tsv"
    conda:
        "../../envs/conda.yaml"
    resources:
        mem_mb=4000,
        runtime=240,
    params:
        signscale=signscale("acquire/{corpus}/annotations"),
    message:
        "acquire: annotations of {wildcards.corpus}"
    shell:
        "{params.signscale} fetch {wildcards.corpus} 2>&1 | tee {log}"


rule fetch_part:
    input:
        stamp=stamp("acquire/{corpus}/part-{part}-of-{parts}"),
        annotations="<results>/acquire/{corpus}/annotations.provenance.json",
    output:
        record="<results>/acquire/{corpus}/part-{part}-of-{parts}.provenance.json",
    log:
        "<logs>/acquire/{corpus}/part-{part}-of-{parts}.log",
    benchmark:
        "<benchmarks>/acquire/{corpus}/part-{part}-of-{parts}.tsv"
    conda:
        "../../envs/conda.yaml"
    resources:
        mem_mb=4000,
        runtime=2880,
        fetching=1,
    params:
        signscale=signscale("acquire/{corpus}/part-{part}-of-{parts}"),
    message:
        "acquire: {wildcards.corpus}, part {wildcards.part} of {wildcards.parts}"
    shell:
        "{params.signscale} fetch {wildcards.corpus}"
        " --part $((10#{wildcards.part})) --of $((10#{wildcards.parts})) 2>&1 | tee {log}"


checkpoint acquire_corpus:
    input:
        stamp=stamp("acquire/{corpus}"),
        base=ancient(base_manifest),
        parts=ancient(lambda wildcards: [record(step) for step in stages.fetch_steps(PARAMS, wildcards.corpus)]),
    output:
        manifest="<results>/acquire/{corpus}.parquet",
        record="<results>/acquire/{corpus}.provenance.json",
        ledger=update(f"{PARAMS.acquire.raw}/{{corpus}}/ledger.csv"),
    log:
        "<logs>/acquire/{corpus}.log",
    benchmark:
        "<benchmarks>/acquire/{corpus}.tsv"
    conda:
        "../../envs/conda.yaml"
    resources:
        mem_mb=more_memory(4000),
        runtime=2880,
    params:
        signscale=signscale("acquire/{corpus}"),
        parts=lambda wildcards, input: f"--parts {len(input.parts)}" if input.parts else "",
    message:
        "acquire: {wildcards.corpus}"
    shell:
        "{params.signscale} acquire {wildcards.corpus} {output.manifest} {params.parts}" " 2>&1 | tee {log}"
