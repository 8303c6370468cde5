"""Training outside of scikit-learn's manner, with the real libraries where they are installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_reprocheck.core.values import Items, Object

from .children import Child, run_plain, run_script

DATA = """
import numpy as np
rng = np.random.default_rng(0)
X = rng.normal(size=(60, 3)); y = (X[:, 0] > 0).astype(int)
"""


def facts(child: Child) -> list[tuple[str, str]]:
    """Aspect and name of what was observed, but variables; the child ran without complaint."""
    assert (child.code, child.not_compared) == (0, [])
    return [(one.aspect, one.what) for one in child.observations if not one.what.startswith("variable")]


def same_output(child: Child, folder: Path) -> bool:
    """Whether the script printed and warned what it does without probes."""
    return (child.stdout, child.stderr) == run_plain(folder)[1:]


def test_lightgbm(tmp_path: Path) -> None:
    """``train`` and ``cv`` are recorded with parameters and data, the booster by its trees; nothing inside them."""
    pytest.importorskip("lightgbm")
    source = f"""{DATA}
import inspect, pickle
import lightgbm as lgb
settings = {{"objective": "binary", "verbose": -1, "min_data_in_leaf": 5}}
booster = lgb.train(settings, lgb.Dataset(X, y), 3)
booster.predict(X)
lgb.cv(settings, lgb.Dataset(X, y), num_boost_round=3, nfold=2, seed=0)
lgb.LGBMClassifier(n_estimators=2, verbose=-1).fit(X, y)
print(lgb.train.__name__, list(inspect.signature(lgb.train).parameters)[:2], inspect.getsource(lgb.train)[:10])
print(pickle.loads(pickle.dumps(lgb.train)) is lgb.train)
"""
    child = run_script(tmp_path / "project", source)
    assert facts(child) == [
        ("training", "lightgbm.train parameters"),
        ("features", "lightgbm.train train_set"),
        ("training", "lightgbm.train"),
        ("predictions", "Booster.predict"),
        ("training", "lightgbm.cv parameters"),
        ("features", "lightgbm.cv train_set"),
        ("training", "lightgbm.cv"),
        ("features", "LGBMClassifier.fit X"),
        ("features", "LGBMClassifier.fit y"),
        ("training", "LGBMClassifier.fit parameters"),
        ("training", "LGBMClassifier.fit fitted attributes"),
    ]
    booster = next(one.value for one in child.observations if one.what == "lightgbm.train")
    assert isinstance(booster, Object)
    assert isinstance(booster.fields["trees"], Items)
    assert booster.fields["trees"].length == 3
    assert same_output(child, tmp_path / "project")


def test_xgboost(tmp_path: Path) -> None:
    """``train``, boosters and matrices; the booster inside of a fitted estimator counts as learned."""
    pytest.importorskip("xgboost")
    source = f"""{DATA}
import xgboost as xgb
booster = xgb.train({{"objective": "binary:logistic"}}, xgb.DMatrix(X, y), num_boost_round=3)
booster.predict(xgb.DMatrix(X)); booster.inplace_predict(X)
model = xgb.XGBClassifier(n_estimators=2).fit(X, y, eval_set=[(X, y)], verbose=False)
"""
    child = run_script(tmp_path / "project", source)
    assert facts(child) == [
        ("training", "xgboost.train parameters"),
        ("features", "xgboost.train dtrain"),
        ("training", "xgboost.train"),
        ("predictions", "Booster.predict"),
        ("predictions", "Booster.inplace_predict"),
        ("features", "XGBClassifier.fit X"),
        ("features", "XGBClassifier.fit y"),
        ("features", "XGBClassifier.fit eval_set"),
        ("training", "XGBClassifier.fit parameters"),
        ("training", "XGBClassifier.fit fitted attributes"),
    ]
    fitted = next(one.value for one in child.observations if one.what.endswith("fitted attributes"))
    assert isinstance(fitted, Object)
    assert isinstance(fitted.fields["_Booster"], Object)
    assert same_output(child, tmp_path / "project")


def test_catboost(tmp_path: Path) -> None:
    """Its estimators are watched, and told by leaves and borders: two equal fits are the same."""
    pytest.importorskip("catboost")
    source = f"""{DATA}
import catboost
for _ in range(2):
    model = catboost.CatBoostClassifier(iterations=3, verbose=False, allow_writing_files=False).fit(X, y)
model.predict_proba(X)
"""
    child = run_script(tmp_path / "project", source)
    fit = [
        ("features", "CatBoostClassifier.fit X"),
        ("features", "CatBoostClassifier.fit y"),
        ("training", "CatBoostClassifier.fit parameters"),
        ("training", "CatBoostClassifier.fit fitted attributes"),
    ]
    assert facts(child) == [*fit, *fit, ("predictions", "CatBoostClassifier.predict_proba")]
    first, second = (one.value for one in child.observations if one.what.endswith("fitted attributes"))
    assert isinstance(first, Object)
    model = first.fields["model"]
    assert isinstance(model, Object)
    assert {"leaf_values", "borders"} <= set(model.fields)
    assert first.digest == second.digest


def test_statsmodels(tmp_path: Path) -> None:
    """A model's data are inputs of its fit; the results' parameters are what it learned."""
    pytest.importorskip("statsmodels")
    source = f"""{DATA}
import statsmodels.api as sm
fitted = sm.OLS(y, sm.add_constant(X)).fit()
fitted.predict(sm.add_constant(X))
print(fitted.params.shape)
"""
    child = run_script(tmp_path / "project", source)
    assert facts(child) == [
        ("features", "OLS.fit feature names"),
        ("features", "OLS.fit exog"),
        ("features", "OLS.fit endog"),
        ("training", "OLS.fit parameters"),
        ("training", "OLS.fit results"),
        ("predictions", "OLSResults.predict"),
    ]
    learned = next(one.value for one in child.observations if one.what == "OLS.fit results")
    assert isinstance(learned, Object)
    assert "params" in learned.fields
    assert same_output(child, tmp_path / "project")


SEEDS = """
_global = None
def set_seed(seed):
    global _global
    _global = seed
def get_seed(op_seed):
    return (None, None) if _global is None and op_seed is None else (_global or 87654321, op_seed or 0)
"""


def test_tensorflow_s_function_for_seeds(tmp_path: Path) -> None:
    """A stand-in for TensorFlow's module: what it leaves open is served from a stream and told, nothing else is."""
    library = tmp_path / "site-packages"
    folder = library / "tensorflow" / "python" / "framework"
    folder.mkdir(parents=True)
    for package in (library / "tensorflow", library / "tensorflow" / "python", folder):
        (package / "__init__.py").touch()
    (folder / "random_seed.py").write_text(SEEDS)
    source = f"""
import sys
sys.path.append({str(library)!r})
from tensorflow.python.framework import random_seed
print(random_seed.get_seed(None))
print(random_seed.get_seed(5))
random_seed.set_seed(1)
print(random_seed.get_seed(None))
"""
    first, again = (run_script(tmp_path / "project", source) for _ in range(2))
    other = run_script(tmp_path / "project", source, seed=2)
    assert (first.code, first.not_compared) == (0, [])
    assert first.sites == [("tensorflow", "train.py:5")]
    assert first.stdout.splitlines()[1:] == ["(87654321, 5)", "(1, 0)"]
    assert first.stdout == again.stdout != other.stdout
