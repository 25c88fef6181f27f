#!/usr/bin/python3
"""Runs a command on a terminal of 80 columns and answers what it asks.

Usage: talk.py WORDS ANSWER [WORDS ANSWER]... -- COMMAND...
Waits for each of the words in turn and types the answer: ^C and ^D are those keys, anything else is
followed by Return. What the terminal showed goes to standard output; the exit code is the command's.
"""
import fcntl
import os
import select
import struct
import sys
import termios
import time

PATIENCE = 60  # seconds for anything at all, on the slowest machine
KEYS = {"^C": b"\x03", "^D": b"\x04"}


def show(seen):
    sys.stdout.buffer.write(seen.replace(b"\r\n", b"\n"))
    sys.stdout.flush()


def main():
    between = sys.argv.index("--")
    words, command = sys.argv[1:between], sys.argv[between + 1:]
    master, slave = os.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    child = os.fork()
    if child == 0:
        os.setsid()
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
        for fd in 0, 1, 2:
            os.dup2(slave, fd)
        os.close(master)
        os.execvp(command[0], command)
    os.close(slave)
    seen, place, step = b"", 0, 0
    end = time.monotonic() + PATIENCE
    while True:
        if not select.select([master], [], [], max(0, end - time.monotonic()))[0]:
            os.kill(child, 9)
            show(seen)
            sys.exit("talk.py: nothing came for %d s; waited for %r" % (PATIENCE, words[step:step + 1]))
        try:
            piece = os.read(master, 65536)
        except OSError:  # the terminal of a command that has ended
            piece = b""
        if not piece:
            break
        seen += piece
        end = time.monotonic() + PATIENCE
        while step < len(words):
            found = seen.find(words[step].encode(), place)
            if found < 0:
                break
            place = found + len(words[step].encode())
            answer = words[step + 1]
            os.write(master, KEYS.get(answer, answer.encode() + b"\n"))
            step += 2
    show(seen)
    status = os.waitpid(child, 0)[1]
    if step < len(words):
        sys.exit("talk.py: it ended without saying %r" % words[step])
    sys.exit(os.waitstatus_to_exitcode(status))


main()
