"""Checks of types and shapes in a third of the time: jaxtyping looks at the parameters of each call twice."""

import inspect
from collections.abc import Callable
from dataclasses import is_dataclass
from functools import partial, wraps
from typing import Any, get_args

import jaxtyping
from beartype import beartype

ORIGINAL = jaxtyping.jaxtyped


def _has_array(annotation: object) -> bool:
    """Whether arrays with shapes are among what an annotation names."""
    if inspect.isclass(annotation) and issubclass(annotation, jaxtyping.AbstractArray):
        return True
    return any(map(_has_array, get_args(annotation)))


def _checked(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function with what it is given and what it gives checked, where a letter means one size within a call."""
    checking = beartype(function)
    if checking is function:
        return function
    has_arrays = any(map(_has_array, function.__annotations__.values()))

    @wraps(function)
    def checked(*args: Any, **kwargs: Any) -> Any:
        if jaxtyping.config.jaxtyping_disable:
            return function(*args, **kwargs)
        if not has_arrays:
            return checking(*args, **kwargs)
        with ORIGINAL("context"):
            return checking(*args, **kwargs)

    return checked


def _is_plain(decorated: Any) -> bool:
    """Whether this is a function that beartype can check by itself: what it gives is there when it ends, and no type
    is a string, which may name what is imported for type checkers only."""
    if not inspect.isfunction(decorated) or inspect.isgeneratorfunction(decorated):
        return False
    return not any(isinstance(annotation, str) for annotation in decorated.__annotations__.values())


def jaxtyped(decorated: Any = None, *, typechecker: Any) -> Any:
    """Stands in for the decorator that jaxtyping puts on all functions and classes of the package."""
    if decorated is None:
        return partial(jaxtyped, typechecker=typechecker)
    if is_dataclass(decorated):
        decorated.__init__ = _checked(decorated.__init__)  # type: ignore[misc]
        return decorated
    if _is_plain(decorated):
        return _checked(decorated)
    return ORIGINAL(decorated, typechecker=typechecker)


jaxtyping.jaxtyped = jaxtyped
