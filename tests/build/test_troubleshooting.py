"""The troubleshooting page quotes sentences that the program says, and has an entry for every module that refuses input."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "docs" / name for name in ("troubleshooting.md", "performance.md")]
PAGE = PAGES[0].read_text(encoding="utf-8")
SOURCES = [path for folder in ("analysis", "manuscript", "tools") for path in sorted((ROOT / folder).rglob("*.py"))]
HOLE = "\0"  # a part of a sentence that changes from case to case
LEAST = 8  # characters of a pattern that do not change


def templates(tree):
    """Every string of a module as written, adjacent parts joined, each inserted value a hole."""
    constants = {
        target.id: node.value.value
        for node in tree.body if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for target in node.targets if isinstance(target, ast.Name)
    }

    def text(node):
        if isinstance(node, ast.Constant):
            return node.value if isinstance(node.value, str) else HOLE
        if isinstance(node, ast.JoinedStr):
            return "".join(part.value if isinstance(part, ast.Constant) else HOLE for part in node.values)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            return text(node.left) + text(node.right)
        return constants.get(node.id, HOLE) if isinstance(node, ast.Name) else HOLE

    everything, refusals = [], []
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant | ast.JoinedStr | ast.BinOp):
            everything.append(text(node))
        elif isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "InputError" and node.args:
            refusals.append(text(node.args[0]))
    return everything, refusals


@cache
def said():
    """(every string of the sources and of the set-up script, {module: its refusals})."""
    strings = re.findall(r'"([^"\n]{12,})"', (ROOT / "tools" / "setup.sh").read_text(encoding="utf-8"))
    strings = [re.sub(r"\$\{?\w+\}?", HOLE, line) for line in strings]
    refusals = {}
    for path in SOURCES:
        everything, found = templates(ast.parse(path.read_bytes()))
        strings += everything
        if found:
            refusals[path.relative_to(ROOT).as_posix()] = found
    return [line for line in strings if len(line) >= LEAST], refusals


@cache
def quoted():
    """The patterns of the page: the code in the first cell of every row, cut into the parts that stay."""
    rows = re.findall(r"^\| `([^`]+)` \|", PAGE, re.MULTILINE)
    return {row: [part for part in re.split(r"…|\.\.\.", row) if part] for row in rows}


def says(line, parts):
    """True when the parts stand in this line, one after the other."""
    place = 0
    for part in parts:
        place = line.find(part, place)
        if place < 0:
            return False
        place += len(part)
    return True


def test_the_page_has_patterns_to_judge():
    assert len(quoted()) > 150
    strings, refusals = said()
    assert len(strings) > 1000 and len(refusals) > 30


def test_every_sentence_that_is_quoted_is_said():
    assert [pattern for pattern in quoted() if len(re.sub(r"…|\W", "", pattern)) < LEAST - 2] == [], "too short to find"
    assert [pattern for pattern, parts in quoted().items() if not any(says(line, parts) for line in said()[0])] == [], "nobody says these"


def test_every_module_that_refuses_input_has_an_entry():
    missing = {
        module: lines[:3] for module, lines in said()[1].items() if not any(says(line, parts) for parts in quoted().values() for line in lines)
    }
    assert missing == {}, "docs/troubleshooting.md quotes none of these"


def test_rows_have_three_cells_and_say_something_in_each():
    for line in PAGE.splitlines():
        if line.startswith("| `"):
            cells = [cell.strip() for cell in re.sub(r"`[^`]*`", "x", line).strip("|").split("|")]
            assert len(cells) == 3 and all(cells), line


def test_a_renamed_sentence_and_a_new_module_would_be_noticed():
    tree = ast.parse('raise InputError(f"{path}: the moon is " f"{phase}; expected full.")\nAFTER = "later"\nraise InputError(AFTER)')
    everything, refusals = templates(tree)
    assert refusals == [f"{HOLE}: the moon is {HOLE}; expected full.", "later"]
    assert refusals[0] in everything
    assert not any(says(line, parts) for parts in quoted().values() for line in refusals)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_commands_of_the_page_exist(page):
    text = page.read_text(encoding="utf-8")
    headings = {re.sub(r"[^\w\- ]", "", line.lstrip("# ").lower()).replace(" ", "-") for line in text.splitlines() if line.startswith("#")}
    for target in re.findall(r"\]\(([^)]+)\)", text):
        assert target[1:] in headings if target.startswith("#") else target.startswith("https://") or (page.parent / target.split("#")[0]).is_file(), target
    recipes = set(re.findall(r"^(\w+)(?: \*args)?:", (ROOT / "justfile").read_text(encoding="utf-8"), re.MULTILINE))
    assert {word for word in re.findall(r"`just (\w+)", text)} <= recipes
    sources = "".join(path.read_text(encoding="utf-8") for path in SOURCES)
    for variable in re.findall(r"`((?:VLMS|PAPER)_\w+)", text):
        assert variable in sources, variable


def test_the_three_points_of_the_specification_are_covered_with_the_values_in_force():
    """Section 10: column names and Earth masses, too few rows, threads and memory."""
    from analysis.config import SelectionConfig
    from analysis.constants import MJUP_IN_MEARTH
    from analysis.runtime import CORE_VARIABLES, THREAD_VARIABLES

    section = PAGE.split("## Columns, rows and memory")[1].split("\n## ")[0]
    for word in ("st_mass", "pl_bmassj", "pl_orbsmax", "pl_orbeccen", "KeyError", "Brown Dwarf Companion Catalogue", f"{MJUP_IN_MEARTH:g}", "NULL", "1.2 GB"):
        assert word in section, word
    limits = SelectionConfig()
    assert f"{limits.host_mass_min:.2f} to {limits.host_mass_max:.2f} Msun" in section
    assert all(f"`{name}`" in PAGES[1].read_text(encoding="utf-8") for name in (*THREAD_VARIABLES, *CORE_VARIABLES))
