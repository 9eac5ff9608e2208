"""The store that needs no set-up: a real Valkey as a child process, its data in our data directory.

``EmbeddedServer`` starts, watches and stops it. It speaks nothing but PING and SHUTDOWN: what is
stored goes through the Redis adapter, over the unix socket whose path ``start`` returns.
"""

from app.adapters.embedded.binary import NoServerBinary
from app.adapters.embedded.datadir import DataDirBusy
from app.adapters.embedded.process import ServerFailed
from app.adapters.embedded.server import EmbeddedServer, socket_of

__all__ = ["DataDirBusy", "EmbeddedServer", "NoServerBinary", "ServerFailed", "socket_of"]
