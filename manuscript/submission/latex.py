"""The manuscript as AASTeX source: the same chunks, variables and text as the paper, through pandoc and a filter of its own."""

import json
import re
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import yaml

from analysis.report.source import authors
from manuscript.build.paper import BuildError, read

__all__ = ["ascii_bibliography", "citation_keys", "included_files", "manuscript_source"]

HERE = Path(__file__).resolve().parent
# Letters for which pandoc knows no command; they need the T1 encoding that the template loads.
LETTERS = {"ð": r"\dh{}", "Ð": r"\DH{}", "þ": r"\th{}", "Þ": r"\TH{}", "đ": r"\dj{}", "Đ": r"\DJ{}"}
KEY = re.compile(r"^\s*@(?!comment|string|preamble)\w+\s*\{\s*([^\s,]+)", re.MULTILINE | re.IGNORECASE)


def _pandoc(text: str, folder: Path, *arguments: str) -> str:
    """One pandoc run in `folder`; a warning is an error."""
    import pypandoc

    command = [pypandoc.get_pandoc_path(), "--to=latex", "--ascii", "--fail-if-warnings", *arguments]
    done = subprocess.run(command, input=text, cwd=folder, capture_output=True, encoding="utf-8", check=False)
    if done.returncode:
        raise BuildError(f"pandoc: {done.stderr.strip()}")
    return done.stdout


def front_matter(front: dict[str, Any], journal: dict[str, Any]) -> dict[str, Any]:
    """What the template needs: title, authors with affiliations (list of texts), orcid and email where given, abstract, concepts."""
    people = [{**{key: value for key, value in one.items() if key != "affiliations"}, "affiliation": one["affiliations"]} for one in authors(front)]
    surnames = [person["name"].split()[-1] for person in people]
    return {
        "title": front["title"], "author": people, "abstract": front.get("abstract", ""),
        "short-title": journal.get("short-title", front["title"]),
        "short-authors": surnames[0] + (" et al." if len(surnames) > 2 else f" & {surnames[1]}" if len(surnames) == 2 else "") if surnames else "",
        "concepts": [{"name": name, "number": str(number)} for name, number in journal.get("concepts", {}).items()],
    }


def manuscript_source(root: Path, after: str = "") -> str:
    """The text of manuscript.tex for the project at `root`; `after` is LaTeX that follows the body, before the references.

    Reads _quarto.yml, _variables.yml, the .qmd and what its chunks show. Raises BuildError with a sentence on what to mend.
    """
    settings, front, text = read(root)
    journal = yaml.safe_load((HERE / "journal.yml").read_text(encoding="utf-8"))
    metadata = front_matter(front, journal)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "front.json").write_text(json.dumps(metadata, default=str), encoding="utf-8")
        (Path(folder) / "after.tex").write_text(after, encoding="utf-8")
        result = _pandoc(
            text, (root / settings["project"]["render"][0]).parent, "--from=markdown", "--standalone", "--wrap=preserve", "--natbib", f"--template={HERE / 'aastex.latex'}",
            f"--lua-filter={HERE.parent / 'build' / 'visible.lua'}", f"--lua-filter={HERE / 'aastex.lua'}", f"--metadata-file={folder}/front.json", *([f"--include-after-body={folder}/after.tex"] if after else []),
        )
    unresolved = sorted(set(re.findall(r"\?var:[\w.\-]+|\{\{<.*?>\}\}|\?@[\w\-]+", result)))
    if unresolved:
        raise BuildError(f"not resolved in the manuscript: {', '.join(unresolved)}")
    return result


def included_files(tex: str) -> list[str]:
    """File names that a LaTeX source includes as pictures or inputs, in order, each once."""
    found = re.findall(r"\]\{([\w.\-]+\.pdf)\}|\\(?:input|include)\{([^}]+)\}", tex)
    return list(dict.fromkeys(picture or other for picture, other in found))


def citation_keys(tex: str) -> set[str]:
    """Keys of all \\cite… commands of a LaTeX source."""
    found = re.findall(r"\\cite\w*\*?(?:\[[^\]]*\])*\{([^}]+)\}", tex)
    return {key.strip() for group in found for key in group.split(",") if not key.lstrip().startswith("\\")}


def ascii_bibliography(text: str) -> str:
    r"""A BibTeX file with every accented letter as a TeX command in braces ("á" becomes "{\'a}"): BibTeX cuts names by bytes.

    Raises BuildError for a character that has no such form.
    """
    letters = sorted(set(re.findall(r"[^\x00-\x7f]", text)))
    if not letters:
        return text
    forms = _pandoc("\n\n".join(letters), HERE, "--from=markdown-smart").split("\n\n")
    table = dict(zip(letters, (form.strip() for form in forms), strict=True)) | {letter: LETTERS[letter] for letter in letters if letter in LETTERS}
    bad = [letter for letter, form in table.items() if not form.isascii()]
    if bad:
        raise BuildError(f"references.bib: no TeX form for {', '.join(f'{letter} (U+{ord(letter):04X})' for letter in bad)}")
    table = {letter: form if re.fullmatch(r"[-~'`]*", form) else f"{{{form}}}" for letter, form in table.items()}
    return text.translate(str.maketrans(table))
