"""Hooks of mkdocs: benchmarks/LOG.md, which lies outside docs/, becomes the page "Measurements" of the site."""

from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

LOG = Path(__file__).resolve().parents[1] / "benchmarks" / "LOG.md"
PAGE = "measurements.md"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the log to the files of the site."""
    files.append(File.generated(config, PAGE, abs_src_path=str(LOG)))
    return files


def on_page_markdown(markdown: str, **_: object) -> str:
    """Point the links to the log, which are right on GitHub, to its page of the site."""
    return markdown.replace("(../benchmarks/LOG.md)", f"({PAGE})")
