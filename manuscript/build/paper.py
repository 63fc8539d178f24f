"""Fallback builder: the HTML and PDF paper from the same .qmd where Quarto is not installed.

Executes the Python chunks with nbclient, substitutes the variables, and leaves typesetting to pandoc and Typst. It knows what the
manuscript uses: variables, `output: asis`, figure and table divs, keys of equations, sections and citations.
"""

import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import yaml

from analysis.atomic import scratch_directory
from analysis.report.access import finished
from analysis.report.source import authors, listed, read_manuscript, read_settings

__all__ = ["BuildError", "build", "read", "substitute"]

HERE = Path(__file__).resolve().parent
VARIABLE = re.compile(r"\{\{<\s*var\s+([\w.\-]+)\s*>\}\}")
CHUNK = re.compile(r"^```\{python\}[ \t]*\n(.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)
PDF_TIME = 1735689600  # the one time stamp, SOURCE_DATE_EPOCH of _environment: same input, same bytes


class BuildError(Exception):
    """The manuscript cannot be built: the message says what to mend."""


def substitute(content: Any, variables: dict[str, Any]) -> Any:
    """Replace every `{{< var key >}}` in a text or in all texts of parsed YAML; an unknown key becomes `?var:key`, as in Quarto."""

    def value(match: re.Match) -> str:
        found: Any = variables
        for part in match[1].split("."):
            found = found.get(part) if isinstance(found, dict) else None
        return f"?var:{match[1]}" if found is None else str(found)

    if isinstance(content, dict):
        return {key: substitute(item, variables) for key, item in content.items()}
    if isinstance(content, list):
        return [substitute(item, variables) for item in content]
    return VARIABLE.sub(value, content) if isinstance(content, str) else content


def normalise(front: dict[str, Any]) -> dict[str, Any]:
    """Front matter as pandoc's templates want it: authors as lines with their affiliations, keywords below the abstract."""
    people = [f"{one['name']} ({'; '.join(one['affiliations'])})" if one["affiliations"] else one["name"] for one in authors(front)]
    keywords = f"\n\n**Keywords:** {', '.join(listed(front['keywords']))}" if front.get("keywords") else ""
    return {"abstract-title": "Abstract", **front, "author": people, "keywords": [], "abstract": front.get("abstract", "") + keywords}


def execute(sources: list[str], root: Path) -> list[list[Any]]:
    """Run the chunks in one kernel with the project root as working directory; return the outputs of each."""
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError
    from traitlets.config import Config

    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    # Names that exist in the memory of Linux alone: neither the network nor the disk is needed to talk to the kernel.
    talk = Config({"KernelManager": {"transport": "ipc", "ip": f"@chunks-{uuid4().hex}"}} if sys.platform == "linux" else {})
    try:
        NotebookClient(notebook, timeout=600, kernel_name="python3", extra_arguments=["--log-level=ERROR"], resources={"metadata": {"path": str(root)}},
                       config=talk).execute()
    except CellExecutionError as error:
        raise BuildError(f"a chunk of the manuscript failed: {error.ename}: {error.evalue}") from error
    return [cell.outputs for cell in notebook.cells]


def shown(source: str, outputs: list[Any], variables: dict[str, Any]) -> str:
    """What a chunk shows, as Markdown. Variables in its options are substituted after parsing, so that they cannot break the YAML."""
    lines = [line[2:] for line in source.splitlines() if line.startswith("#|")]
    options = substitute(yaml.safe_load("\n".join(lines)) or {}, variables)
    if {"fig-cap", "tbl-cap"} & set(options):
        raise BuildError(f"the chunk with {list(options.values())}: write figures and tables as a div, ::: {{#fig-name}}, with the caption last")
    kept = [output for output in outputs if output.get("name") != "stderr"]
    texts = [output.get("text") or output["data"].get("text/markdown") or output["data"]["text/plain"] for output in kept]
    return "\n".join(text if options.get("output") == "asis" else f"```\n{text.rstrip()}\n```" for text in texts)


def pandoc(text: str, folder: Path, arguments: list[str]) -> None:
    """One pandoc run in the manuscript's folder; any warning (unknown citation, unreadable formula, lost image) is an error."""
    import pypandoc

    command = [pypandoc.get_pandoc_path(), "--from=markdown", "--standalone", "--fail-if-warnings", "--metadata=link-citations",
               *(f"--lua-filter={HERE / name}.lua" for name in ("visible", "crossref")), "--citeproc", *arguments]
    result = subprocess.run(command, input=text, cwd=folder, capture_output=True, encoding="utf-8", check=False)
    if result.returncode:
        raise BuildError(f"pandoc: {result.stderr.strip()}")


def read(root: Path) -> tuple[dict[str, Any], dict[str, Any], str]:
    """Settings, front matter and text of the project at `root`, with the variables and what the chunks show in their places."""
    settings = read_settings(root)
    variables = yaml.safe_load((root / "_variables.yml").read_text(encoding="utf-8")) or {}
    front, body = read_manuscript(root / settings["project"]["render"][0])
    chunks = CHUNK.findall(body)
    texts = iter([shown(chunk, outputs, variables) for chunk, outputs in zip(chunks, execute(chunks, root), strict=True)])
    return settings, substitute(front, variables), CHUNK.sub(lambda _: f"\n{next(texts)}\n", substitute(body, variables))


def build(root: Path) -> tuple[Path, Path]:
    """Build the paper of the project at `root` from `_quarto.yml`, `_variables.yml` and its .qmd; return the HTML and PDF paths.

    Raises BuildError with a sentence on what to mend. The old files stay until both new ones are complete.
    """
    import typst

    root = root.resolve()
    settings, front, text = read(root)
    source = root / settings["project"]["render"][0]
    target = root / settings["project"]["output-dir"] / settings["project"]["render"][0]
    with scratch_directory(target.parent) as work:
        metadata = {"lang": settings.get("lang", "en"), "page-numbering": "1", "linkcolor": "1f4e79", **settings["format"]["typst"], **normalise(front)}
        (work / "front.json").write_text(json.dumps(metadata, default=str), encoding="utf-8")
        common = [f"--metadata-file={work / 'front.json'}", *([f"--bibliography={root / settings['bibliography']}"] if "bibliography" in settings else [])]
        own = {"html": ["--to=html5", "--mathml", "--embed-resources", *(f"--css={style}" for style in (HERE.parent / "page.css", HERE / "paper.css")),
                        "--variable=include-before:<main>", "--variable=include-after:</main>"],
               "typst": ["--to=typst", "--number-sections", *(f"--include-in-header={style}" for style in (HERE.parent / "page.typ", HERE / "paper.typ"))]}
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda name: pandoc(text, source.parent, [*common, *own[name], f"--output={work / name}"]), own))
        (work / "html").write_text(finished((work / "html").read_text(encoding="utf-8")), encoding="utf-8")
        try:
            typst.compile(str(work / "typst"), output=str(work / "pdf"), root=str(root), ignore_system_fonts=True, timestamp=PDF_TIME)
        except typst.TypstError as error:
            raise BuildError(f"typst: {error}") from error
        for name in ("html", "pdf"):
            (work / name).replace(target.with_suffix(f".{name}"))
    return target.with_suffix(".html"), target.with_suffix(".pdf")
