"""A forest without random_state, deep inside a pipeline; the data and the split are seeded."""

from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

X, y = make_classification(n_samples=500, n_features=12, n_informative=5, flip_y=0.15, random_state=1)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=1)

pipeline = make_pipeline(StandardScaler(), RandomForestClassifier(n_estimators=25))
pipeline.fit(X_train, y_train)  # expect: unseeded-estimator
print(f"accuracy {pipeline.score(X_test, y_test):.4f}")
