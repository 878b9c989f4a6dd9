"""The component behind =RISKNORMAL(10;2) in a cell: one method per function of CalcAddIns.xcu.

Calc finds the methods through XRiskFunctions (XRiskFunctions.idl) and their names and help in
CalcAddIns.xcu. The values come from the host (pe_functions).
"""
import unohelper
from com.sun.star.lang import Locale, XServiceInfo, XServiceName
from com.sun.star.sheet import XAddIn
from org.powerengine.calc import XRiskFunctions

import pe_described
import pe_functions

IMPLEMENTATION = "org.powerengine.calc.Functions"
SERVICE = "_xll"
ADDIN_SERVICE = "com.sun.star.sheet.AddIn"
FUNCTIONS = pe_described.functions()


class Functions(unohelper.Base, XRiskFunctions, XAddIn, XServiceName, XServiceInfo):
    """See above; the functions themselves are added below."""

    def __init__(self, context):
        self.context = context
        self.locale = Locale("en", "US", "")

    # XAddIn: what the configuration does not say already

    def getProgrammaticFuntionName(self, display):  # the interface's own spelling
        for name, function in FUNCTIONS.items():
            if function.display.upper() == display.upper():
                return name
        return ""

    def getDisplayFunctionName(self, name):
        return FUNCTIONS[name].display if name in FUNCTIONS else ""

    def getFunctionDescription(self, name):
        return FUNCTIONS[name].help if name in FUNCTIONS else ""

    def _parameter(self, name, index):
        parameters = FUNCTIONS[name].parameters if name in FUNCTIONS else ()
        return parameters[index] if 0 <= index < len(parameters) else ("", "")

    def getDisplayArgumentName(self, name, index):
        return self._parameter(name, index)[0]

    def getArgumentDescription(self, name, index):
        return self._parameter(name, index)[1]

    def getProgrammaticCategoryName(self, name):
        return "Add-In"

    def getDisplayCategoryName(self, name):
        return "Add-In"

    def setLocale(self, locale):
        self.locale = locale

    def getLocale(self):
        return self.locale

    def getServiceName(self):
        return SERVICE

    def getImplementationName(self):
        return IMPLEMENTATION

    def supportsService(self, name):
        return name in self.getSupportedServiceNames()

    def getSupportedServiceNames(self):
        return (SERVICE, ADDIN_SERVICE)


def method_of(name, variadic):
    """The method that Calc calls: values, or tuples of rows for areas; the last one of a variadic
    function is a tuple of them."""
    def method(self, *arguments):
        if variadic:
            arguments = arguments[:-1] + tuple(arguments[-1])
        return pe_functions.value(self.context, name, arguments)
    method.__name__ = name
    return method


for _name, _function in FUNCTIONS.items():
    setattr(Functions, _name, method_of(_name, _function.variadic))

g_ImplementationHelper = unohelper.ImplementationHelper()
g_ImplementationHelper.addImplementation(Functions, IMPLEMENTATION, (SERVICE, ADDIN_SERVICE))
