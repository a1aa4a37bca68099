"""Everything that can go wrong with the world, drawn once.

NearhandError
└── ConnectorError        the world would not do it
    ├── NotFoundError     it is not there
    ├── ConflictError     it changed since the plan was made
    ├── ExistsError       the target is taken
    ├── LimitError        it is larger or deeper than we agree to read
    ├── UnreadableError   it cannot be parsed; the raw item is kept
    ├── DeniedError       outside the roots, or an impossible name
    │   └── ElsewhereError  a server sends us to another one, which is not on the list
    └── NetworkError      a server cannot be reached, or makes no sense
        ├── TrustError    it cannot show that it is the right one, or the line is not private
        ├── SignInError   it does not accept the name, the password or the token
        ├── RefusedError  it will not do what was asked, and goes on talking
        └── LaterError    it asks to be left alone for a while

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


class ElsewhereError(DeniedError):
    """A server sends us to another one, which is not on the list; it was not followed."""

    def __init__(self, said: str, url: str) -> None:
        super().__init__(said)
        self.url = url
        """Where it would have gone."""


class NetworkError(ConnectorError):
    """A server could not be reached, did not answer in time, or answered something that makes no sense."""


class TrustError(NetworkError):
    """The server could not show that it is the right one, or the line is not private."""


class SignInError(NetworkError):
    """The server does not accept the name, the password or the token."""


class LaterError(NetworkError):
    """A server asks to be left alone for a while."""


class RefusedError(NetworkError):
    """A server will not do what was asked; the connection goes on."""
