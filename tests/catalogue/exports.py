"""Small synthetic exports in the formats of the archives, built row by row."""

import csv
import io
from pathlib import Path

PS_DEFAULTS = {
    "pl_name": "Alpha b", "hostname": "Alpha", "sy_snum": "1", "sy_pnum": "1", "discoverymethod": "Transit", "disc_year": "2020",
    "pl_orbper": "10.0", "pl_orbpererr1": "0.1", "pl_orbpererr2": "-0.1", "pl_orbperlim": "0", "pl_orbsmax": "0.05", "pl_orbsmaxerr1": "0.001",
    "pl_orbsmaxerr2": "-0.002", "pl_orbsmaxlim": "0", "pl_bmassj": "0.01", "pl_bmassjerr1": "0.002", "pl_bmassjerr2": "-0.001", "pl_bmassjlim": "0",
    "pl_bmassprov": "Mass", "pl_orbeccen": "0.1", "pl_orbeccenerr1": "0.05", "pl_orbeccenerr2": "-0.04", "pl_orbeccenlim": "0",
    "st_mass": "0.15", "st_masserr1": "0.01", "st_masserr2": "-0.02", "st_masslim": "0", "st_rad": "0.17", "st_teff": "3100", "st_met": "-0.1",
}
BD_DEFAULTS = {
    "host_star": "HD10697", "method": "rv", "mass": "", "p_mass": "", "m_mass": "", "msini": "20", "p_msini": "1", "m_msini": "2", "period": "100",
    "p_period": "0.1", "m_period": "0.2", "ecc": "0.3", "p_ecc": "0.01", "m_ecc": "0.02", "Mstar": "0.12", "p_Mstar": "0.01", "m_Mstar": "0.02",
    "Teff": "3000", "p_Teff": "", "m_Teff": "", "FeH": "", "p_FeH": "", "m_FeH": "", "source": "10.1000/x",
}
WEB_HEADER = "# This file was produced by the NASA Exoplanet Archive\n# Tue Jun  2 18:59:05 2026\n#\n# COLUMN pl_name: Planet Name\n#\n"


def table_text(rows: list[dict], columns: list[str], prefix: str = "") -> str:
    """CSV text of `rows` with the given columns."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, columns, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return prefix + stream.getvalue()


def ps_row(index: int = 0, **changes) -> dict:
    """A complete PSCompPars row named after `index`, with `changes`."""
    return PS_DEFAULTS | {"pl_name": f"Host-{index} b", "hostname": f"Host-{index}"} | {key: str(value) for key, value in changes.items()}


def bd_row(**changes) -> dict:
    """A complete row of the BD catalogue with `changes`."""
    return BD_DEFAULTS | {key: str(value) for key, value in changes.items()}


def write_ps(path: Path, rows: list[dict], *, columns: list[str] | None = None, prefix: str = "") -> Path:
    """Write a PSCompPars export."""
    path.write_text(table_text(rows, columns or list(PS_DEFAULTS), prefix), encoding="utf-8")
    return path


def write_bd(path: Path, rows: list[dict]) -> Path:
    """Write a BD catalogue."""
    path.write_text(table_text(rows, list(BD_DEFAULTS)), encoding="utf-8")
    return path
