"""Who may not connect, and what a killed host leaves: another user of the machine is refused (as
root only: it takes another user's process); after kill -9 the client knows within two seconds, and
a new host starts over.

    strangers.py PROGRAM
"""
import os
import shutil
import subprocess
import sys
import threading
import time

import host
import pipe_client

NOBODY = 65534
TRY = """
import socket, sys
try:
    s = socket.socket(socket.AF_UNIX); s.settimeout(5); s.connect(sys.argv[1])
    s.sendall(bytes([0, 0, 0, 12]) + b"\\x94\\0\\1\\xa6status\\x91\\x80")
    print("connected" if s.recv(100) else "closed")
except PermissionError:
    print("permission")
except ConnectionError:
    print("closed")
"""


def as_nobody(path):
    command = ["setpriv", "--reuid=%d" % NOBODY, "--regid=%d" % NOBODY, "--clear-groups",
               "/usr/bin/python3", "-c", TRY, path]
    return subprocess.run(command, stdout=subprocess.PIPE, cwd="/").stdout.decode().strip()


def strangers_are_refused(server):
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        print("another user: skipped, needs root and setpriv")
        return True
    folder = as_nobody(server.socket)
    os.chmod(server.folder, 0o711)  # were the folder open ...
    os.chmod(server.socket, 0o666)  # ... and the socket too, the peer's user still counts
    opened = as_nobody(server.socket)
    os.chmod(server.folder, 0o700)
    os.chmod(server.socket, 0o600)
    print("another user: %s; with folder and socket open: %s" % (folder, opened))
    return folder == "permission" and opened == "closed"


def a_killed_host_is_noticed(server):
    client = server.client()
    book = client.book({"Sheet1": {(0, 0): "=RiskNormal(1,2)", (0, 1): "=A1*2"}})
    request = client.send("simulate", book=book, settings={"trials": 100000000})
    killer = threading.Timer(0.3, server.kill)
    killer.start()
    start = time.monotonic()
    try:
        client.wait(request)
        return False
    except pipe_client.Lost:
        noticed = time.monotonic() - start - 0.3
    killer.join()  # its socket is open until it has ended
    server.start()
    with server.client() as again:
        book = again.book({"Sheet1": {(0, 0): "=RiskNormal(1,2)", (0, 1): "=A1*2"}})
        run = again.call("simulate", book=book, settings={"trials": 1000})
    print("kill -9: noticed after %.3f s; the next run has %d trials" % (noticed, run["trials"]))
    return noticed < 2 and run["trials"] == 1000


def only_one_serves(server):
    second = subprocess.run([server.program, "serve", "--foreground", "--endpoint", server.socket],
                            stderr=subprocess.PIPE)
    print("a second host: exit code %d, %s" % (second.returncode, second.stderr.decode().strip()))
    return second.returncode == 0 and b"already running" in second.stderr


def main(program):
    with host.Host(program) as server:
        good = [check(server) for check in (strangers_are_refused, only_one_serves,
                                            a_killed_host_is_noticed)]
        ended = server.end()
    return 0 if all(good) and ended == 0 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
