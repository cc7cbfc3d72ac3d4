"""Ports that tests listen on, each given once in a process."""

import contextlib
import itertools
import os
import socket

_PORTS = itertools.count(os.getpid() * 61)
"""Where this process looks for its next port: workers begin far from each other."""


def free_port() -> int:
    """A port that nobody listens on just now.

    Below the range from which the system takes the near end of outgoing connections: one of those
    could otherwise take it before the service does.
    """
    for number in _PORTS:
        port = 10_000 + number % 20_000
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("ports never end")
