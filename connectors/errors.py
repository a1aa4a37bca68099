"""Everything that can go wrong with the world, drawn once.

NearhandError
└── ConnectorError        the world would not do it
    ├── NotFoundError     it is not there
    ├── ConflictError     it changed since the plan was made
    ├── ExistsError       the target is taken
    ├── LimitError        it is larger or deeper than we agree to read
    ├── UnreadableError   it cannot be parsed; the raw item is kept
    └── DeniedError       outside the roots, or an impossible name

The text of every error is for the person: what is wrong, where, what to do.
"""


class NearhandError(Exception):
    """Base of every error that Nearhand raises on purpose."""


class ConnectorError(NearhandError):
    """The world would not do what was asked."""


class NotFoundError(ConnectorError):
    """The item is not there (any more)."""


class ConflictError(ConnectorError):
    """The item is not the version that the plan was made for."""


class ExistsError(ConnectorError):
    """Something else already stands where the result should go."""


class LimitError(ConnectorError):
    """The item is beyond the limits of DESIGN.md; it was not parsed."""


class UnreadableError(ConnectorError):
    """The item could not be understood; it was left as it is."""


class DeniedError(ConnectorError):
    """The item lies outside the allowed roots, or its name is not acceptable."""
