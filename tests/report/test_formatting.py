"""Formatted numbers read back as the value they stand for."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.report.formatting import MISSING, formatted

SUPERSCRIPTS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


def _read(text: str) -> float:
    mantissa, _, exponent = text.replace("−", "-").partition(" × 10")
    return float(mantissa) * 10.0 ** int(exponent.translate(SUPERSCRIPTS) or 0)


@pytest.mark.parametrize(
    ("value", "style", "text"),
    [
        (3.04e-4, "p:1", "3 × 10⁻⁴"), (0.6889, "p:2", "0.69"), (0.0123, "p:2", "0.012"), (-0.004, "fixed:2", "0.00"), (-1.25, "fixed:1", "−1.2"),
        (0.5, "percent:0", "50"), (0.0025, "milli:1", "2.5"), (1e-4, "power", "10⁻⁴"), (True, "choice:in|out", "in"), (False, "choice:in|out", "out"), (140.0, "count", "140"), (9.996, "significant:3", "10.0"), (1234.5, "significant:2", "1200"),
        (3.79e12, "scientific:2", "3.8 × 10¹²"), (None, "fixed:2", MISSING), (math.nan, "count", MISSING), ([1, 2], "count", "1, 2"),
        (2.0, "signed:1", "+2.0"), (-2.0, "signed:1", "−2.0"), ("transit", "text", "transit"),
    ],
)
def test_known_cases(value, style, text):
    assert formatted(value, style) == text


@given(st.floats(1e-12, 1e12), st.integers(1, 6))
def test_scientific_and_significant_read_back(value, digits):
    for style in ("scientific", "significant"):
        assert _read(formatted(value, f"{style}:{digits}")) == pytest.approx(value, rel=0.51 * 10.0 ** (1 - digits))


def test_unknown_style_is_an_error():
    with pytest.raises(KeyError):
        formatted(1.0, "roman:2")
