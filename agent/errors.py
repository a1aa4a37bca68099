"""Everything that can go wrong on the agent's side, drawn once.

NearhandError (connectors/errors.py)
└── AgentError                the agent refuses or cannot go on
    ├── JournalError          the journal cannot be read or written; without it nothing is done
    ├── BusyError             another Nearhand is acting right now
    ├── ApprovalError         what is to run is not what was approved
    ├── UndoError             it cannot be taken back, and why
    ├── VersionError          the daemon that runs is of another version
    ├── WireError             a line between daemon and client that means nothing (wire.py)
    ├── RunningError          another daemon has the profile (daemon/lock.py)
    ├── GoneError             whoever was asked has gone without an answer (daemon/talk.py)
    ├── ConfigError           config.toml says something that cannot be (config/table.py)
    └── VanishedError         everything of an area is gone at once (search/refresh.py)
Two more end a request without being errors: QuestionError and RefusedError (asking.py).

The text of every error is for the person: what is wrong, where, what to do.
"""

from nearhand.connectors.errors import NearhandError


class AgentError(NearhandError):
    """The agent refuses, or cannot go on."""


class JournalError(AgentError):
    """The journal cannot be used, so nothing may be done."""


class BusyError(AgentError):
    """Another process of Nearhand holds the right to act."""


class ApprovalError(AgentError):
    """There is no approval for exactly this."""


class UndoError(AgentError):
    """Something cannot be taken back."""


class VersionError(AgentError):
    """The daemon that runs is of another version."""
