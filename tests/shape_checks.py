"""Checks of types and shapes in a third of the time: jaxtyping looks at the parameters of each call twice, unless the type
checker has been applied before it (the older of the two ways that it knows)."""

import inspect
from functools import partial
from typing import Any

import jaxtyping
from beartype import beartype

ORIGINAL = jaxtyping.jaxtyped


def jaxtyped(decorated: Any = None, *, typechecker: Any) -> Any:
    """Stands in for the decorator that jaxtyping puts on all functions and classes of the package."""
    if decorated is None:
        return partial(jaxtyped, typechecker=typechecker)
    # A type that is a string may name what is imported for type checkers only, which beartype would look for.
    if inspect.isfunction(decorated) and not any(isinstance(one, str) for one in decorated.__annotations__.values()):
        return ORIGINAL(beartype(decorated), typechecker=None)
    return ORIGINAL(decorated, typechecker=typechecker)


jaxtyping.jaxtyped = jaxtyped
