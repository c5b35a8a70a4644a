"""Checks of types and shapes in a third of the time: the decorator of jaxtyping looks at parameters twice a call."""

import inspect
from collections.abc import Callable
from functools import partial, wraps
from typing import Any

import jaxtyping
from beartype import beartype

ORIGINAL = inspect.unwrap(jaxtyping.jaxtyped)
"""Of jaxtyping, also where this file is imported a second time, by another name, as when doctests are looked for."""


def _once(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function with what it is given and what it gives checked, where a letter means one size within a call."""
    checking = beartype(function)

    @wraps(function)
    def checked(*args: Any, **kwargs: Any) -> Any:
        if jaxtyping.config.jaxtyping_disable:
            return function(*args, **kwargs)
        with ORIGINAL("context"):
            return checking(*args, **kwargs)

    return checked


@wraps(ORIGINAL)
def jaxtyped(decorated: Any = None, *, typechecker: Any) -> Any:
    """Stands in for the decorator that jaxtyping puts on all functions and classes of the package."""
    if decorated is None:
        return partial(jaxtyped, typechecker=typechecker)
    # What a generator gives is not there when it is called, and a type that is a string may name what is imported for
    # type checkers only.
    is_plain = inspect.isfunction(decorated) and not inspect.isgeneratorfunction(decorated)
    if is_plain and not any(isinstance(one, str) for one in decorated.__annotations__.values()):
        return _once(decorated)
    return ORIGINAL(decorated, typechecker=typechecker)


jaxtyping.jaxtyped = jaxtyped
