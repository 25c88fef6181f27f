"""An FTP server with MLSD for the tests of lib/link: every command goes to FOLDER/commands.

Usage: pyftpdlib_server.py ADDRESS PORT ROOT FOLDER PASSWORD (empty: anonymous)
"""
import logging
import sys

from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.servers import FTPServer

address, port, root, folder, password = sys.argv[1:6]
commands = open(folder + "/commands", "a", buffering=1)


class Handler(FTPHandler):
    authorizer = DummyAuthorizer()
    auth_failed_timeout = 0
    use_sendfile = False

    def pre_process_command(self, line, cmd, arg):
        commands.write(cmd + ("" if cmd == "PASS" or not arg else " " + arg) + "\n")
        super().pre_process_command(line, cmd, arg)


if password:
    Handler.authorizer.add_user("tech", password, root, perm="elr")
else:
    Handler.authorizer.add_anonymous(root)
logging.basicConfig(level=logging.WARNING)
FTPServer((address, int(port)), Handler).serve_forever()
