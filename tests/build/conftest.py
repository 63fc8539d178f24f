"""A small paper that uses everything the manuscript may use, and its build."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).resolve().parents[2]

QUARTO = """\
project: {type: default, output-dir: _output, execute-dir: project, render: [manuscript/index.qmd]}
lang: en-GB
bibliography: manuscript/references.bib
number-sections: true
execute: {echo: false}
format:
  html: {embed-resources: true, html-math-method: mathml, link-citations: true}
  typst: {citeproc: true, link-citations: true, papersize: a4}
"""

VARIABLES = """\
sample: {n: '[140]{.num data-k="sample.n"}', quoted: 'the "inner: edge"'}
plain: {n: "140"}
"""

FIGURE = '<svg xmlns="http://www.w3.org/2000/svg" width="250pt" height="90pt" viewBox="0 0 250 90"><rect width="240" height="80" x="5" y="5"/></svg>'

BIBLIOGRAPHY = """\
@article{kipping2013, author={Kipping, David M.}, title={Parametrizing the exoplanet eccentricity distribution}, journal={MNRAS}, volume={434},
  pages={L51}, year={2013}, doi={10.1093/mnrasl/slt075}}
@article{hut1981, author={Hut, P.}, title={Tidal evolution in close binary systems}, journal={Astronomy and Astrophysics}, volume={99}, year={1981}}
"""

MANUSCRIPT = """\
---
title: "A sample of {{< var plain.n >}} companions"
author:
  - name: R. S. Johnson
    affiliations: [{name: Institute of Tests}]
  - name: A. N. Other
date: 2025-01-02
abstract: |
  There are {{< var sample.n >}} companions of mass $M_\\star$ [@hut1981].
keywords: [stars, planets]
---

```{python}
import os
def show(name, alt): print(f'![](../results/{name}.svg){{fig-alt="{alt}" width=100%}}')
```

# Introduction {#sec-introduction}

See @fig-second before @fig-first, [-@fig-first], @tbl-ledger, @eq-second, @eq-first, @sec-introduction, @sec-inner and @sec-late.
@kipping2013 says so [see @hut1981, p. 3; @kipping2013]. **{{< var sample.n >}}** rows, {{< var sample.quoted >}}.

# Aside {.unnumbered}

$$
e_\\mathrm{max} = \\sqrt{1 - \\tfrac{5}{3}\\cos^2 i}
$$ {#eq-first}

::: {#fig-first}

```{python}
#| output: asis
show("figure", "A black rectangle, shown first.")
```

The first caption has {{< var sample.n >}}, $x^2$ and a citation [@hut1981].
:::

# Methods {#sec-methods}

## Inner {#sec-inner}

$$ a = b $$ {#eq-second}

::: {#fig-second}

```{python}
#| output: asis
#| note: "{{< var sample.quoted >}}"
show("figure", "A black rectangle, shown again.")
```

The second caption.
:::

::: {#tbl-ledger}

```{python}
#| output: asis
print("| step | rows |\\n|:---|---:|\\n| mass range | 145 |\\n| needs $M_\\\\star$ | 139 |\\n")
```

The ledger of {{< var sample.n >}} rows.
:::

A paragraph with a footnote.[^1]

[^1]: The footnote.

# Late {#sec-late}

```{python}
print("working in", os.path.basename(os.getcwd()))
```

# References {.unnumbered}

::: {#refs}
:::
"""


def write_project(root: Path, manuscript: str = MANUSCRIPT) -> Path:
    """Write the sample paper's project below `root`."""
    (root / "manuscript").mkdir(parents=True)
    (root / "results").mkdir()
    for name, text in {
        "_quarto.yml": QUARTO, "_variables.yml": VARIABLES, "results/figure.svg": FIGURE, "manuscript/references.bib": BIBLIOGRAPHY,
        "manuscript/index.qmd": manuscript, "manuscript/numerals.txt": "",
    }.items():
        (root / name).write_text(text, encoding="utf-8")
    return root


@pytest.fixture(scope="session")
def paper(tmp_path_factory):
    """The sample paper as the fallback builder makes it: root, html, pdf (paths)."""
    from manuscript.build.paper import build

    root = write_project(tmp_path_factory.mktemp("paper") / "project")
    html, pdf = build(root)
    return SimpleNamespace(root=root, html=html, pdf=pdf)


@pytest.fixture
def recipes(tmp_path):
    """The justfile and tools in a folder of their own, with a Python that only writes down how it was called."""
    root = tmp_path / "clone"
    shutil.copytree(ROOT / "tools", root / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("justfile", "pyproject.toml"):
        shutil.copy(ROOT / name, root / name)
    (root / "requirements.lock").write_text("example==1.0 \\\n    --hash=sha256:00\n")
    python = root / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/bash\n[ "$1" = -c ] && exit "${PYTHON_FITS:-0}"\n'
                      'printf "%s\\n" "<$*>" >> calls\nfor word in "$@"; do printf "%s\\n" "$word" >> words; done\nexit "${PYTHON_STATUS:-0}"\n')
    python.chmod(0o755)
    return root
