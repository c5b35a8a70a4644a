"""Checks of types and shapes in a third of the time: jaxtyping looks at the parameters of each call twice."""

import inspect
from collections.abc import Callable
from dataclasses import is_dataclass
from functools import partial, wraps
from typing import Any, get_args

import jaxtyping
from beartype import beartype

ORIGINAL = jaxtyping.jaxtyped


def _may_be_array(annotation: object) -> bool:
    """Whether arrays with shapes are among what an annotation names; of a string that is not known."""
    if isinstance(annotation, str) or (inspect.isclass(annotation) and issubclass(annotation, jaxtyping.AbstractArray)):
        return True
    return any(map(_may_be_array, get_args(annotation)))


def _checked(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function with what it is given and what it gives checked, where a letter means one size within a call."""
    checking = beartype(function)
    if checking is function:
        return function
    has_arrays = any(map(_may_be_array, function.__annotations__.values()))

    @wraps(function)
    def checked(*args: Any, **kwargs: Any) -> Any:
        if jaxtyping.config.jaxtyping_disable:
            return function(*args, **kwargs)
        if not has_arrays:
            return checking(*args, **kwargs)
        with ORIGINAL("context"):
            return checking(*args, **kwargs)

    return checked


def jaxtyped(decorated: Any = None, *, typechecker: Any) -> Any:
    """Stands in for the decorator that jaxtyping puts on all functions and classes of the package."""
    if decorated is None:
        return partial(jaxtyped, typechecker=typechecker)
    if is_dataclass(decorated):
        decorated.__init__ = _checked(decorated.__init__)  # type: ignore[misc]
        return decorated
    if inspect.isfunction(decorated) and not inspect.isgeneratorfunction(decorated):
        return _checked(decorated)
    return ORIGINAL(decorated, typechecker=typechecker)


jaxtyping.jaxtyped = jaxtyped
