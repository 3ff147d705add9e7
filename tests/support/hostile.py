"""For tests that feed anything at all to a reader."""

from collections.abc import Callable


def check_escape(allowed: type[Exception] | tuple[type[Exception], ...], call: Callable[[], object]) -> object:
    """Return what `call` returns, or None if it raised one of `allowed` with a text; any other exception goes on."""
    try:
        return call()
    except allowed as error:
        if not str(error):
            raise AssertionError(f"{type(error).__name__} says nothing") from error
        return None
