"""CITATION.cff, .zenodo.json, codemeta.json and pyproject.toml say the same, in the terms of their formats."""

import json
import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
# What Zenodo's deposit metadata knows: https://developers.zenodo.org/#representation (the required ones first).
ZENODO_REQUIRED = {"title", "upload_type", "description", "creators", "access_right"}
ZENODO_KNOWN = ZENODO_REQUIRED | {"license", "keywords", "notes", "related_identifiers", "version", "language", "contributors", "references", "communities",
                                  "grants", "publication_date", "doi", "subjects", "method", "dates", "locations"}
CODEMETA_KNOWN = {"@context", "@type", "identifier", "name", "description", "author", "version", "license", "keywords", "programmingLanguage", "runtimePlatform",
                  "operatingSystem", "applicationCategory", "readme", "referencePublication", "codeRepository"}


@pytest.fixture(scope="module")
def files():
    return {
        "citation": yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8")),
        "zenodo": json.loads((ROOT / ".zenodo.json").read_text(encoding="utf-8")),
        "codemeta": json.loads((ROOT / "codemeta.json").read_text(encoding="utf-8")),
        "project": tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"],
    }


def test_all_say_the_same(files):
    citation, zenodo, codemeta, project = (files[name] for name in ("citation", "zenodo", "codemeta", "project"))
    assert citation["title"] == zenodo["title"] == codemeta["name"] == codemeta["referencePublication"]["name"]
    people = [f"{person['family-names']}, {person['given-names']}" for person in citation["authors"]]
    assert people == [person["name"] for person in zenodo["creators"]]
    assert people == [f"{person['familyName']}, {person['givenName']}" for person in codemeta["author"]]
    assert people == [", ".join(reversed(person["name"].rsplit(" ", 1))) for person in project["authors"]]
    assert str(citation["version"]) == zenodo["version"] == codemeta["version"] == project["version"]
    assert citation["keywords"] == zenodo["keywords"] == codemeta["keywords"]
    assert project["description"] == codemeta["description"]
    assert project["description"] in zenodo["description"]
    assert codemeta["referencePublication"]["datePublished"] == str(citation["preferred-citation"]["year"])
    assert project["requires-python"] in codemeta["runtimePlatform"]
    assert project["name"] == codemeta["identifier"]


def test_licences_are_the_same_in_the_form_of_each_file(files):
    licences = files["citation"]["license"]
    assert files["project"]["license"].split(" AND ") == licences
    assert files["codemeta"]["license"] == [f"https://spdx.org/licenses/{name}" for name in licences]
    assert files["zenodo"]["license"] == licences[0]  # the format holds one
    assert all(name in files["zenodo"]["notes"] for name in licences)
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert all(name.replace("CC-BY-4.0", "SPDX: CC-BY-4.0").replace("MIT", "MIT License") in text for name in licences)


def test_zenodo_file_has_what_zenodo_asks_for_and_nothing_it_does_not_know(files):
    zenodo = files["zenodo"]
    assert set(zenodo) >= ZENODO_REQUIRED
    assert set(zenodo) <= ZENODO_KNOWN
    assert zenodo["upload_type"] == "software"
    assert zenodo["access_right"] == "open"
    assert all(set(person) <= {"name", "affiliation", "orcid"} and ", " in person["name"] for person in zenodo["creators"])
    references = (ROOT / "manuscript" / "references.bib").read_text(encoding="utf-8")
    for item in zenodo["related_identifiers"]:
        assert set(item) == {"identifier", "relation", "resource_type"}
        assert f"doi = {{{item['identifier']}}}" in references


def test_codemeta_file_is_of_its_context(files):
    codemeta = files["codemeta"]
    assert codemeta["@context"] == "https://w3id.org/codemeta/3.0"
    assert codemeta["@type"] == "SoftwareSourceCode"
    assert set(codemeta) <= CODEMETA_KNOWN
    assert all(person["@type"] == "Person" for person in codemeta["author"])
    assert (ROOT / codemeta["readme"]).is_file()


def test_every_reference_can_be_followed_and_names_its_journal_in_full():
    entries = re.split(r"\n(?=@)", (ROOT / "manuscript" / "references.bib").read_text(encoding="utf-8"))
    entries = [entry for entry in entries if entry.startswith("@")]
    assert len(entries) > 100
    lost = [entry.split("{")[1].split(",")[0] for entry in entries if not re.search(r"\b(doi|eprint|url)\s*=\s*\{\S+\}", entry)]
    macros = [entry.split("{")[1].split(",")[0] for entry in entries if re.search(r"journal\s*=\s*(\{\\|[^{\s])", entry)]
    assert (lost, macros) == ([], [])
