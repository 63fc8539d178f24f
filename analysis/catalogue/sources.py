"""Where a catalogue file came from: authority, copy, retrieval date and digest."""

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

from analysis.errors import InputError

__all__ = ["AUTHORITIES", "source_entry"]

AUTHORITIES = {
    "NASA": ("NASA Exoplanet Archive, Planetary Systems Composite Parameters (pscomppars)", "https://exoplanetarchive.ipac.caltech.edu/TAP"),
    "BD_Catalogue": (
        "Brown Dwarf Companion Catalogue, Stevenson et al. 2023 (arXiv:2310.02695)",
        "https://ordo.open.ac.uk/articles/dataset/Brown_Dwarf_Companion_Catalogue/24156393",
    ),
    "gaia": ("Gaia Data Release 3, ESA/Gaia/DPAC (Gaia Collaboration 2023)", "https://gea.esac.esa.int/tap-server/tap"),
    "ages": ("Extrasolar Planets Encyclopaedia, Schneider et al. 2011", "https://exoplanet.eu/catalog/"),
}


def source_entry(name: str, path: Path, info: dict, copies: dict[str, str], dates: dict[str, str]) -> dict[str, Any]:
    """Origin, copy, retrieval date and digest of one export; no local paths."""
    authority, url = AUTHORITIES[name]
    beside = path.with_name(f"{path.name}.provenance.json")
    fetched: dict[str, Any] = {}
    if beside.is_file():
        try:
            fetched = json.loads(beside.read_text(encoding="utf-8"))
        except ValueError:
            raise InputError(
                f"{beside} is not valid JSON; expected the provenance of {path.name}. Fetch the catalogue again or remove the file."
            ) from None
        if fetched.get("sha256") != info["sha256"]:
            raise InputError(f"{beside} belongs to another file than {path.name} (sha256 differs); fetch the catalogue again or remove the file.")
    copied = copies.get(name) or ("retrieved from the service itself" if fetched else "local file, origin not recorded")
    return {
        "authority": authority, "authority_url": url, "copy": copied, "file": info["file"], "sha256": info["sha256"], "rows": info["rows"],
        "retrieved": dates.get(name) or fetched.get("retrieved") or _date_of(path), "url": fetched.get("url", ""), "query": fetched.get("query", ""),
    }


def _date_of(path: Path) -> str:
    """The date in the archive's header or in the file name, else "not recorded"."""
    head = path.read_bytes()[:2000].decode("utf-8", "replace").splitlines()[:3]
    for line in head:
        try:
            return datetime.strptime(" ".join(line.strip("# ").split()), "%a %b %d %H:%M:%S %Y").date().isoformat()
        except ValueError:
            continue
    found = re.search(r"\d{4}-\d{2}-\d{2}", path.name)
    return found.group() if found else "not recorded"
