"""The calibration framework on tests whose error rates are known, and the frozen outcomes of the claims."""

import math
from concurrent.futures import Future
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis import calibrate, calibration
from analysis.claims import RULES
from analysis.config import CalibrationConfig
from analysis.errors import InputError

N = 2000


def _known_test(scenario: str, index: int, shift: dict[str, float]) -> dict[str, float]:
    """A z-test and interval of a normal mean of known spread: size 5 %, coverage 95 %, power known in closed form."""
    value = np.random.default_rng([1, index]).normal(shift[scenario], 1.0)
    return {"p": 2 * stats.norm.sf(abs(value)), "estimate": value, "low": value - 1.959964, "high": value + 1.959964, "truth": shift[scenario]}


KNOWN = SimpleNamespace(
    __name__="analysis.calibration", CLAIM="known", SECTIONS=("calibration",), SCENARIOS={"null": "no shift", "alternative": "a shift of two"}, TRUTH="the shift",
    prepare=lambda sample, calibration_config: {"null": 0.0, "alternative": 2.0}, simulate=_known_test,
)


def _outcomes(scenario: str, n: int = N) -> dict[str, np.ndarray]:
    return calibration.columns(KNOWN, scenario, np.arange(n), {"null": 0.0, "alternative": 2.0})


def test_error_rates_of_a_known_test():
    null, alternative = (calibration.error_rates(_outcomes(name), 0.05) for name in KNOWN.SCENARIOS)
    assert null["rejected_low"] < 0.05 < null["rejected_high"] and null["coverage_low"] < 0.95 < null["coverage_high"]
    power = stats.norm.sf(1.959964 - 2) + stats.norm.cdf(-1.959964 - 2)
    assert alternative["rejected_low"] < power < alternative["rejected_high"]
    assert null["mean_width"] == pytest.approx(2 * 1.959964) and null["simulations"] == null["tests"] == null["intervals"] == N
    assert math.isnan(null["supported"])


def test_an_invalid_test_is_found_out():
    too_small = {**_outcomes("null"), "p": _outcomes("null")["p"] / 3}
    row = calibration.error_rates(too_small, 0.05)
    assert row["rejected_low"] > 0.06
    table = pd.DataFrame([{"claim": "known", "scenario": "null", **row}])
    assert calibration._of_claim(table, KNOWN, True, CalibrationConfig())["sound"] is False
    narrow = _outcomes("null")
    middle = narrow["estimate"]
    narrow |= {"low": middle - 1, "high": middle + 1}
    row = calibration.error_rates(narrow, 0.05)
    assert row["coverage"] == pytest.approx(0.683, abs=0.03)
    table = pd.DataFrame([{"claim": "known", "scenario": "null", **row}])
    assert calibration._of_claim(table, KNOWN, True, CalibrationConfig())["sound"] is False


def test_open_intervals_and_undefined_outcomes():
    nan = math.nan
    values = {
        "p": np.array([0.01, nan, 0.5, 0.04]), "estimate": np.array([1.0, nan, 1.0, 1.0]), "low": np.array([nan, nan, 2.0, 0.0]),
        "high": np.array([2.0, nan, 3.0, nan]), "truth": np.array([1.5, 1.5, 1.5, 1.5]),
    }
    row = calibration.error_rates(values, 0.05)
    assert (row["simulations"], row["tests"], row["intervals"]) == (4, 3, 3)
    assert row["rejected"] == pytest.approx(2 / 3) and row["coverage"] == pytest.approx(2 / 3)


def test_one_bootstrap_replicate_each_gives_uniform_p():
    rng = np.random.default_rng(3)
    p = calibration.warp_p(rng.chisquare(2, N), rng.chisquare(2, N))
    assert stats.kstest(p, "uniform").pvalue > 0.01 and p.min() > 0
    assert np.isnan(calibration.warp_p(np.array([np.nan, 1.0]), np.array([0.0, np.nan]))).tolist() == [True, False]


def test_interval_of_a_share_is_that_of_clopper_and_pearson():
    low, high = calibration.proportion(7, 100)
    assert (low, high) == pytest.approx((stats.beta.ppf(0.025, 7, 94), stats.beta.ppf(0.975, 8, 93)))
    assert all(map(math.isnan, calibration.proportion(0, 0)))


def test_simulations_made_again_are_compared(monkeypatch):
    old, new = _outcomes("null", 10), _outcomes("null", 10)
    new["low"] = new["low"].copy()
    new["low"][3] += 1e-9
    new["low"][4] += 1e-3
    found = list(calibration._differences(old, new, np.arange(10)))
    assert [item[0] for item in found if not item[1]] == [3, 4] and [item[0] for item in found if not item[2]] == [4]
    chosen = calibration._chosen("known", "null", 2000, 0.02)
    assert len(chosen) == 40 == len(set(chosen)) and set(calibration._chosen("known", "null", 2000, 0.01)) < set(chosen)


def test_the_recipe_refuses_unknown_claims(capsys):
    assert calibrate.main(["--claims", "nothing", "--try"]) == 2
    assert "no such claim; choose from populations" in capsys.readouterr().err
    assert calibrate.main(["--runs", "0"]) == 2
    with pytest.raises(InputError, match="nothing"):
        calibration.modules(("nothing",))


class InThisProcess:
    """A pool that runs each task when it is handed in."""

    def __init__(self, processes, mp_context, initializer, initargs):
        initializer(*initargs)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    def submit(self, function, *arguments):
        future = Future()
        future.set_result(function(*arguments))
        return future


@pytest.fixture
def simulated(monkeypatch, tmp_path):
    """(folder of the chunks, simulate_all of the known test, the chunks that it simulated since the last look)."""
    made = []
    monkeypatch.setattr(calibrate, "ProcessPoolExecutor", InThisProcess)
    monkeypatch.setattr(calibrate, "_inputs", lambda: {"sample": SimpleNamespace(table=pd.DataFrame({"object_id": ["a"]})), "calibration_config": CalibrationConfig()})
    monkeypatch.setitem(calibration.CLAIMS, "known", KNOWN)
    real = calibrate._chunk
    monkeypatch.setattr(calibrate, "_chunk", lambda *arguments: (made.append(arguments), real(*arguments))[1])

    def run():
        made.clear()
        return calibrate.simulate_all(("known",), 60, 1, tmp_path)

    return tmp_path, run, made


def _cut(path):
    path.write_bytes(path.read_bytes()[:-30])


def _flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


def _with(**changes):
    def spoil(path):
        with np.load(path) as content:
            arrays = {name: content[name] for name in content.files} | changes
        np.savez(path, **{name: values for name, values in arrays.items() if values is not None})

    return spoil


@pytest.mark.parametrize("spoil", [
    lambda path: path.unlink(), lambda path: path.write_bytes(b""), lambda path: path.write_bytes(b"junk"), _cut, _flip, _with(p=None), _with(p=np.zeros(24)),
    _with(p=np.array(["x"] * 25)), lambda path: np.save(path.open("wb"), np.zeros(25)),
], ids=["missing", "empty", "junk", "cut", "flipped", "a column less", "another length", "text", "one array"])
def test_chunks_are_kept_and_a_damaged_one_is_simulated_again(simulated, spoil):
    folder, run, made = simulated
    first, about = run()
    assert len(made) == 6 and set(about) == {"known"} and len(first["known/null/p"]) == 60
    assert first["known/alternative/p"].tolist() == _outcomes("alternative", 60)["p"].tolist()
    kept, _ = run()
    assert made == [] and {name: values.tolist() for name, values in kept.items()} == {name: values.tolist() for name, values in first.items()}
    (path,) = folder.glob("*/known-null-25-50.npz")
    spoil(path)
    again, _ = run()
    assert made == [("known", "null", 25, 50)] and {name: values.tolist() for name, values in again.items()} == {name: values.tolist() for name, values in first.items()}
    run()
    assert made == []


@pytest.mark.parametrize("what", ["source", "lock", "recipe"])
def test_chunks_of_other_code_or_libraries_are_not_used(simulated, monkeypatch, what):
    folder, run, made = simulated
    run()
    if what == "source":
        monkeypatch.setattr("analysis.cache.source_digest", lambda name: "other")
    else:
        lock = folder / "other"
        lock.write_text("other")
        monkeypatch.setattr("analysis.study.LOCK" if what == "lock" else "analysis.calibrate.__file__", lock if what == "lock" else str(lock))
    run()
    assert len(made) == 6


def test_every_claim_about_the_sample_is_calibrated():
    assert set(calibration.CLAIMS) == {rule.id for rule in RULES} - {"circumbinary", "formation", "vetting"}  # these rest on no sample of companions
    for module in calibration.MODULES:
        assert any(name.startswith(calibration.NULL) for name in module.SCENARIOS), module.CLAIM


@pytest.fixture(scope="module")
def frozen(study):
    return study.get("calibration")


def test_the_frozen_long_form_is_long_and_repeats(frozen):
    assert frozen.table["simulations"].min() >= 2000
    assert frozen.summary["rerun"]["all"]["verdict"] == "same"
    for claim, again in frozen.summary["rerun"].items():
        assert again["simulations"] >= (40 if claim == "all" else 1), claim


SET_ASIDE = {"desert"}  # calls too many catalogues without a desert significant; the ledger says so and decides nothing by it


@pytest.mark.parametrize("claim", sorted(calibration.CLAIMS))
def test_no_claim_rests_on_a_test_that_errs_too_often(frozen, claim):
    found = frozen.summary["claims"][claim]
    assert found["applies"] and found["sound"] is (claim not in SET_ASIDE), found
