"""axe-core finds no serious fault in the sample paper, nor in the paper itself where it was built."""

from pathlib import Path

import axe_core_python
import pytest

from analysis.runtime import ROOT
from tests.report.browser import report

AXE = (Path(axe_core_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
BUILT = ROOT / "_output" / "manuscript" / "index.html"
RUN = """
addEventListener("load", async () => {
  const result = await axe.run(document, { resultTypes: ["violations"] });
  const pre = document.createElement("pre");
  pre.id = "report";
  pre.textContent = JSON.stringify({
    checked: result.passes.length,
    faults: result.violations.map((fault) => [fault.id, fault.impact, fault.nodes.map((node) => node.target.join(" ")).join("; ")]),
  });
  document.body.append(pre);
});
"""
FAULTY = """<!DOCTYPE html><html lang="en"><head><title>t</title></head><body><main><h1>A page</h1><img src="data:,">
<p style="color: #bbb; background: #fff">Pale words.</p></main></body></html>"""


def serious(page: str, folder: Path) -> dict[str, str]:
    """Where each serious or critical fault of the page stands, by axe's name of the rule."""
    seen = report(page, AXE + RUN, folder, "1200,900", 20000)
    assert seen["checked"] > 5
    return {name: place for name, impact, place in seen["faults"] if impact in ("serious", "critical")}


def test_faults_are_found(tmp_path):
    assert set(serious(FAULTY, tmp_path)) == {"image-alt", "color-contrast"}


def test_sample_paper_has_no_serious_fault(paper, tmp_path):
    assert serious(paper.html.read_text(encoding="utf-8"), tmp_path) == {}


@pytest.mark.skipif(not BUILT.is_file(), reason="the paper was not built")
def test_paper_has_no_serious_fault(tmp_path):
    assert serious(BUILT.read_text(encoding="utf-8"), tmp_path) == {}
