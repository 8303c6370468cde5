"""Models and data sets of boosting libraries as values: what was learned, without when and where."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .encoder import Encoder
    from .nodes import Node


def encode(encoder: Encoder, obj: Any) -> Node | None:
    """The value of a booster or of data made for one; None for anything else."""
    for base in type(obj).__mro__ if type(obj).__module__.partition(".")[0] in _FORMS else ():
        library = base.__module__.partition(".")[0]
        form = _FORMS.get(library, {}).get(base.__name__)
        if form is not None:
            return encoder.fields(f"{library}.{base.__name__}", form(obj))
    return None


def is_model(obj: object) -> bool:
    """Whether an estimator is itself the model, not an object that has one."""
    return any(base.__name__ == "CatBoost" and base.__module__ == "catboost.core" for base in type(obj).__mro__)


def _lightgbm_booster(booster: Any) -> dict[str, object]:
    """The trees as text; the parameters after them name threads and files."""
    import re

    text = str(booster.model_to_string(num_iteration=-1))
    head, *trees = re.split(r"^(?=Tree=\d+$)", text.partition("\nend of trees")[0], flags=re.MULTILINE)
    return {"head": head, "trees": trees, "best_iteration": booster.best_iteration}


def _lightgbm_dataset(dataset: Any) -> dict[str, object]:
    names = ("data", "label", "weight", "group", "init_score", "feature_name", "categorical_feature")
    return {name: getattr(dataset, name, None) for name in names}


def _xgboost_booster(booster: Any) -> dict[str, object]:
    return {"trees": booster.get_dump(), "feature_names": booster.feature_names, "attributes": booster.attributes()}


def _xgboost_matrix(matrix: Any) -> dict[str, object]:
    fields: dict[str, object] = {"data": matrix.get_data(), "feature_names": matrix.feature_names}
    for name in ("label", "weight", "base_margin"):
        fields[name] = getattr(matrix, f"get_{name}")()
    return fields


def _catboost_model(model: Any) -> dict[str, object]:
    """Leaves, borders and names: the model as a file bears a number of its own."""
    fields: dict[str, object] = {"parameters": model.get_params()}
    if model.is_fitted():
        fields |= {
            "borders": model.get_borders(),
            "leaf_counts": model.get_tree_leaf_counts(),
            "leaf_values": model.get_leaf_values(),
            "feature_names": model.feature_names_,
        }
        if len(model.get_leaf_values()):
            fields["scale_and_bias"] = model.get_scale_and_bias()
    return fields


def _catboost_pool(pool: Any) -> dict[str, object]:
    fields: dict[str, object] = {"label": pool.get_label(), "weight": pool.get_weight()}
    fields["feature_names"] = pool.get_feature_names()
    if not (pool.get_cat_feature_indices() or pool.get_text_feature_indices() or pool.is_quantized()):
        fields["data"] = pool.get_features()
    return fields


_FORMS: dict[str, dict[str, Any]] = {
    "lightgbm": {"Booster": _lightgbm_booster, "Dataset": _lightgbm_dataset},
    "xgboost": {"Booster": _xgboost_booster, "DMatrix": _xgboost_matrix},
    "catboost": {"CatBoost": _catboost_model, "Pool": _catboost_pool},
}
"""What tells an object of these libraries, by the name of its class or of a base of it."""
