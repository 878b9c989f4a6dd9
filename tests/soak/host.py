"""A host of the test's own: started on a private socket, watched, ended."""
import os
import shutil
import signal
import subprocess
import tempfile
import time

import pipe_client


class Host:
    """with Host(program) as host: host.client() ..."""

    def __init__(self, program, *options):
        self.program, self.options, self.process = program, options, None
        self.folder = tempfile.mkdtemp(prefix="pe-soak-")
        self.socket = os.path.join(self.folder, "host-1.sock")

    def start(self):
        self.process = subprocess.Popen(
            [self.program, "serve", "--foreground", "--endpoint", self.socket,
             "--log", os.path.join(self.folder, "host.log"), *self.options],
            stderr=open(os.path.join(self.folder, "stderr"), "ab"))
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                pipe_client.Client(self.socket, hello=False).close()
                return self
            except OSError:
                if self.process.poll() is not None:
                    raise SystemExit("the host ended at its start: " + self.errors())
                time.sleep(0.02)
        raise SystemExit("the host does not start")

    def client(self, **options):
        return pipe_client.Client(self.socket, **options)

    def errors(self):
        with open(os.path.join(self.folder, "stderr"), errors="replace") as f:
            return f.read()

    def resident(self):
        """Bytes of memory that the process holds."""
        with open("/proc/%d/statm" % self.process.pid) as f:
            return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def alive(self):
        return self.process.poll() is None

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def end(self):
        """Ends it as a user's session would; its exit code."""
        if self.alive():
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=120)

    def __enter__(self):
        return self.start()

    def __exit__(self, *unused):
        if self.alive():
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
