#!/usr/bin/python3
"""A RELP client of the tests' own, so that the relay is not tested by our sink alone.

Usage: relp_client.py [--tls CA CERT KEY NAME] [--start N] [--size BYTES] [--life N]
                      [--msgid MSGID] [--fields 'NAME="VALUE" …'] PORT COUNT

Sends COUNT messages of a sample collector to 127.0.0.1:PORT, with seq from N on, and writes the
seq of each one to standard output when its own 200 has come. With --size each is filled up to so
many bytes. The same seq is the same event, but in another --life of the collector's store. Ends with 0 when all of them were
acknowledged, with 1 when the connection broke before.
"""
import argparse
import re
import socket
import ssl
import sys
import uuid

WINDOW = 64
NAMESPACE = uuid.UUID("00000000-0000-0000-0000-000000000000")
MESSAGE = (
    "<130>1 2026-11-2{life}T01:00:00.{seq:06d}Z collector.example.org pumpwatch 4321 {msgid} "
    '[timeQuality tzKnown="1" isSynced="1"]'
    '[pumpwatch@32473 v="1" eid="{eid}" seq="{seq}" prev="{prev:064x}" action="opened" sev="2" '
    'site="sample-site" asset="SAMPLE-{seq}" ip="192.0.2.1" path="/firmware/a\\]b\\"{seq}"{fields}] '
    "SAMPLE-{seq}: /firmware/sample.bin is not as it was approved."
)
FRAME = re.compile(rb"(\d{1,9}) ([a-z]{1,32}) (\d{1,9})(?: |(?=\n))")


def message(seq, options):
    text = MESSAGE.format(
        seq=seq,
        prev=seq - 1,
        eid=uuid.uuid5(NAMESPACE, f"{options.life} {seq}"),
        life=options.life,
        msgid=options.msgid,
        fields=options.fields and " " + options.fields,
    )
    return text.ljust(options.size, "x").encode()


class Session:
    def __init__(self, connection):
        self.connection = connection
        self.received = b""
        self.transaction = 0

    def send(self, command, data):
        self.transaction += 1
        head = f"{self.transaction} {command} {len(data)}".encode()
        self.connection.sendall(head + (b" " + data if data else b"") + b"\n")
        return self.transaction

    def answer(self):
        """The next answer's transaction and code; (0, None) is the server's farewell."""
        while True:
            match = FRAME.match(self.received)
            if match and len(self.received) > match.end() + int(match[3]):
                end = match.end() + int(match[3])
                data, self.received = self.received[match.end() : end], self.received[end + 1 :]
                return int(match[1]), data[:3] if match[2] == b"rsp" else None
            more = self.connection.recv(65536)
            if not more:
                raise ConnectionError("closed")
            self.received += more


def run(session, options):
    first, count = options.start, options.count
    session.send("open", b"relp_version=0\nrelp_software=pumpwatch-test\ncommands=syslog")
    if session.answer() != (1, b"200"):
        raise ConnectionError("not opened")
    waiting = {}
    following, left = first, count
    while left:
        while following < first + count and len(waiting) < WINDOW:
            waiting[session.send("syslog", message(following, options))] = following
            following += 1
        transaction, code = session.answer()
        if code != b"200":
            raise ConnectionError(f"answer {code} to {transaction}")
        print(waiting.pop(transaction), flush=True)
        left -= 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tls", nargs=4)
    parser.add_argument("--start", type=int, default=1)
    parser.add_argument("--size", type=int, default=0)
    parser.add_argument("--life", type=int, default=2, choices=range(2, 10))
    parser.add_argument("--msgid", default="FILE_MODIFIED")
    parser.add_argument("--fields", default="")
    parser.add_argument("port", type=int)
    parser.add_argument("count", type=int)
    options = parser.parse_args()
    try:
        connection = socket.create_connection(("127.0.0.1", options.port), 60)
        if options.tls:
            authority, certificate, key, name = options.tls
            context = ssl.create_default_context(cafile=authority)
            context.load_cert_chain(certificate, key)
            connection = context.wrap_socket(connection, server_hostname=name)
        run(Session(connection), options)
    except (OSError, ConnectionError) as error:
        print(f"relp_client: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
