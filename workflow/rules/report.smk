# The report, self-contained, its copy for people, and the comparison with the paper as files.
localrules:
    write_report,


rule report:
    input:
        "<results>/report/provenance.json",


rule write_report:
    input:
        stamp=stamp("report"),
        after=after("report"),
        manifests=ancient(manifests),
    output:
        report="<results>/report/report.html",
        curves="<results>/report/curves.csv",
        tables=multiext("<results>/report/tables/comparison", ".md", ".csv", ".tex"),
        record="<results>/report/provenance.json",
    log:
        "<logs>/report.log",
    benchmark:
        "<benchmarks>/report.tsv"
    conda:
        "../../envs/conda.yaml"
    resources:
        mem_mb=more_memory(4000),
        runtime=60,
    params:
        signscale=signscale("report"),
    message:
        "report: {output.report}"
    shell:
        "{{ {params.signscale} report $(dirname $(dirname {output.report})) {output.report}"
        " && cp {output.report} results/report.html; }} 2>&1 | tee {log}"
