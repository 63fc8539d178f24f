"""What the page tells about its numbers, figures and tables: the values of the artifacts, nothing that ends the script, code named as git names it."""

import base64
import gzip
import json
import re
import shutil
import subprocess

import pypandoc
import pytest
from small_paper import contents, write

from analysis.report import show, trace
from analysis.report.check import check_html
from analysis.runtime import ROOT

SOURCE = "{{< var sample.n >}} of {{< var plain.ecc.ks_p >}}, {{<var set.ages.permutations>}} {{< var sample.n >}} {{< var verified.word >}}\n"
HOSTILE = "</script><img src=x onerror=alert(1)><!-- {{< var x >}} \u2028"


@pytest.fixture
def results(tmp_path, monkeypatch):
    """Artifacts of a small paper, one of whose fields is hostile."""
    content = contents()
    content["numbers.json"]["ecc.ks_p"]["field"] = HOSTILE
    content["numbers.json"]["set.ages.permutations"] |= {"unit": "", "meaning": "permutations", "source": "our choice"}
    content["provenance.json"] = {
        "manifest_sha256": "ab" * 32,
        "artifacts": {"sample_summary.json": {"made_by": "sample", "sha256": "cd" * 32}, "eccentricity_summary.json": {"made_by": "eccentricity", "sha256": "ef" * 32}},
    }
    write(tmp_path, content)
    (tmp_path / "index.qmd").write_text(SOURCE, encoding="utf-8")
    monkeypatch.setattr(show, "RESULTS", tmp_path)
    monkeypatch.setattr(show, "MANUSCRIPT", tmp_path / "index.qmd")
    return tmp_path


def saved(line: str) -> list[tuple[str, bytes]]:
    """Name and content of each file that a line hands out."""
    return [(name, base64.b64decode(body)) for body, name in re.findall(r'href="data:[\w/.\-]+;base64,([\w+/=]*)" download="([^"]+)"', line)]


def test_each_number_of_the_text_has_its_value_and_origin(results):
    content = trace.content(results, SOURCE)
    numbers = json.loads((results / "numbers.json").read_text())
    assert list(content["numbers"]) == ["sample.n", "ecc.ks_p", "set.ages.permutations"]
    for key, shown in content["numbers"].items():
        assert json.loads(shown["value"]) == numbers[key]["value"]
        assert (shown["artifact"], shown["field"], shown["format"]) == tuple(numbers[key][name] for name in ("artifact", "field", "format"))
    assert content["numbers"]["set.ages.permutations"]["meaning"] == "permutations"
    assert content["artifacts"]["sample_summary.json"]["sha256"] == "cd" * 6
    assert content["artifacts"]["sample_summary.json"]["script"] == "analysis/report/catalogue.py"
    assert "analysis/population/eccentricity/stage.py" in content["artifacts"]["eccentricity_summary.json"]["stages"]
    assert content["artifacts"]["run.json"]["script"] == "analysis/config"
    assert content["data"].startswith("ab" * 6)


def test_a_verdict_comes_with_what_decided_it(results):
    shown = trace.content(results, "{{< var claims.kozai.verdict >}}")["numbers"]["claims.kozai.verdict"]
    assert shown["verdict"] == "cannot tell" and shown["effect"] == "slope −0.52 (−1.00 to 0.10)" and json.loads(shown["p"]) == 0.04
    assert [shown[name] for name in ("p_adjusted", "power", "passes", "errs")] == ["0.08", "0.5", "3 of 4 (p < 0.05)", "0.052"]
    assert "value" not in shown and (shown["artifact"], shown["field"]) == ("claims.json", "kozai.verdict")


def test_exports_of_the_reader_take_the_place_of_the_frozen_data(results):
    (results / "mine.csv").write_text("x\n")
    (results / "run.json").write_text(json.dumps({"catalogue": {"ps": str(results / "mine.csv"), "bd": ""}}))
    assert trace.content(results, SOURCE)["data"].startswith("ps 73cb3858a687")


def test_the_block_survives_hostile_text_and_pandoc_and_leaves_other_formats_alone(results, capsys):
    show.trace()
    printed = capsys.readouterr().out
    html = pypandoc.convert_text(f"Before\n\n{printed}\nAfter\n", "html5", format="markdown", extra_args=["--standalone", "--metadata=title:t", "--metadata=lang:en"])
    assert html.count("<script") == 2 and "<img" not in html and "onerror=alert(1)>" not in html and check_html(html) == []
    block = re.search(r'<script type="application/json" id="tr-data">(.*?)</script>', html, re.DOTALL)[1]
    assert json.loads(block)["numbers"]["ecc.ks_p"]["field"] == HOSTILE and json.loads(block) == trace.content(results, SOURCE)
    assert "tr-" not in pypandoc.convert_text(printed, "typst", format="markdown", extra_args=["--fail-if-warnings"])


def test_script_and_style_are_small_and_write_no_markup():
    script, style = ((show.TRACE / name).read_text(encoding="utf-8") for name in ("trace.js", "trace.css"))
    assert len(script.splitlines()) + len(style.splitlines()) <= 120
    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|fetch\(|\.on\w+ ?=", script)
    assert "prefers-reduced-motion" in style and "//" not in style


def test_the_block_of_the_manuscript_stays_small(results):
    keys = [key.removeprefix("plain.") for key in trace.VARIABLE.findall((ROOT / "manuscript" / "index.qmd").read_text(encoding="utf-8"))]
    number = {"value": 0.12345678901234567, "text": "0.12", "artifact": "eccentricity_inference.json", "field": "a.field.of.common.length", "format": "fixed:2"}
    (results / "numbers.json").write_text(json.dumps({key: number for key in keys}))
    source = "".join(f"{{{{< var {key} >}}}}" for key in keys)
    assert 100 < len(trace.content(results, source)["numbers"]) and len(show.embedded(trace.content(results, source))) < 150_000


def test_code_is_named_as_git_names_it_and_the_commit_only_where_nothing_differs(tmp_path):
    if not shutil.which("git"):
        pytest.skip("git is not installed")

    def git(*words):
        command = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *words]
        return subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stdout.strip()

    for name in ("analysis/a/b.py", "analysis/a.py", "analysis/a-b.py", "analysis/a0/c.py", "README.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "analysis" / "a.py").chmod(0o755)
    results = write(tmp_path / "results")
    assert trace.commit(tmp_path) is None and trace.content(results, SOURCE, tmp_path)["commit"].startswith("unknown: no repository")
    git("init", "-q")
    git("add", ".")
    git("commit", "-q", "-m", "first")
    first = git("rev-parse", "HEAD")
    (tmp_path / "analysis" / "__pycache__").mkdir()
    (tmp_path / "analysis" / "__pycache__" / "a.pyc").write_text("compiled")
    (tmp_path / ".git" / "info" / "exclude").write_text("__pycache__\n")
    assert trace.code_id(tmp_path / "analysis") == git("rev-parse", "HEAD:analysis") and trace.commit(tmp_path) == first
    (tmp_path / "README.md").write_text("no number hangs on it")
    git("commit", "-q", "-a", "-m", "second")
    assert trace.commit(tmp_path) == first and trace.content(results, SOURCE, tmp_path)["commit"] == first[:12]
    (tmp_path / "analysis" / "a.py").write_text("edited")
    assert trace.code_id(tmp_path / "analysis") != git("rev-parse", "HEAD:analysis") and trace.commit(tmp_path) == ""
    assert trace.content(results, SOURCE, tmp_path)["commit"].startswith("not committed: the files differ")


def test_a_figure_hands_out_its_data_and_its_script(results):
    assert trace.figure_sources(results, "fig1_massmass") == ""
    small, large = b"a,b\n1,2\n", b"a,b\n" + b"1,2\n" * 5000
    (results / "fig1_massmass.csv").write_bytes(small)
    line = trace.figure_sources(results, "fig1_massmass")
    assert saved(line) == [("fig1_massmass.csv", small), ("massmass.py", (ROOT / "analysis/report/figures/massmass.py").read_bytes())]
    assert "analysis/report/figures/massmass.py" in line
    (results / "fig1_massmass.csv").write_bytes(large)
    packed = trace.figure_sources(results, "fig1_massmass")
    name, body = saved(packed)[0]
    assert ">fig1_massmass.csv (gzip)</a>" in packed and "(gzip)" not in line
    assert (name, gzip.decompress(body)) == ("fig1_massmass.csv.gz", large)


def test_a_file_too_long_for_the_page_is_only_named(results, monkeypatch):
    monkeypatch.setattr(trace, "LINK_LIMIT", 10)
    (results / "fig1_massmass.csv").write_bytes(b"a,b\n" * 5)
    line = trace.figure_sources(results, "fig1_massmass")
    assert "Data: fig1_massmass.csv" in line and not saved(line) and "gzip" not in line


def test_a_table_hands_out_its_cells_and_the_function_that_makes_it(results):
    cells = {"columns": ["Step", "Total"], "rows": [["read, all", "200"]]}
    line = trace.table_sources(cells, "ledger")
    (name, data), (_, script) = saved(line)
    assert (name, data.decode()) == ("table_ledger.csv", 'Step,Total\n"read, all",200\n')
    assert script.decode().startswith("def ledger(") and "sample_ledger.csv" in line and "analysis/report/tables.py" in line
    assert [name for name, _ in saved(trace.table_sources(cells, "no such"))] == ["table_no such.csv"]


@pytest.mark.parametrize(("name", "script", "function", "files"), [
    ("desert", "desert", "models", "desert_models.csv"), ("resonances", "circumbinary", "resonances", "circumbinary_classes.csv, circumbinary_libration.csv, circumbinary_shares.csv"),
    ("circumbinary_fates", "circumbinary", "fates", "circumbinary_fates.csv, circumbinary_host_fates.csv"), ("vetting", "vetting", "table", "vetting.csv"),
    ("gaia", "gaia", "ledger", "gaia_companions_summary.json"), ("origins", "trace", "origin_rows", "numbers.json, provenance.json"),
])
def test_a_table_made_elsewhere_names_its_script_too(name, script, function, files):
    line = trace.table_sources({"columns": ["a"], "rows": [["1"]]}, name)
    assert f"(from {files})" in line and f"analysis/report/{script}.py</a>, {function}()" in line
    assert saved(line)[1][1].decode().startswith(f"def {function}(")


def test_every_table_of_the_manuscript_names_a_script():
    manuscript = (ROOT / "manuscript" / "index.qmd").read_text(encoding="utf-8")
    names = re.findall(r'show\.table\("(\w+)"', manuscript)
    assert len(names) > 10 and "show.origins()" in manuscript
    for name in names:
        assert "Script: " in trace.table_sources({"columns": ["a"], "rows": [["1"]]}, name), name


def test_a_repository_is_linked_where_the_citation_file_names_one(results, tmp_path):
    root = tmp_path / "root"
    (root / "analysis" / "report" / "figures").mkdir(parents=True)
    (root / "analysis" / "report" / "figures" / "massmass.py").write_text("x = 1\n")
    (results / "fig1_massmass.csv").write_text("a\n")
    assert "repository" not in trace.figure_sources(results, "fig1_massmass", root)
    (root / "CITATION.cff").write_text('title: x\nrepository-code: "https://example.org/a/b"\n')
    assert 'href="https://example.org/a/b/blob/HEAD/analysis/report/figures/massmass.py"' in trace.figure_sources(results, "fig1_massmass", root)


def test_the_appendix_counts_every_number_of_the_text_once(results, capsys):
    table = trace.origin_rows(results, SOURCE)
    assert sum(int(row[1]) for row in table["rows"]) == 3
    assert ["sample_summary.json (report/catalogue.py)", "1", "sample", "counts"] in table["rows"]
    assert ["run.json (config)", "1", "set", "ages"] in table["rows"]
    (results / "index.qmd").write_text("{{< var sample.n >}}\n")
    show.origins()
    printed = capsys.readouterr().out
    assert printed.count("\n| ") == 2 and [name for name, _ in saved(printed)] == ["table_origins.csv", "trace.py"]
