"""container.py COMMAND…: the first process of a container that is a process tree of this machine.

What the command leaves running ends with it, as in a container; SIGTERM goes to the command, SIGUSR1
ends all at once, as SIGKILL of a container does. Exit code: the command's, 128 + n after signal n.
"""
import ctypes
import os
import signal
import subprocess
import sys

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
KILLED = 137


def children():
    """Of this process; orphans of its descendants are among them."""
    with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as file:
        return [int(word) for word in file.read().split()]


def end_all():
    """Until none is left: those that a child leaves behind become children in the next round."""
    while True:
        left = children()
        if not left:
            return
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        for pid in left:
            os.waitpid(pid, 0)


def main():
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGUSR1)
    ending = []
    command = None

    def passed_on(number, _):
        ending.append(number)
        if command:
            command.send_signal(signal.SIGKILL if number == signal.SIGUSR1 else number)

    signal.signal(signal.SIGTERM, passed_on)
    signal.signal(signal.SIGUSR1, passed_on)
    try:
        command = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
    except OSError as no:
        print(f"CannotStartContainerError: {no}", file=sys.stderr)
        return 127
    if ending:  # it came before there was a command to pass it to
        command.send_signal(signal.SIGKILL if signal.SIGUSR1 in ending else ending[0])
    code = command.wait()
    end_all()
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main())
