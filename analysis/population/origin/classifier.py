"""L2-regularised logistic regression on the features of the specification, cross-validated by host.

Model (specification section 6.4): logit P(binary-like) = b0 + b . x with x = (log q, log a, e, log M_star, [Fe/H],
one 0/1 column per detection method). Numeric features are standardised; the 0/1 columns are not. Every step that
learns from data (imputation, standardisation, coefficients) sees the training rows only.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = [
    "NUMERIC",
    "TREATMENTS",
    "VARIANTS",
    "Design",
    "build_design",
    "grouped_folds",
    "model",
    "out_of_fold",
    "raw_coefficients",
    "separation",
]

NUMERIC = ("log_mass_ratio", "log_semimajor_axis", "eccentricity", "log_host_mass", "metallicity")
INCOMPLETE = ("eccentricity", "metallicity")
# Each variant removes what defines the fallback labels (q), what stands in for them (method), or both.
VARIANTS: dict[str, tuple[tuple[str, ...], bool]] = {
    "specified": (NUMERIC, True),
    "without_mass_ratio": (NUMERIC[1:], True),
    "method_alone": ((), True),
    "without_mass_ratio_and_method": (NUMERIC[1:], False),
}
# What is done about missing e and [Fe/H]: the training mean; the mean and a 0/1 column; both features left out;
# nothing but the two 0/1 columns, which shows how much missingness alone reveals.
TREATMENTS = ("mean", "mean_and_indicator", "features_omitted", "missingness_alone")


@dataclass(frozen=True)
class Design:
    """Feature matrix `values` (n, k), column `names`, and how many leading columns are numeric (NaN where missing)."""

    values: NDArray[np.float64]
    names: tuple[str, ...]
    n_numeric: int


def build_design(table: pd.DataFrame, variant: str, treatment: str, methods: tuple[str, ...]) -> Design:
    """The features of `variant` for the rows of `table`; `methods` are the detection methods of the training pool.

    A method outside `methods` leaves all its 0/1 columns at zero. A 0/1 column that is constant in a training set gets
    the coefficient zero from the penalty, so it needs no special case.
    """
    numeric, with_method = VARIANTS[variant]
    if treatment == "missingness_alone":
        numeric, with_method = (), False
    elif treatment == "features_omitted":
        numeric = tuple(name for name in numeric if name not in INCOMPLETE)
    columns = {name: table[name].to_numpy(float) for name in numeric}
    if with_method:
        columns |= {f"method:{name}": (table["discovery_method"] == name).to_numpy(float) for name in methods}
    if treatment == "missingness_alone" or (treatment == "mean_and_indicator" and numeric):
        columns |= {f"missing:{name}": table[name].isna().to_numpy(float) for name in INCOMPLETE}
    values = np.column_stack(list(columns.values())) if columns else np.empty((len(table), 0))
    return Design(values, tuple(columns), len(numeric))


def model(design: Design, inverse_regularisation: float) -> Any:
    """An unfitted pipeline: mean imputation and standardisation of the numeric columns, then logistic regression.

    A missing value becomes the training mean, hence exactly 0 after standardisation: it adds nothing to the logit.
    """
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler

    numeric = Pipeline([("impute", SimpleImputer(strategy="mean", keep_empty_features=True)), ("scale", StandardScaler())])
    columns = ColumnTransformer([("numeric", numeric, slice(0, design.n_numeric))], remainder="passthrough")
    logistic = LogisticRegression(C=inverse_regularisation, solver="lbfgs", tol=1e-8, max_iter=2000)
    return Pipeline([("columns", columns if design.n_numeric else "passthrough"), ("logistic", logistic)])


def grouped_folds(positive: NDArray[np.bool_], hosts: NDArray[np.str_], folds: int, seed: int) -> NDArray[np.int64]:
    """Fold number (n,) of each row: stratified by class, all rows of a host in one fold (sorted rows expected)."""
    from sklearn.model_selection import StratifiedGroupKFold

    fold = np.empty(len(positive), dtype=np.int64)
    splitter = StratifiedGroupKFold(n_splits=folds, shuffle=True, random_state=seed)
    for number, (_, held_out) in enumerate(splitter.split(np.zeros((len(positive), 1)), positive, hosts)):
        fold[held_out] = number
    return fold


def out_of_fold(
    design: Design, positive: NDArray[np.bool_], fold: NDArray[np.int64], inverse_regularisation: float
) -> tuple[NDArray[np.float64], list[Any]]:
    """P(binary-like) (n,) of each row by the model that held its fold out, and these models in order of fold.

    Raises ValueError when a training set has one class only.
    """
    probability = np.full(len(positive), np.nan)
    fitted = []
    for number in range(int(fold.max()) + 1):
        held_out = fold == number
        fitted.append(model(design, inverse_regularisation).fit(design.values[~held_out], positive[~held_out]))
        probability[held_out] = fitted[-1].predict_proba(design.values[held_out])[:, 1]
    return probability, fitted


def raw_coefficients(fitted: Any, design: Design) -> pd.DataFrame:
    """Coefficients of a fitted `model`: one row per feature and one for the intercept.

    Columns: feature; coefficient_standardised (per training standard deviation; 0/1 columns as they are);
    coefficient_raw (per unit of the feature); training_mean, which also replaces a missing value; training_scale.
    logit P = intercept + sum of coefficient_raw * feature reproduces the model.
    """
    slopes = fitted.named_steps["logistic"].coef_[0]
    intercept = float(fitted.named_steps["logistic"].intercept_[0])
    mean, scale = np.zeros(len(slopes)), np.ones(len(slopes))
    if design.n_numeric:
        steps = fitted.named_steps["columns"].named_transformers_["numeric"]
        mean[: design.n_numeric] = steps.named_steps["impute"].statistics_
        scale[: design.n_numeric] = steps.named_steps["scale"].scale_
    raw = slopes / scale
    return pd.DataFrame(
        {
            "feature": ["intercept", *design.names],
            "coefficient_standardised": [intercept, *slopes],
            "coefficient_raw": [intercept - float(raw @ mean), *raw],
            "training_mean": [np.nan, *mean],
            "training_scale": [np.nan, *scale],
        }
    )


def separation(design: Design, positive: NDArray[np.bool_]) -> str:
    """Whether a hyperplane splits the classes: "complete", "quasi-complete" or "none".

    Where it does, the unpenalised likelihood has no maximum and the size of the coefficients is the penalty's, not the data's
    (Albert & Anderson 1984, Biometrika 71, 1; linear programme of Konis 2007, section 4.2): the sum of the margins
    t_i in [0, 1], with s_i (b0 + b . x_i) >= t_i, is positive only under separation, and n only if complete.
    """
    from scipy.optimize import linprog

    numeric = design.values[:, : design.n_numeric]
    means = np.nan_to_num([column[np.isfinite(column)].mean() if np.isfinite(column).any() else 0.0 for column in numeric.T])
    values = design.values.copy()
    values[:, : design.n_numeric] = np.where(np.isfinite(numeric), numeric, means) - means
    n, k = values.shape
    signed = np.where(positive, 1.0, -1.0)[:, None] * np.column_stack([np.ones(n), values])
    outcome = linprog(
        np.concatenate([np.zeros(k + 1), -np.ones(n)]),
        A_ub=np.hstack([-signed, np.eye(n)]),
        b_ub=np.zeros(n),
        bounds=[(None, None)] * (k + 1) + [(0.0, 1.0)] * n,
        method="highs",
    )
    margin = -outcome.fun
    return "complete" if margin > n - 1e-6 else "quasi-complete" if margin > 1e-6 else "none"
