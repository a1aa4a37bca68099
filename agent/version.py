"""The version that is installed."""

from functools import cache


@cache
def version() -> str:
    """As the package says it; "(not installed)" if it runs from a bare folder."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        return installed("nearhand")
    except PackageNotFoundError:
        return "(not installed)"
