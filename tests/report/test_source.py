"""The author's own files: one sentence with file and line for what is wrong, and front matter in every form that Quarto takes."""

import pytest

from analysis.errors import InputError
from analysis.report.source import authors, listed, read_manuscript, read_settings

GOOD = "---\ntitle: A page\n---\n\nText with a rule.\n\n---\n\nMore.\n"


def test_front_matter_and_body_are_parted_at_the_first_two_lines(tmp_path):
    (tmp_path / "a.qmd").write_text(GOOD)
    assert read_manuscript(tmp_path / "a.qmd") == ({"title": "A page"}, "\nText with a rule.\n\n---\n\nMore.\n")


@pytest.mark.parametrize(("content", "sentence"), [
    (b"title: A page\n---\n", "a.qmd line 1: the front matter must stand between two lines of ---"),
    (b"Before.\n---\ntitle: A\n---\n", "a.qmd line 1: the front matter"),
    (b"---\ntitle: A page\n", "a.qmd line 1: the front matter"),
    (b"---\ntitle: A page\nsubtitle: B: C\n---\n", r"a.qmd line 3: no valid YAML \(mapping values are not allowed here\)"),
    (b"---\njust words\n---\n", "a.qmd line 2: expected lines of the form 'key: value'"),
    (b"---\ntitle: A\n---\n\nCaf\xe9.\n", "a.qmd line 5: not UTF-8"),
    (b"---\ntitle: A\x07\n---\n", "a.qmd line 2: no valid YAML"),
])
def test_what_is_wrong_in_the_text_is_told_with_its_line(tmp_path, content, sentence):
    (tmp_path / "a.qmd").write_bytes(content)
    with pytest.raises(InputError, match=sentence):
        read_manuscript(tmp_path / "a.qmd")


def test_settings_that_are_missing_or_broken_are_told(tmp_path):
    with pytest.raises(InputError, match="_quarto.yml: no such file"):
        read_settings(tmp_path)
    (tmp_path / "_quarto.yml").write_text("project:\n  render: [a\n")
    with pytest.raises(InputError, match=r"_quarto.yml line \d: no valid YAML"):
        read_settings(tmp_path)


@pytest.mark.parametrize(("given", "people"), [
    (None, []),
    ("Jane Doe", [{"name": "Jane Doe", "affiliations": []}]),
    (["Jane Doe", "John Roe"], [{"name": "Jane Doe", "affiliations": []}, {"name": "John Roe", "affiliations": []}]),
    ({"name": "Jane Doe", "affiliations": "MIT"}, [{"name": "Jane Doe", "affiliations": ["MIT"]}]),
    ([{"name": "Jane Doe", "affiliation": [{"name": "MIT", "city": "Cambridge"}, "ESO"], "orcid": "0000", "email": ""}],
     [{"orcid": "0000", "name": "Jane Doe", "affiliations": ["MIT", "ESO"]}]),
])
def test_authors_may_be_given_in_every_form(given, people):
    assert authors({"author": given}) == people


def test_one_item_is_a_list_of_one():
    assert (listed("a, b"), listed(["a"]), listed(None)) == (["a, b"], ["a"], [])
