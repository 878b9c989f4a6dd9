"""Writes CalcAddIns.xcu and XRiskFunctions.idl: the in-cell functions that the host offers, as Calc
wants to be told of them before any host runs.

    make_functions.py HOST LIBRARY [--check]      HOST: power-engine; LIBRARY: libpe_client.so

A test runs it with --check: exit 1 where the files are not what the host offers.
"""
import os
import sys
from xml.sax.saxutils import escape

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "pythonpath"))
import pe_client  # noqa: E402

SERVICE = "_xll"  # so that _xll.RiskNormal(10,2) of Excel files is the same function
PROPERTIES = ("properties", "RiskName, RiskTruncate, RiskShift, RiskStatic: any of them")


def parameters_of(function):
    """(name, help) of each; the last one takes any number where the function is variadic."""
    named = [(argument["name"], argument["help"]) for argument in function["arguments"]]
    return named + [PROPERTIES] if function["variadic"] else named


def idl(functions):
    lines = ["// Written by make_functions.py. Read by LibreOffice as it is.",
             "module org { module powerengine { module calc {",
             "interface XRiskFunctions: com::sun::star::uno::XInterface {"]
    for function in functions:
        names = ["[in] any p%d" % (i + 1) for i in range(len(function["arguments"]))]
        if function["variadic"]:
            names.append("[in] sequence<any> p%d" % (len(names) + 1))
        lines.append("    any %s(%s);" % (function["name"], ", ".join(names)))
    return "\n".join(lines + ["};", "}; }; };", ""])


def value(name, text):
    return '<prop oor:name="%s"><value xml:lang="en">%s</value></prop>' % (name, escape(text))


def function_node(function):
    lines = ['   <node oor:name="%s" oor:op="replace">' % function["name"],
             "    " + value("DisplayName", function["display"]),
             "    " + value("Description", function["help"]),
             '    <prop oor:name="Category"><value>Add-In</value></prop>',
             "    " + value("CompatibilityName", function["display"]),
             '    <node oor:name="Parameters">']
    for i, (name, text) in enumerate(parameters_of(function)):
        lines.append('     <node oor:name="p%d" oor:op="replace">%s%s</node>' % (
            i + 1, value("DisplayName", name), value("Description", text)))
    return "\n".join(lines + ["    </node>", "   </node>"])


def xcu(functions):
    head = """<?xml version="1.0" encoding="UTF-8"?>
<!-- Written by make_functions.py. -->
<oor:component-data xmlns:oor="http://openoffice.org/2001/registry"
    xmlns:xs="http://www.w3.org/2001/XMLSchema" oor:name="CalcAddIns"
    oor:package="org.openoffice.Office">
 <node oor:name="AddInInfo">
  <node oor:name="%s" oor:op="replace"><node oor:name="AddInFunctions">
""" % SERVICE
    nodes = "\n".join(function_node(function) for function in functions)
    return head + nodes + "\n  </node></node>\n </node>\n</oor:component-data>\n"


def main(host, library, *options):
    with pe_client.Client.open("make_functions", program=host, library=library) as client:
        functions = sorted(client.call("functions")["functions"], key=lambda f: f["name"])
    status = 0
    for name, text in (("XRiskFunctions.idl", idl(functions)), ("CalcAddIns.xcu", xcu(functions))):
        path = os.path.join(HERE, name)
        if "--check" not in options:
            with open(path, "w", encoding="utf-8") as out:
                out.write(text)
        elif open(path, encoding="utf-8").read() != text:
            print("%s is not what the host offers: run make_functions.py" % name)
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
