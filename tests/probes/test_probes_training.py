"""What is recorded of training and prediction: scikit-learn in all its forms, and classes of the user's own."""

from __future__ import annotations

from pathlib import Path

from pytest_reprocheck.core.trace import Observation
from pytest_reprocheck.core.values import Array, Items, Object, Scalar

from .children import Child, run_notebook, run_plain, run_script

DATA = """
import numpy as np
X = np.arange(40.0).reshape(20, 2) % 7; y = np.arange(20) % 2
"""


def seen(child: Child) -> list[Observation]:
    """All observations but variables; the child ran without complaint."""
    assert (child.code, child.stderr, child.not_compared) == (0, "", [])
    return [one for one in child.observations if not one.what.startswith("variable")]


def facts(child: Child) -> list[tuple[str, str]]:
    """Aspect and name of what was observed."""
    return [(one.aspect, one.what) for one in seen(child)]


def test_predictions_of_every_kind(tmp_path: Path) -> None:
    """Whatever an estimator gives back for data is recorded; of a staged prediction, each stage."""
    source = f"""{DATA}
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
line = LogisticRegression().fit(X, y)
line.predict_log_proba(X); line.decision_function(X)
near = KNeighborsClassifier(3).fit(X, y)
near.kneighbors(X); near.kneighbors_graph(X)
DecisionTreeClassifier(random_state=0).fit(X, y).apply(X)
mix = GaussianMixture(2, random_state=0).fit(X)
mix.score_samples(X); mix.sample(3)
boost = GradientBoostingClassifier(n_estimators=3, random_state=0).fit(X, y)
stages = boost.staged_predict(X)
print(type(stages).__name__, stages.__name__, [stage.shape for stage in stages])
next(boost.staged_predict_proba(X))
scale = StandardScaler().fit(X)
scale.inverse_transform(scale.transform(X))
"""
    child = run_script(tmp_path / "project", source)
    given = [(aspect, what) for aspect, what in facts(child) if ".fit " not in what]
    assert given == [
        ("predictions", "LogisticRegression.predict_log_proba"),
        ("predictions", "LogisticRegression.decision_function"),
        ("predictions", "KNeighborsClassifier.kneighbors"),
        ("predictions", "KNeighborsClassifier.kneighbors_graph"),
        ("predictions", "DecisionTreeClassifier.apply"),
        ("predictions", "GaussianMixture.score_samples"),
        ("predictions", "GaussianMixture.sample"),
        *[("predictions", "GradientBoostingClassifier.staged_predict")] * 3,
        ("predictions", "GradientBoostingClassifier.staged_predict_proba"),
        ("features", "StandardScaler.transform"),
        ("features", "StandardScaler.inverse_transform"),
    ]
    assert child.stdout == run_plain(tmp_path / "project")[1]


def test_scores_and_splits_by_functions(tmp_path: Path) -> None:
    """Public functions are recorded with what they were given; what they call themselves is not."""
    source = f"""{DATA}
import pickle
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, log_loss, classification_report
from sklearn.model_selection import (
    GroupKFold, KFold, ShuffleSplit, cross_val_predict, cross_validate, train_test_split
)
from sklearn.inspection import permutation_importance
from sklearn.preprocessing import scale
model = LogisticRegression()
accuracy_score(y, y); log_loss(y, np.full(20, 0.5)); classification_report(y, y)
train_test_split(X, y, random_state=0)
cross_validate(model, X, y, cv=GroupKFold(2), groups=list(np.arange(20) // 10))
cross_val_predict(model, X, y, cv=2)
list(KFold(2).split(X)); next(ShuffleSplit(3, random_state=0).split(X))
model.fit(X, y)
permutation_importance(model, X, y, n_repeats=2, random_state=0)
scale(X)
print(pickle.loads(pickle.dumps(accuracy_score)) is accuracy_score, accuracy_score.__wrapped__.__name__)
try: accuracy_score(y, y[:3])
except ValueError: import traceback; traceback.print_exc(file=__import__("sys").stdout)
"""
    child = run_script(tmp_path / "project", source)
    assert [fact for fact in facts(child) if "LogisticRegression" not in fact[1]] == [
        ("predictions", "accuracy_score"),
        ("predictions", "log_loss"),
        ("predictions", "classification_report"),
        ("state", "train_test_split parameters"),
        ("state", "train_test_split"),
        ("features", "cross_validate X"),
        ("features", "cross_validate y"),
        ("features", "cross_validate groups"),
        ("predictions", "cross_validate"),
        ("features", "cross_val_predict X"),
        ("features", "cross_val_predict y"),
        ("predictions", "cross_val_predict"),
        ("state", "KFold.split parameters"),
        ("state", "KFold.split"),
        ("state", "KFold.split"),
        ("state", "ShuffleSplit.split parameters"),
        ("state", "ShuffleSplit.split"),
        ("features", "permutation_importance X"),
        ("features", "permutation_importance y"),
        ("predictions", "permutation_importance"),
        ("features", "scale"),
    ]
    assert child.stdout == run_plain(tmp_path / "project")[1]


def test_inputs_and_what_was_learned(tmp_path: Path) -> None:
    """Weights and groups are inputs by name; private arrays and the user's own attributes count as learned."""
    source = f"""{DATA}
from sklearn.base import BaseEstimator
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import Ridge
from sklearn.neighbors import KNeighborsClassifier
class Mean(BaseEstimator):
    def __init__(self, power=1): self.power = power
    def fit(self, X, y=None):
        self.table = {{"mean": X.mean(axis=0)}}; self.seconds = 3.0; self._cache = X
        return self
Ridge().fit(X, y, np.ones(20))
Ridge().fit(X, y, sample_weight=np.ones(20))
KNeighborsClassifier().fit(X, y)
HistGradientBoostingClassifier(max_iter=2).fit(X, y)
Mean().fit(X)
"""
    observed = seen(run_script(tmp_path / "project", source))
    weights = [one for one in observed if one.what == "Ridge.fit sample_weight"]
    assert len(weights) == 2
    assert isinstance(weights[0].value, Array)
    fitted = {one.about: one.value for one in observed if one.what.endswith("fitted attributes")}
    near, boost, mean = fitted["KNeighborsClassifier#1"], fitted["HistGradientBoostingClassifier#1"], fitted["Mean#1"]
    assert isinstance(near, Object)
    assert isinstance(boost, Object)
    assert isinstance(mean, Object)
    assert isinstance(near.fields["_fit_X"], Array)
    assert isinstance(boost.fields["_predictors"], Items)
    assert set(mean.fields) == {"table", "_cache"}


OWN = f"""{DATA}
class Encoder:
    def __init__(self): self.codes = {{}}
    def fit(self, labels, y=None):
        self.codes = {{label: code for code, label in enumerate(sorted(set(labels)))}}
        return self
    def transform(self, labels): return [self.codes[label] for label in labels]
class Box:
    def fit(self): return 1
    def predict(self): return 2
encoder = Encoder().fit(["b", "a", "b"])
encoder.transform(["b"])
Box().fit(); Box().predict()
"""


def test_own_classes_in_the_manner_of_estimators(tmp_path: Path) -> None:
    """A class of the user's with fit(data) and a use of what it learned is an estimator; other classes are not."""
    child = run_script(tmp_path / "project", OWN)
    assert facts(child) == [
        ("features", "Encoder.fit X"),
        ("training", "Encoder.fit parameters"),
        ("state", "Encoder.fit fitted attributes"),
        ("features", "Encoder.transform"),
    ]
    learned = seen(child)[2].value
    assert isinstance(learned, Object)
    codes = learned.fields["codes"]
    assert isinstance(codes, Items)
    assert [item.text for item in codes.values if isinstance(item, Scalar)] == ["0", "1"]


def test_own_classes_of_a_notebook_and_a_module(tmp_path: Path) -> None:
    """They are known from the step after the one that defines or imports them."""
    definition, _, use = OWN.partition("encoder = ")
    project = tmp_path / "project"
    project.mkdir()
    (project / "helper.py").write_text(definition)
    child, _ = run_notebook(project, ["from helper import Encoder, Box", "encoder = " + use])
    whats = [one.what for one in child.observations if not one.what.startswith("variable")]
    assert "Encoder.fit X" in whats
    assert "Box.fit X" not in whats


def test_warnings_name_the_lines_they_named(tmp_path: Path) -> None:
    """A warning that counts frames from inside a method or a function is given at the user's line."""
    source = f"""{DATA}
import warnings
from sklearn.base import BaseEstimator
class Loud(BaseEstimator):
    def fit(self, X):
        warnings.warn("loud", UserWarning, stacklevel=2)
        return self
Loud().fit(X)
"""
    child = run_script(tmp_path / "project", source)
    assert child.stderr == run_plain(tmp_path / "project")[2]
    assert "train.py:11: UserWarning: loud" in child.stderr


def test_fits_in_worker_processes_are_named(tmp_path: Path) -> None:
    """What a worker fits is not recorded, and that is said once."""
    source = f"""{DATA}
import multiprocessing
from sklearn.linear_model import Ridge
def work(alpha):
    return Ridge(alpha).fit(X, y).predict(X)
if __name__ == "__main__":
    with multiprocessing.get_context("fork").Pool(1) as pool:
        pool.map(work, [1.0, 2.0])
"""
    child = run_script(tmp_path / "project", source)
    assert child.not_compared == []
    (worker,) = [lines for name, lines in child.logs.items() if name != "main.jsonl"]
    assert [line["what"] for line in worker if line["type"] == "not_compared"] == [
        "fits and predictions in worker processes"
    ]
