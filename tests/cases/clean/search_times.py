"""The scores of a search, and a figure of the times that it took: nothing but the figure tells how fast it was."""

import matplotlib.pyplot as plt
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier

X, y = load_iris(return_X_y=True)
search = GridSearchCV(KNeighborsClassifier(), {"n_neighbors": [1, 3, 5]}, cv=3)
search.fit(X, y)
print(search.best_params_, search.cv_results_["mean_test_score"].round(3))
plt.plot([1, 3, 5], search.cv_results_["mean_fit_time"])  # not: clock
plt.title("seconds")
plt.show()
