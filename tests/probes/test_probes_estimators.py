"""Fits and predictions are recorded, and nobody can tell estimators' methods from the originals."""

from __future__ import annotations

from pathlib import Path

from pytest_reprocheck.core.values import Array, Items, Object, Opaque, Table

from .children import run_plain, run_script

TRAPS = """
import abc, copy, inspect, pickle, sys, traceback, typing
import cloudpickle, joblib
import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin, clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, SGDClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.utils.validation import check_random_state

class Base(BaseEstimator, metaclass=abc.ABCMeta):
    @abc.abstractmethod
    def predict(self, X): ...

class Mine(ClassifierMixin, Base):
    \"\"\"Mine.\"\"\"
    def __init__(self, a=1): self.a = a
    def fit(self, X, y, *, extra: int = 3):
        \"\"\"Fit it.\"\"\"
        self.classes_ = np.unique(y)
        return self
    def predict(self, X): return np.zeros(len(X), dtype=int)
    @classmethod
    def transform(cls, X): return X
    @property
    def score(self): return 5

class Scale(TransformerMixin, BaseEstimator):
    def fit(self, X, y=None): return self
    def transform(self, X): return X

class Derived(LogisticRegression):
    def fit(self, X, y): return super().fit(X, y)

X = np.arange(20.0).reshape(10, 2); y = np.arange(10) % 2
mine = Mine().fit(X, y)
print(inspect.signature(mine.fit), inspect.signature(Mine.fit), mine.fit.__doc__, mine.fit.__name__)
print(mine.fit.__qualname__, mine.fit.__module__)
print(inspect.getsource(mine.fit), inspect.getsource(Mine), inspect.ismethod(mine.fit), inspect.isfunction(Mine.fit))
print(typing.get_type_hints(mine.fit), mine.fit == mine.fit, mine.fit.__self__ is mine, callable(mine.fit))
print(mine.fit.__code__.co_name)
print(mine.transform(3), mine.score, Mine.__abstractmethods__, Base.__abstractmethods__)
try: Base()
except TypeError as error: print(error)
print([hasattr(SVC(), name) for name in ("predict_proba", "fit", "transform")])
print(hasattr(SVC(probability=True), "predict_proba"))
search = GridSearchCV(LogisticRegression(), {"C": [1.0]}, cv=2)
print(hasattr(search, "predict_proba"), hasattr(GridSearchCV(LinearRegression(), {}), "predict_proba"))
print(hasattr(make_pipeline(StandardScaler()), "predict"), hasattr(make_pipeline(LinearRegression()), "predict"))
try: make_pipeline(StandardScaler()).predict
except AttributeError as error: print(error)
print(inspect.signature(SGDClassifier().partial_fit), inspect.signature(make_pipeline(LinearRegression()).fit))
print(clone(mine), copy.deepcopy(mine).classes_, pickle.loads(pickle.dumps(mine)).classes_, pickle.dumps(mine))
print(pickle.loads(cloudpickle.dumps(mine)).predict(X), pickle.loads(pickle.dumps(mine.predict))(X))
print(pickle.loads(cloudpickle.dumps(mine.predict))(X))
print(pickle.loads(cloudpickle.dumps(Derived))().fit(X, y).coef_.shape)
print([b"reprocheck" in cloudpickle.dumps(one) for one in (Mine, mine.fit, Scale, Scale().transform)])
print(joblib.Parallel(2)(joblib.delayed(mine.predict)(X) for _ in range(1)), joblib.hash(mine))
print(type(StandardScaler().set_output(transform="pandas").fit_transform(X)), Scale().fit_transform(X).shape)
print(inspect.signature(check_random_state), check_random_state.__doc__[:20])
print(inspect.getsource(check_random_state), check_random_state.__code__.co_firstlineno)
try: check_random_state("x")
except ValueError: traceback.print_exc()
try: LinearRegression().predict(X)
except Exception: traceback.print_exc()
print(LinearRegression.fit.__module__, str(np.random.rand)[:60], type(np.random.mtrand._rand))
print(type(np.random.get_bit_generator()), pickle.dumps(np.random.rand) == pickle.dumps(np.random.mtrand._rand.rand))
"""


def test_methods_cannot_be_told_from_the_originals(tmp_path: Path) -> None:
    """Signatures, sources, pickles, abstract and conditional methods, clones and tracebacks are as without probes."""
    child = run_script(tmp_path / "project", TRAPS)
    code, out, err = run_plain(tmp_path / "project")
    assert (child.code, child.stdout, child.stderr) == (code, out, err)
    assert code == 0
    assert child.not_compared == []


RECORDED = """
import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
frame = pd.DataFrame({"b": [1.0, 2, 3, 4] * 3, "a": [0.0, 1, 0, 1] * 3})
labels = np.array([0, 1, 0, 1] * 3)
def train(model):
    return model.fit(frame, labels)
pipeline = train(make_pipeline(StandardScaler(), LogisticRegression()))
pipeline.predict(frame)
forest = RandomForestClassifier(2, random_state=0).fit(frame.to_numpy(), labels)
forest.predict_proba(frame.to_numpy()); forest.score(frame.to_numpy(), labels)
StandardScaler().fit_transform(frame)
GridSearchCV(LogisticRegression(), {"C": [1.0, 2.0]}, cv=2).fit(frame, labels)
cross_val_score(LogisticRegression(), frame, labels, cv=2)
"""


def test_what_is_recorded_of_a_call(tmp_path: Path) -> None:
    """Top-level fits leave names, X, y, parameters and what was learned; predictions their result."""
    child = run_script(tmp_path / "project", RECORDED)
    assert (child.code, child.stderr, child.not_compared) == (0, "", [])
    seen = [one for one in child.observations if one.aspect != "state"]
    assert [(one.what, one.about, str(one.stack[0].place)) for one in seen[:12]] == [
        ("Pipeline.fit feature names", "Pipeline#1", "train.py:12"),
        ("Pipeline.fit X", "Pipeline#1", "train.py:12"),
        ("Pipeline.fit y", "Pipeline#1", "train.py:12"),
        ("Pipeline.fit parameters", "Pipeline#1", "train.py:12"),
        ("Pipeline.fit fitted attributes", "Pipeline#1", "train.py:12"),
        ("Pipeline.predict", "Pipeline#1", "train.py:14"),
        ("RandomForestClassifier.fit X", "RandomForestClassifier#1", "train.py:15"),
        ("RandomForestClassifier.fit y", "RandomForestClassifier#1", "train.py:15"),
        ("RandomForestClassifier.fit parameters", "RandomForestClassifier#1", "train.py:15"),
        ("RandomForestClassifier.fit fitted attributes", "RandomForestClassifier#1", "train.py:15"),
        ("RandomForestClassifier.predict_proba", "RandomForestClassifier#1", "train.py:16"),
        ("RandomForestClassifier.score", "RandomForestClassifier#1", "train.py:16"),
    ]
    assert [str(call.place) for call in seen[0].stack] == ["train.py:12", "train.py:13"]
    assert [one.aspect for one in seen[:6]] == ["features"] * 3 + ["training"] * 2 + ["predictions"]
    names, table, target, parameters = (one.value for one in seen[:4])
    assert isinstance(names, Items)
    assert [getattr(name, "text", None) for name in names.values] == ["'b'", "'a'"]
    assert isinstance(table, Table)
    assert table.columns == ("b", "a")
    assert [column.blob for column in table.data] == [f"{column.digest}.npy" for column in table.data]
    assert isinstance(target, Array)
    assert isinstance(parameters, Items)
    fitted = seen[9].value
    assert isinstance(fitted, Object)
    trees = fitted.fields["estimators_"]
    assert isinstance(trees, Items)
    tree = trees.values[0]
    assert isinstance(tree, Object)
    assert {"max_depth", "random_state", "tree_", "n_features_in_"} <= set(tree.fields)
    scaler = [one.aspect for one in seen if one.what == "StandardScaler.fit_transform"]
    assert scaler == ["features"]
    rest = [(one.what, one.about) for one in seen if one.what.endswith(" X")][2:]
    assert rest == [
        ("StandardScaler.fit_transform X", "StandardScaler#1"),
        ("GridSearchCV.fit X", "GridSearchCV#1"),
        ("cross_val_score X", ""),
    ]
    assert seen[-1].what == "cross_val_score"


def test_many_calls_are_one_digest(tmp_path: Path) -> None:
    """After 200 calls at a line the others go into one digest a step, which changes with any of them."""
    source = """
import sys
import numpy as np
from sklearn.linear_model import LinearRegression
X = np.arange(8.0).reshape(4, 2)
model = LinearRegression().fit(X, [0, 1, 2, 3])
for i in range(500):
    model.predict(X + (i == int(sys.argv[1])))
"""
    digests = []
    for changed in ("-1", "-1", "450"):
        child = run_script(tmp_path / "project", source, args=[changed])
        calls = [one for one in child.observations if one.what == "LinearRegression.predict"]
        assert len(calls) == 201
        last = calls[-1]
        assert isinstance(last.value, Opaque)
        assert (last.value.reason, str(last.stack[0].place)) == ("rolling digest of calls 201..500", "train.py:8")
        digests.append(last.value.digest)
    assert digests[0] == digests[1] != digests[2]


def test_the_overhead_is_small(tmp_path: Path) -> None:
    """Measured and shown, not judged: loops of fits, predictions and seeded draws, with and without the probes."""
    source = """
import time, random
import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
random.seed(0); np.random.seed(0)
X = np.random.rand(300, 5); y = X[:, 0] > 0.5
model = LogisticRegression().fit(X, y)
def timed(work, times):
    start = time.perf_counter()
    for _ in range(times): work()
    return f"{(time.perf_counter() - start) / times * 1e6:.2f} us"
forest = RandomForestClassifier(20)
print("predict", timed(lambda: model.predict(X), 1000), "forest", timed(lambda: forest.fit(X, y), 10),
      "random", timed(random.random, 20000), "rand", timed(np.random.rand, 20000))
"""
    child = run_script(tmp_path / "project", source)
    print("\nobserved", child.stdout, "plain", run_plain(tmp_path / "project")[1])
    assert child.events == []
