"""Lets hosts reach servers on this machine's loopback: listens elsewhere, hands bytes on unread.

`listen` makes the socket in a host's network where one is asked for (`ECS_ADDRESS`, which the agent of
an instance answers on), or in this one.
"""
import contextlib
import ctypes
import os
import select
import socket
import threading

ECS_ADDRESS = "169.254.170.2"
CLONE_NEWNET = 0x40000000


def listen(address, port, pid=None):
    """A listening socket, in the network of the process `pid` or our own."""
    made = []

    def make():  # in a thread of its own, which stays in the other network and ends
        if pid is not None:
            with open(f"/proc/{pid}/ns/net", "rb") as network:
                if ctypes.CDLL(None, use_errno=True).setns(network.fileno(), CLONE_NEWNET) != 0:
                    made.append(OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno())))
                    return
        try:
            made.append(socket.create_server((address, port), backlog=64))
        except OSError as no:
            made.append(no)

    thread = threading.Thread(target=make)
    thread.start()
    thread.join()
    if isinstance(made[0], OSError):
        raise made[0]
    return made[0]


class Relay:
    """From a listening socket to a port on loopback, until close()."""

    def __init__(self, listener, port):
        self.listener, self.port = listener, port
        self.open = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._pair, args=(client,), daemon=True).start()

    def _pair(self, client):
        with contextlib.suppress(OSError), client, socket.create_connection(("127.0.0.1", self.port)) as server:
            self.open |= {client, server}
            ends = {client: server, server: client}
            while ends:
                for one in select.select(list(ends), [], [])[0]:
                    got = one.recv(65536)
                    if got:
                        ends[one].sendall(got)
                    else:  # it sends no more; the other may
                        other = ends.pop(one)
                        other.shutdown(socket.SHUT_WR)
            self.open -= {client, server}

    def close(self):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for one in list(self.open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
