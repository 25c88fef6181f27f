#!/usr/bin/python3
"""Run a command on a terminal of its own, and tell what reached it.

Usage: on_terminal.py WIDTH [--after TEXT KEYS]... COMMAND...

Once TEXT has been seen, KEYS are typed (^C for Ctrl-C, wN for a window of N columns), each pair in its
turn. What came is written to standard output as it came, but for the return before each line feed;
the exit code is the command's, 128 and the signal's number where one ended it."""
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time

PATIENCE = 60


def resize(fd, width):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))


def press(fd, pid, keys):
    if keys == "^C":
        os.write(fd, b"\x03")
    elif keys.startswith("w"):
        resize(fd, int(keys[1:]))
    else:
        os.write(fd, keys.encode())


def main():
    width, arguments, steps = int(sys.argv[1]), sys.argv[2:], []
    while arguments[0] == "--after":
        steps.append((arguments[1].encode(), arguments[2]))
        arguments = arguments[3:]
    pid, fd = pty.fork()
    if pid == 0:
        resize(1, width)
        os.execvp(arguments[0], arguments)
    seen, searched, until = b"", 0, time.monotonic() + PATIENCE
    while True:
        while steps and steps[0][0] in seen[searched:]:
            searched += seen[searched:].index(steps[0][0]) + len(steps[0][0])
            press(fd, pid, steps.pop(0)[1])
        ready, _, _ = select.select([fd], [], [], max(0, until - time.monotonic()))
        if not ready:
            os.kill(pid, signal.SIGKILL)
            sys.stderr.write("the command did not end\n")
            break
        try:
            chunk = os.read(fd, 65536)
        except OSError:
            break
        if not chunk:
            break
        seen += chunk
    sys.stdout.buffer.write(seen.replace(b"\r\n", b"\n"))
    sys.stdout.flush()
    if steps:
        sys.stderr.write("never seen: %r\n" % steps[0][0])
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return 128 - status if status < 0 else status


sys.exit(main())
