# Token features of every distinct sentence, from the frozen encoder. A killed job continues where it was. Its
# resources fit the paper's 1.5 million sentences (docs/clusters-and-gpus.md).
rule text:
    input:
        "<results>/text/provenance.json",


rule encode_text:
    input:
        stamp=stamp("text"),
        manifests=ancient(manifests),
    output:
        store="<results>/text/store.h5",
        record="<results>/text/provenance.json",
    log:
        "<logs>/text.log",
    benchmark:
        "<benchmarks>/text.tsv"
    conda:
        "../../envs/conda.yaml"
    threads: 2
    resources:
        gpu=1,
        mem_mb=more_memory(16000),
        runtime=1440,
        disk_mb=80000,
    params:
        signscale=signscale("text"),
    message:
        "text: encode every distinct sentence, going on where a killed job was"
    shell:
        "{params.signscale} text {output.store} {input.manifests} 2>&1 | tee {log}"
