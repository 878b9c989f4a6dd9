"""The functions in cells as Calc is told of them, from CalcAddIns.xcu."""
import functools
import os
import xml.etree.ElementTree

HERE = os.path.dirname(os.path.abspath(__file__))
OOR = "{http://openoffice.org/2001/registry}"


class Described:
    """A function's display name, help and parameters: (name, help) each."""

    def __init__(self, node):
        values = texts_of(node)
        self.display = values.get("DisplayName", "")
        self.help = values.get("Description", "")
        parameters = [child for child in node if child.get(OOR + "name") == "Parameters"]
        self.parameters = []
        for parameter in parameters[0] if parameters else ():
            texts = texts_of(parameter)
            self.parameters.append((texts.get("DisplayName", ""), texts.get("Description", "")))
        self.variadic = bool(self.parameters) and self.parameters[-1][0] == "properties"


def texts_of(node):
    """The properties of a node of the configuration's file."""
    return {child.get(OOR + "name"): "".join(child.itertext()) for child in node
            if child.tag == "prop"}


@functools.lru_cache(maxsize=None)
def functions():
    """Name in capitals to Described."""
    path = os.path.join(os.path.dirname(HERE), "CalcAddIns.xcu")
    root = xml.etree.ElementTree.parse(path).getroot()
    nodes = root.find("node").find("node").find("node")
    return {node.get(OOR + "name"): Described(node) for node in nodes}
