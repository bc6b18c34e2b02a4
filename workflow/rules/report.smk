# The report, self-contained, and its copy for people.
localrules:
    write_report,


rule report:
    input:
        "<results>/report/receipt.json",


rule write_report:
    input:
        stamp="<stamps>/report.json",
        after=after("report"),
        manifests=ancient(manifests),
    output:
        report="<results>/report/report.html",
        receipt="<results>/report/receipt.json",
    log:
        "<logs>/report.log",
    benchmark:
        "<benchmarks>/report.tsv"
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
