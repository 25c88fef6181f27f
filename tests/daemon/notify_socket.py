#!/usr/bin/python3
"""Listens as systemd would: every notification sent to SOCKET is a line in FILE, its
assignments joined by blanks. Usage: notify_socket.py SOCKET FILE"""
import socket
import sys

listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind(sys.argv[1])
while True:
    message = listener.recv(65536).decode()
    with open(sys.argv[2], "a", encoding="utf-8") as notes:
        notes.write(message.strip().replace("\n", " ") + "\n")
