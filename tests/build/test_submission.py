"""The bundle for a journal: complete, the same bytes every time, refused for partial results, and typeset by Debian's TeX where it is there."""

import contextlib
import io
import json
import re
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest
from astropy.table import MaskedColumn, Table
from conftest import BIBLIOGRAPHY, MANUSCRIPT, write_project

from analysis.errors import InputError
from manuscript.build import paper
from manuscript.build.paper import BuildError
from manuscript.submission import bundle as submission
from manuscript.submission import latex
from manuscript.submission.bundle import check_bundle, figure_pdf, make_bundle, pack
from tools import submit

ROOT = Path(__file__).resolve().parents[2]
NAMES = "@article{gudmundur, author={Stefánsson, Guðmundur}, title={Łódź}, journal={The Astronomical Journal}, year={2020}}\n"
PROSE = """\
It is −1.2 × 10⁻⁴ ± 0.3 at α ≥ 2 R★ inside (r_t), 50 % of A_B & more [@gudmundur].

$$ c = d $$ {#eq-third}

where the sentence goes on. See @eq-third and [Sections @sec-inner].

```{=html}
<section id="explorer">for the page alone ☃</section>
```
"""
CITATION = "title: A sample\nauthors:\n  - family-names: Johnson\n    given-names: R. S.\n"


@pytest.fixture(scope="module", autouse=True)
def chunks_in_this_process():
    """Run the chunks without a kernel of their own, which takes seconds to start; the paper's tests run the real one."""

    def run(sources, root):
        shared, outputs = {}, []
        with contextlib.chdir(root):
            for source in sources:
                stream = io.StringIO()
                with contextlib.redirect_stdout(stream):
                    exec(source, shared)  # noqa: S102 (the chunks of the sample paper)
                outputs.append([{"name": "stdout", "text": stream.getvalue()}] if stream.getvalue() else [])
        return outputs

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paper, "execute", run)
        yield


def project(root: Path, provenance: dict | None = None) -> Path:
    """The sample paper with what a bundle needs beside it."""
    text = MANUSCRIPT.replace("# Methods {#sec-methods}\n", "# Methods {#sec-methods}\n\n" + PROSE)
    write_project(root, text.replace(", with a footnote.[^1]", ".").replace("[^1]: The footnote.\n", ""))  # the class itself overfills a footnote with line numbers
    (root / "manuscript" / "references.bib").write_text(BIBLIOGRAPHY + NAMES, encoding="utf-8")
    (root / "CITATION.cff").write_text(CITATION, encoding="utf-8")
    (root / "results" / "figure.csv").write_text("x,y\n1,2\n")
    (root / "results" / "provenance.json").write_text(json.dumps(provenance or {"lock": "1" * 64, "manifest_sha256": "2" * 64, "partial": None}))
    for name in ("vlms_companions_stacked", "objects_with_probs"):
        table = Table({"object_id": ["NASA:a b", "NASA:c"], "host_mass_msun": MaskedColumn([0.1, 0.2], mask=[False, True], unit="Msun", description="host & <mass>")})
        table.write(root / "results" / f"{name}.ecsv", format="ascii.ecsv")
    return root


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    root = project(tmp_path_factory.mktemp("journal") / "project")
    folder, archive = make_bundle(root, root / "_output" / "submission")
    return root, folder, archive


@pytest.fixture
def own(bundle, tmp_path):
    """A copy of the bundle to spoil."""
    return Path(shutil.copytree(bundle[1], tmp_path / "bundle"))


def test_bundle_holds_what_its_source_names_and_lists_it(bundle):
    _, folder, _ = bundle
    assert check_bundle(folder) == []
    assert {path.name for path in folder.iterdir()} == {
        "manuscript.tex", "references.bib", "figure.pdf", "catalogue.mrt.txt", "probabilities.mrt.txt", "data-behind-figures", "README.txt", "SHA256SUMS"}
    assert (folder / "data-behind-figures" / "figure.csv").read_text() == "x,y\n1,2\n"
    done = subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"], cwd=folder, check=False)
    assert done.returncode == 0
    assert "1  figure.pdf  (fig-first; data: data-behind-figures/figure.csv)" in (folder / "README.txt").read_text()


@pytest.mark.parametrize(("file", "old", "new", "problem"), [
    ("manuscript.tex", "]{figure.pdf}", "]{other.pdf}", "not in the bundle: other.pdf"),
    ("manuscript.tex", r"\begin{document}", r"\begin{document}\input{more.tex}", "not in the bundle: more.tex"),
    ("manuscript.tex", r"\label{fig-first}", "", "a reference to nothing: fig-first"),
    ("manuscript.tex", r"\label{fig-first}", r"\label{fig-second}", "a label given twice: fig-second"),
    ("references.bib", "{hut1981,", "{hut1982,", "cited but not in references.bib: hut1981"),
    ("manuscript.tex", "Late", "Lat\u00e9", "a character outside ASCII: '\u00e9'"),
])
def test_what_is_missing_is_told(own, file, old, new, problem):
    text = (own / file).read_text(encoding="utf-8")
    assert old in text
    (own / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    assert problem in check_bundle(own)


def test_source_has_the_journals_markup(bundle):
    tex = (bundle[1] / "manuscript.tex").read_text(encoding="ascii")
    for part in (
        r"\title{A sample of 140 companions}", r"\author{R. S. Johnson}", r"\affiliation{Institute of Tests}", r"\keywords{Low mass stars (2050) ---",
        "There are 140 companions of mass", r"\begin{equation}\label{eq-first}", r"Equation~(\ref{eq-second})", r"Figure~\ref{fig-second} before",
        r"\section{Methods}\label{sec-methods}", r"\section*{Aside}\phantomsection", r"alt={A black rectangle, shown first.}]{figure.pdf}",
        r"\caption{The first caption has 140, \(x^2\) and a citation \citep{hut1981}.\label{fig-first}}", r"\tablecaption{The ledger of 140 rows.\label{tbl-ledger}}",
        r"\tablehead{\colhead{step} & \colhead{rows}}", r"needs \(M_\star\) & 139", r"\citet{kipping2013}",
        r"$-$1.2 $\times$ 10$^{-4}$ $\pm$ 0.3 at $\alpha$ $\geq$ 2 R$_\star$ inside ($r_{\mathrm{t}}$), 50 \% of $A_{\mathrm{B}}$ \& more \citep{gudmundur}.",
        "\\end{equation}\nwhere the sentence goes on. See Equation~(\\ref{eq-third}) and Sections~\\ref{sec-inner}.", r"host \& \textless{}mass\textgreater{}",
    ):
        assert part in tex, part
    assert tex.count(r"\appendix") == 1
    assert "explorer" not in tex
    assert not re.search(r"[\w,.$]\n\n+\\begin\{equation\}", tex)  # an equation belongs to the paragraph before it


def test_character_without_a_tex_form_stops_the_build(tmp_path):
    root = project(tmp_path / "project")
    page = root / "manuscript" / "index.qmd"
    page.write_text(page.read_text(encoding="utf-8").replace("# Late", "A snowman ☃ here.\n\n# Late"), encoding="utf-8")
    with pytest.raises(BuildError, match=r"U\+2603"):
        make_bundle(root, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "out.tar.gz").exists()


def test_bibliography_becomes_ascii_and_keeps_its_names():
    text = latex.ascii_bibliography(BIBLIOGRAPHY + NAMES)
    assert text.isascii()
    assert r"Stef{\'{a}}nsson, Gu{\dh{}}mundur" in text
    assert text.startswith(BIBLIOGRAPHY)
    with pytest.raises(BuildError, match=r"U\+2603"):
        latex.ascii_bibliography("title = {☃}")


def test_same_input_gives_the_same_archive(bundle, tmp_path):
    root, folder, archive = bundle
    again, second = make_bundle(root, tmp_path / "submission")
    assert second.read_bytes() == archive.read_bytes() == pack(folder, "submission")
    with tarfile.open(second) as members:
        names = {member.name: member for member in members.getmembers()}
        assert {path.relative_to(again).as_posix() for path in again.rglob("*") if path.is_file()} == {name.removeprefix("submission/") for name in names}
        assert {(member.uid, member.uname, member.mtime) for member in names.values()} == {(0, "", 1735689600)}
    (folder / "README.txt").touch()
    assert pack(folder, "submission") == archive.read_bytes()


def test_picture_keeps_its_size(tmp_path):
    (tmp_path / "a.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" width="252pt" height="90pt" viewBox="0 0 252 90"><path d="M0 0L9 9" stroke="red"/></svg>')
    box = re.search(rb"/MediaBox ?\[([\d. ]+)\]", figure_pdf(tmp_path / "a.svg"))
    assert [round(float(number)) for number in box[1].split()] == [0, 0, 252, 90]


@pytest.mark.parametrize(("provenance", "words"), [
    ({"partial": "PARTIAL RUN: 50 % of the candidates"}, "partial run: 50 %"), ("{", "no finished results"), (None, "no finished results"),
])
def test_partial_or_unfinished_results_are_refused_in_one_sentence(tmp_path, monkeypatch, capsys, provenance, words):
    results = tmp_path / "results"
    results.mkdir()
    if provenance:
        (results / "provenance.json").write_text(provenance if isinstance(provenance, str) else json.dumps(provenance))
    monkeypatch.setattr(submit, "ROOT", tmp_path)
    monkeypatch.setenv("VLMS_EVALUATED", "1")
    assert submit.main(["--output", str(tmp_path / "out")]) == 2
    told = capsys.readouterr()
    assert told.err.count("\n") == 1
    assert words in told.err
    assert told.out == ""
    assert not (tmp_path / "out").exists()


def content(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_folder_of_somebody_else_is_left_alone(bundle, tmp_path):
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(InputError, match="would be lost"):
        make_bundle(bundle[0], tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def download(folder):
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    (folder / "data.csv").write_text("1")
    (folder / "SHA256SUMS").write_text(f"{'0' * 64}  data.csv\n")


@pytest.mark.parametrize(("spoil", "words"), [
    (download, "no SHA256SUMS of a bundle"),
    (lambda folder: (folder / "notes.txt").write_text("mine"), r"notes\.txt is no file of a bundle"),
    (lambda folder: (folder / "data-behind-figures" / "more.csv").write_text("mine"), r"more\.csv is no file of a bundle"),
    (lambda folder: (folder / "link").symlink_to(ROOT), "link is no file of a bundle"),
    (lambda folder: (folder / "manuscript.tex").write_text("mine"), r"manuscript\.tex has been changed"),
    (lambda folder: (folder / "README.txt").unlink(), r"README\.txt is missing"),
])
def test_a_folder_that_is_not_as_it_was_written_is_left_alone(bundle, own, spoil, words):
    spoil(own)
    before = content(own)
    with pytest.raises(InputError, match=f"{words}.* would be lost"):
        make_bundle(bundle[0], own)
    assert content(own) == before and [path.name for path in own.parent.iterdir()] == [own.name]


@pytest.mark.parametrize("typeset", [(), ("manuscript.log", "manuscript.pdf", "manuscript.bbl")])
def test_a_bundle_as_it_was_written_is_replaced_with_its_archive_typeset_or_not(bundle, own, typeset):
    for name in typeset:
        (own / name).write_text("by TeX")
    archive = own.with_name("bundle.tar.gz")
    archive.write_bytes(b"of an earlier bundle")
    assert make_bundle(bundle[0], own) == (own, archive)
    assert archive.read_bytes() == pack(bundle[1], "bundle") and content(own) == content(bundle[1])


@pytest.mark.parametrize("beside", [lambda folder: None, Path.mkdir])
def test_an_archive_without_its_bundle_is_left_alone(bundle, tmp_path, beside):
    folder, archive = tmp_path / "home", tmp_path / "home.tar.gz"
    beside(folder)
    archive.write_bytes(b"a backup")
    with pytest.raises(InputError, match=r"home\.tar\.gz: .* would be lost"):
        make_bundle(bundle[0], folder)
    assert archive.read_bytes() == b"a backup" and not (folder.is_dir() and any(folder.iterdir()))


def test_what_comes_there_while_the_bundle_is_made_is_kept(bundle, own, monkeypatch):
    real = submission._fill

    def fill(*arguments):
        real(*arguments)
        (own / "notes.txt").write_text("mine")

    monkeypatch.setattr(submission, "_fill", fill)
    with pytest.raises(InputError, match="would be lost"):
        make_bundle(bundle[0], own)
    assert (own / "notes.txt").read_text() == "mine"


def test_the_place_is_refused_before_anything_is_computed(tmp_path, monkeypatch, capsys):
    (tmp_path / "out").write_text("mine")
    monkeypatch.delenv("VLMS_EVALUATED", raising=False)
    monkeypatch.setattr("analysis.__main__.main", lambda argv: pytest.fail("the results were computed first"))
    assert submit.main(["--output", str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err == f"Error: {tmp_path / 'out'}: is a file, expected a folder for the bundle; choose another --output.\n"
    assert (tmp_path / "out").read_text() == "mine"


@pytest.mark.skipif(
    not shutil.which("pdflatex") or subprocess.run(["kpsewhich", "aastex631.cls", "epsf.sty"], capture_output=True, check=False).stdout.count(b"\n") < 2,
    reason="pdflatex with aastex631 is not installed (Debian: texlive-publishers and texlive-plain-generic)",
)
def test_bundle_typesets_without_a_complaint(own):
    for command in ("pdflatex", "bibtex", "pdflatex", "pdflatex", "pdflatex"):
        options = ["-interaction=nonstopmode", "-halt-on-error"] if command == "pdflatex" else []
        done = subprocess.run([command, *options, "manuscript"], cwd=own, capture_output=True, timeout=60, check=False)
        assert done.returncode == 0, done.stdout[-2000:]
    log = (own / "manuscript.log").read_text(encoding="latin-1")
    assert not re.search(r"^!|undefined|Missing character|Overfull \\hbox|has been referenced but does not exist", log, re.MULTILINE), log[-3000:]
    assert "Warning--" not in (own / "manuscript.blg").read_text()
    assert (own / "manuscript.pdf").read_bytes().startswith(b"%PDF-")
