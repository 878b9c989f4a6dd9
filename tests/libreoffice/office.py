"""A headless LibreOffice of its own, with the extension installed in a private profile.

Used with "with": the office is ended and its profile removed on the way out.
"""
import os
import shutil
import subprocess
import tempfile
import time

import uno
from com.sun.star.beans import PropertyValue
from com.sun.star.connection import NoConnectException


def properties(**values):
    """Keyword arguments as property values."""
    return tuple(PropertyValue(Name=name, Value=value) for name, value in values.items())


class Office:
    """soffice --headless with its own profile, pipe and runtime folder."""

    def __init__(self, extension=None, environment=None, arguments=("--headless",)):
        self.extension = extension
        self.folder = tempfile.mkdtemp(prefix="pe-office-")
        self.environment = dict(os.environ, **(environment or {}))
        self.arguments = arguments
        self.process = None
        self.context = None

    def __enter__(self):
        try:
            if self.extension is not None:
                self.install(self.extension)
            self.start()
        except Exception:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.end()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self):
        name = "pe%d%s" % (os.getpid(), os.path.basename(self.folder))
        self.process = subprocess.Popen(
            ["soffice", "-env:UserInstallation=file://%s/profile" % self.folder,
             "--norestore", "--nologo", "--nodefault", "--accept=pipe,name=%s;urp;" % name,
             *self.arguments],
            env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True)
        local = uno.getComponentContext()
        resolver = local.ServiceManager.createInstanceWithContext(
            "com.sun.star.bridge.UnoUrlResolver", local)
        deadline = time.monotonic() + 60
        while True:
            try:
                self.context = resolver.resolve(
                    "uno:pipe,name=%s;urp;StarOffice.ComponentContext" % name)
                break
            except NoConnectException:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise
                time.sleep(0.1)
        self.manager = self.context.ServiceManager
        self.desktop = self.service("com.sun.star.frame.Desktop")
        self.dispatcher = self.service("com.sun.star.frame.DispatchHelper")

    def end(self):
        if self.process is None:
            return
        try:
            self.desktop.terminate()
        except Exception:  # the bridge is gone when it has ended
            pass
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, 9)
            self.process.wait()
        self.process = None

    def service(self, name):
        return self.manager.createInstanceWithContext(name, self.context)

    def install(self, path):
        """Registers the extension in the profile, as unopkg does for a user: it refuses root."""
        copy = shutil.copy(path, self.folder)
        os.chmod(copy, 0o644)
        command = ["unopkg", "add", "-f", "-env:UserInstallation=file://%s/profile" % self.folder,
                   copy]
        environment = dict(self.environment, HOME=self.folder)
        if os.geteuid() == 0:
            shutil.chown(self.folder, "nobody")
            command = ["runuser", "-u", "nobody", "--", "env", "HOME=" + self.folder, *command]
        subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
        if os.geteuid() == 0:
            subprocess.run(["chown", "-R", "root", self.folder], check=True)

    def open(self, path=None, **options):
        """A document; a new one without a path."""
        url = "private:factory/scalc" if path is None else "file://" + os.path.abspath(path)
        return self.desktop.loadComponentFromURL(url, "_blank", 0,
                                                 properties(Hidden=False, **options))

    def command(self, document, name, **arguments):
        """Dispatches vnd.power-engine:name without dialogs. Returns (succeeded, text)."""
        arguments.setdefault("Quiet", True)
        event = self.dispatcher.executeDispatch(
            document.CurrentController.Frame, "vnd.power-engine:" + name, "_self", 0,
            properties(**arguments))
        return event.State == 1, event.Result

    def save(self, document, path):
        """Saves a copy in the format of the name's ending."""
        names = {"ods": "calc8", "xlsx": "Calc MS Excel 2007 XML", "pdf": "calc_pdf_Export"}
        document.storeToURL("file://" + os.path.abspath(path),
                            properties(FilterName=names[path.rsplit(".", 1)[1]], Overwrite=True))
