"""A program of its own: ends the server when the application is gone.

Holds the read end of a pipe whose write end only the application has. End of file means that the
application died, however it died; one byte means that it needs no minder any more. MUST stay free
of imports beyond the standard library: it is started by its path, with an isolated interpreter.
"""

import os
import signal
import sys


def main() -> None:
    """Wait for the pipe on standard input; the server's process id is the argument."""
    pid = int(sys.argv[1])
    try:
        # A handle and not the number, which could belong to another process by then.
        handle = os.pidfd_open(pid) if hasattr(os, "pidfd_open") else None
    except ProcessLookupError:
        return
    except OSError:
        handle = None
    if os.read(0, 1):
        return
    if handle is not None:
        signal.pidfd_send_signal(handle, signal.SIGTERM)
    else:
        os.kill(pid, signal.SIGTERM)


if __name__ == "__main__":
    main()
