# Token features of every distinct sentence, from the frozen encoder.
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
        mem_mb=more_memory(16000),
        runtime=480,
        disk_mb=2000,
    params:
        signscale=signscale("text"),
    message:
        "text: encode every distinct sentence"
    shell:
        "{params.signscale} text {output.store} {input.manifests} 2>&1 | tee {log}"
