"""The folder and archive for a journal: AASTeX source, figures as PDF, references, machine-readable tables, data behind the figures."""

import gzip
import hashlib
import io
import json
import os
import re
import shutil
import tarfile
from pathlib import Path

import yaml

from analysis.atomic import replace_folder, scratch_directory
from analysis.errors import InputError
from manuscript.build.paper import PDF_TIME, BuildError
from manuscript.submission import latex, machine_tables

__all__ = ["TABLES", "check_bundle", "figure_pdf", "make_bundle", "pack", "require_complete", "require_place"]

SUMS = "SHA256SUMS"
TYPESET = {f"manuscript.{kind}" for kind in ("aux", "bbl", "blg", "fdb_latexmk", "fls", "log", "out", "pdf", "synctex.gz")}  # what TeX adds to a bundle
DATA = "data-behind-figures"
PACKAGES = "texlive-latex-base texlive-fonts-recommended texlive-plain-generic texlive-publishers"
# File in results/, file in the bundle, label and title of the guide to its columns.
TABLES = (
    ("vlms_companions_stacked.ecsv", "catalogue.mrt.txt", "tbl-mrt-catalogue", "Columns of the machine-readable catalogue"),
    ("objects_with_probs.ecsv", "probabilities.mrt.txt", "tbl-mrt-probabilities", "Columns of the machine-readable table of probabilities"),
)
NOTES = [
    "An empty field is a value that is missing. Limits: 1 upper limit, -1 lower limit, 0 value. A unit of [-] is a decimal logarithm (dex).",
    "Masses and orbits carry columns that say what they are (mass_kind, eccentricity_kind, semimajor_axis_kind); flags lists what was corrected.",
]


def require_complete(root: Path) -> dict:
    """The provenance of the results at `root`; raises InputError where they are missing or come from a part of the candidates."""
    path = root / "results" / "provenance.json"
    try:
        provenance = json.loads(path.read_bytes())
    except (OSError, ValueError):
        raise InputError(f"{path}: no finished results there; run `just analyze` first.") from None
    if provenance.get("partial"):
        raise InputError(f"{path}: a submission is made from complete results alone, and these are a {str(provenance['partial']).lower()}; run `just analyze` first.")
    return provenance


def figure_pdf(svg: Path) -> bytes:
    """One SVG as PDF of the same size, vector for vector (text is outlines already); the same bytes every time."""
    import typst

    found = re.search(r'<svg[^>]*?\swidth="([\d.]+)pt"', svg.read_text(encoding="utf-8")[:4000])
    size = f", width: {found[1]}pt" if found else ""
    source = f'#set page(width: auto, height: auto, margin: 0pt)\n#image("{svg.name}"{size})\n'
    try:
        return typst.compile(source.encode(), root=str(svg.parent), format="pdf", ignore_system_fonts=True, pdf_standards=["1.4"], timestamp=PDF_TIME)
    except typst.TypstError as error:
        raise BuildError(f"{svg.name}: {error}") from error


def check_bundle(folder: Path) -> list[str]:
    """What is wrong with a bundle: files, citations or labels that the source names and that are not there; characters pdfTeX cannot print."""
    tex = (folder / "manuscript.tex").read_text(encoding="utf-8")
    known = set(latex.KEY.findall((folder / "references.bib").read_text(encoding="utf-8")))
    labels = re.findall(r"\\label\{([^}]+)\}", tex)
    problems = [f"not in the bundle: {name}" for name in latex.included_files(tex) if not (folder / name).is_file()]
    problems += [f"cited but not in references.bib: {key}" for key in sorted(latex.citation_keys(tex) - known)]
    problems += [f"a reference to nothing: {name}" for name in sorted(set(re.findall(r"\\ref\{([^}]+)\}", tex)) - set(labels))]
    problems += [f"a label given twice: {name}" for name in sorted({name for name in labels if labels.count(name) > 1})]
    return problems + [f"a character outside ASCII: {char!r}" for char in sorted(set(re.findall(r"[^\x00-\x7f]", tex)))]


def _readme(root: Path, folder: Path, provenance: dict) -> str:
    tex = (folder / "manuscript.tex").read_text(encoding="utf-8")
    figures = re.findall(r"\]\{([\w.\-]+)\.pdf\}.*?\\label\{(fig-[^}]+)\}", tex, re.DOTALL)
    lines = [f"  {number:>2}  {stem}.pdf  ({label}; data: {DATA}/{stem}.csv)" for number, (stem, label) in enumerate(figures, start=1)]
    words = len(re.sub(r"\\\w+|[{}$\\]", " ", tex.split("\\begin{abstract}")[1].split("\\end{abstract}")[0]).split())
    tables = [f"  {file}  columns are explained in the table labelled {label}" for _, file, label, _ in TABLES]
    return "\n".join([
        yaml.safe_load((root / "CITATION.cff").read_text(encoding="utf-8"))["title"], "",
        "Source for the AAS journals, written by `just submit` from the results whose provenance is",
        f"lock {provenance.get('lock', '')[:16]}, data {provenance.get('manifest_sha256', '')[:16]}.", "",
        "Typeset:  latexmk -pdf manuscript",
        "          (or pdflatex, bibtex, and pdflatex three times: long tables settle late)",
        "          Edit a copy: `just submit` replaces this folder only while its files are as they were written.",
        f"Debian:   apt-get install --no-install-recommends {PACKAGES}",
        "Class:    aastex631 with aasjournal.bst, the newest in Debian 12; a newer class goes into the line \\documentclass.", "",
        f"The abstract has {words} words (the journals print up to 250).", "",
        "manuscript.tex   the article; references.bib its references, journal names written out",
        f"{SUMS}       sha256 of every file (sha256sum -c {SUMS})", "", "Figures, in order:", *lines, "", "Machine-readable tables (AAS MRT):", *tables, "",
    ])


def _fill(root: Path, folder: Path, provenance: dict) -> None:
    """Write every file of the bundle into the empty `folder`."""
    citation = yaml.safe_load((root / "CITATION.cff").read_text(encoding="utf-8"))
    authors = "; ".join(f"{person['family-names']} {person['given-names']}" for person in citation["authors"])
    guides = []
    for artifact, file, label, heading in TABLES:
        table = machine_tables.cds_table(machine_tables.read_ecsv(root / "results" / artifact))
        (folder / file).write_text(machine_tables.mrt_text(table, file, citation["title"], authors, heading.removeprefix("Columns of the ").capitalize(), NOTES), encoding="ascii")
        guides.append(machine_tables.column_guide(table, label, heading, file))
    after = "\\clearpage\n\\appendix\n\\section{Machine-readable tables}\nThe columns of the tables that go with this article are listed in " + " and ".join(
        f"Table~\\ref{{{label}}}" for _, _, label, _ in TABLES) + ".\n\n" + "\n".join(guides)
    tex = latex.manuscript_source(root, after)
    announced = tex.find("\\appendix\n") + len("\\appendix\n")
    tex = tex[:announced] + tex[announced:].replace("\\appendix\n", "")  # the manuscript may have appendices of its own
    (folder / "manuscript.tex").write_text(tex, encoding="utf-8")
    settings = yaml.safe_load((root / "_quarto.yml").read_text(encoding="utf-8"))
    (folder / "references.bib").write_text(latex.ascii_bibliography((root / settings["bibliography"]).read_text(encoding="utf-8")), encoding="ascii")
    (folder / DATA).mkdir()
    for name in latex.included_files(tex):
        stem = Path(name).stem
        svg, data = root / "results" / f"{stem}.svg", root / "results" / f"{stem}.csv"
        if not svg.is_file():
            raise BuildError(f"{svg} is missing: build the results first with `just analyze`")
        (folder / name).write_bytes(figure_pdf(svg))
        if data.is_file():
            shutil.copyfile(data, folder / DATA / data.name)
    problems = check_bundle(folder)
    if problems:
        raise BuildError("the bundle is not complete: " + "; ".join(problems))
    (folder / "README.txt").write_text(_readme(root, folder, provenance), encoding="utf-8")
    sums = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder).as_posix()}\n" for path in _files(folder)]
    (folder / SUMS).write_text("".join(sums), encoding="ascii")


def _files(folder: Path) -> list[Path]:
    return sorted((path for path in folder.rglob("*") if path.is_file()), key=lambda path: path.relative_to(folder).as_posix())


def pack(folder: Path, name: str) -> bytes:
    """The folder as .tar.gz below the top folder `name`, with one time stamp and no owner: the same files give the same bytes."""
    inner = io.BytesIO()
    with tarfile.open(fileobj=inner, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for path in _files(folder):
            entry = tarfile.TarInfo(f"{name}/{path.relative_to(folder).as_posix()}")
            entry.size, entry.mtime, entry.mode = path.stat().st_size, PDF_TIME, 0o644
            archive.addfile(entry, io.BytesIO(path.read_bytes()))
    outer = io.BytesIO()
    with gzip.GzipFile(fileobj=outer, mode="wb", mtime=PDF_TIME, filename="") as stream:
        stream.write(inner.getvalue())
    return outer.getvalue()


def _strange(folder: Path) -> str:
    """Why a folder is not a bundle as it was written, an empty string for one that is; an edited file is somebody's work."""
    try:
        lines = (folder / SUMS).read_text(encoding="ascii").splitlines()
    except (OSError, ValueError):
        lines = []
    listed = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    if "manuscript.tex" not in listed:
        return f"no {SUMS} of a bundle is in it"
    held = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_symlink() or not path.is_dir()}
    held = {name: path for name, path in held.items() if name not in TYPESET}
    for name, path in held.items():
        if path.is_symlink() or name not in {*listed, SUMS}:
            return f"{name} is no file of a bundle"
        if name != SUMS and hashlib.sha256(path.read_bytes()).hexdigest() != listed[name]:
            return f"{name} has been changed"
    return next((f"{name} is missing" for name in listed if name not in held), "")


def require_place(folder: Path) -> tuple[Path, Path]:
    """(folder, archive) that a bundle may be written to; raises InputError where something that `just submit` did not write would be lost."""
    folder = folder.resolve()
    archive = folder.with_name(f"{folder.name}.tar.gz")
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder}: is a file, expected a folder for the bundle; choose another --output.")
    earlier = folder.is_dir() and any(folder.iterdir())
    strange = _strange(folder) if earlier else ""
    if strange:
        raise InputError(f"{folder}: is not as `just submit` wrote it ({strange}) and would be lost; move it away or choose another --output.")
    if os.path.lexists(archive) and not (earlier and archive.is_file() and not archive.is_symlink()):
        raise InputError(f"{archive}: stands where the archive goes, belongs to no bundle beside it and would be lost; move it away or choose another --output.")
    return folder, archive


def make_bundle(root: Path, folder: Path) -> tuple[Path, Path]:
    """Write the bundle of the project at `root` into `folder` and beside it as .tar.gz; return both paths.

    An earlier bundle is replaced only when the new one is complete. Raises InputError for results that are missing or partial and for a
    folder or archive that is not one of an earlier bundle, BuildError for a manuscript that cannot be built.
    """
    provenance = require_complete(root)
    folder, archive = require_place(folder)
    try:
        with scratch_directory(folder.parent) as scratch:
            new = scratch / "new"
            new.mkdir()
            _fill(root, new, provenance)
            (scratch / "archive").write_bytes(pack(new, folder.name))
            require_place(folder)  # what came there meanwhile is not lost, either
            replace_folder(new, folder)
            os.replace(scratch / "archive", archive)
    except OSError as error:
        raise InputError(f"{folder}: cannot write there ({error.strerror}); free it or choose another --output.") from None
    return folder, archive
