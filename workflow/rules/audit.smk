# The published corpora audited: the paper's tables from official sizes and from what is here, duplicates, leaks.
rule audit:
    input:
        lambda wildcards: audit_record(),


rule write_audit:
    input:
        stamp=stamp("report/audit"),
        manifests=ancient(manifests),
    output:
        audit="<results>/report/audit/audit.json",
        record="<results>/report/audit/provenance.json",
    log:
        "<logs>/report/audit.log",
    benchmark:
        "<benchmarks>/report/audit.tsv"
    conda:
        "../../envs/conda.yaml"
    resources:
        mem_mb=more_memory(16000),
        runtime=120,
    params:
        signscale=signscale("report/audit"),
    message:
        "audit: {output.audit}"
    shell:
        "{params.signscale} audit {input.manifests} --expected --out {output.audit}" " 2>&1 | tee {log}"
