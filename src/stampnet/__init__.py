"""Find recurring shapes in unlabelled images: what they look like, where they are, which is which.

    images --(encoder)--> features --(selection, localisation)--> choices --(stamp layer)--> reconstruction
                                                                     '--(detection)--> boxes, stamps, scores

The flow is the folder listing: model, data, training, detection, predictor, metrics, export, report, cli.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stampnet.data.recipe import SceneRecipe, make_scenes
    from stampnet.data.scenes import Scenes
    from stampnet.detection import Detections
    from stampnet.errors import InputError
    from stampnet.evaluation import evaluate
    from stampnet.predictor import StampNet

# Loaded when first used: torch takes seconds, and `stampnet --help` must not wait for it.
_HOMES = {
    "StampNet": "stampnet.predictor",
    "Detections": "stampnet.detection",
    "Scenes": "stampnet.data.scenes",
    "SceneRecipe": "stampnet.data.recipe",
    "make_scenes": "stampnet.data.recipe",
    "evaluate": "stampnet.evaluation",
    "InputError": "stampnet.errors",
}

__all__ = ["Detections", "InputError", "SceneRecipe", "Scenes", "StampNet", "evaluate", "make_scenes"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'stampnet' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
