"""Every text that the dialogs show, in one place. ~ marks the key that goes with Alt."""


class T:  # pylint: disable=too-few-public-methods
    """One constant per text; %s and %d are filled in where it is used."""

    # ---- common
    OK = "~OK"
    CANCEL = "Cancel"
    READ_ONLY = "This document is read-only: save it under another name, then try again."
    STRUCTURE_PROTECTED = ("The document's structure is protected, so that no sheet can be added: "
                           "switch that off under Tools > Protect Spreadsheet Structure first.")
    SETTINGS_PROTECTED = ("The sheet \"Power Engine\" is protected: unprotect it under "
                          "Tools > Protect Sheet first.")
    NOTHING_SELECTED = "Select a cell first."
    NO_SUCH_CELL = "There is no cell \"%s\" in this document: write it as Sheet1!B7."
    TOO_MANY_CELLS = "%d cells are selected; at most %d can be set at once: select fewer."

    # ---- define input
    INPUT_TITLE = "Define Input"
    INPUT_UNDO = "Define Input"
    INPUT_UNDO_REMOVE = "Remove Input"
    INPUT_ONE_CELL = "%s, now %s"
    INPUT_CELLS = "%d cells from %s on; shown for the first, now %s"
    INPUT_NAME = "~Name:"
    INPUT_DISTRIBUTION = "~Distribution:"
    INPUT_PARAMETER = "%s:"
    INPUT_PARAMETER_HELP = ("Numbers, or formulas such as =B4*2. Separate several values by "
                            "semicolons.")
    INPUT_SCALE = "~Scale the parameters with each cell's own number"
    INPUT_AS_FORMULA = "~Insert as formula (shown as #NAME? where Power Engine is not installed)"
    INPUT_REMOVE = "~Remove Input"
    INPUT_P5, INPUT_MEAN, INPUT_P95, INPUT_SD = "P5", "Mean", "P95", "Std. dev."
    INPUT_EMPTY = "%s is missing: type a number or a formula."
    INPUT_NOT_A_NUMBER = "%s: \"%s\" is no number. Write it as %s, or a formula such as =B4*2."
    INPUT_BAD_FORMULA = "%s: the formula \"%s\" is not understood."
    INPUT_OWN_CELL = "%s: the formula reads the cell %s itself. Use a number or another cell."
    INPUT_NO_SHAPE = "The shape can only be drawn where the parameters are numbers or single cells."
    INPUT_NO_NUMBER = ("%s holds no number. An input is a cell with a number: type the most likely "
                       "value there, then define the input.")
    INPUT_IS_TEXT = ("%s holds text. An input is a cell with a number: select the number that is "
                     "uncertain.")
    INPUT_IS_FORMULA = ("%s holds a formula. An input is a cell with a number: select a number "
                        "that the formula reads, or type a number over the formula.")
    INPUT_SHEET_IS_OURS = "This sheet belongs to Power Engine: select a cell of your model."
    INPUT_CUSTOM = "This input is now the formula %s; OK replaces it."
    INPUT_NO_FUNCTIONS = ("The in-cell functions are not available here, so the cell is left as it "
                          "was: leave \"Insert as formula\" off.")
    INPUT_PROTECTED = "%s is protected: unprotect its sheet under Tools > Protect Sheet first."

    # ---- add output
    OUTPUT_TITLE = "Add Output"
    OUTPUT_UNDO = "Add Output"
    OUTPUT_UNDO_REMOVE = "Remove Output"
    OUTPUT_ONE_CELL = "%s, now %s"
    OUTPUT_CELLS = "%d cells from %s on"
    OUTPUT_NAMES = "~Names, one line for each cell:"
    OUTPUT_HELP = "Run Simulation reports how this cell varies: statistics, histogram, tornado."
    OUTPUT_REMOVE = "~Remove Output"
    OUTPUT_EMPTY = ("%s is empty. An output is a cell whose formula depends on an input: select "
                    "the result that you want to know.")
    OUTPUT_NO_FORMULA = ("%s holds no formula, so it cannot vary. An output is a cell whose "
                         "formula depends on an input: select the result that you want to know.")

    # ---- run
    RUN_TITLE = "Run Simulation"
    RUN_FORMULAS = "%s formulas."
    RUN_INPUTS = "Inputs (%s)"
    RUN_OUTPUTS = "Outputs: tick what you want to know"
    RUN_PROBLEMS = "Problems (%d)"
    RUN_NO_PROBLEMS = "No problems"
    RUN_COLUMN_NAME, RUN_COLUMN_CELL, RUN_COLUMN_DISTRIBUTION = "Name", "Cell", "Distribution"
    RUN_COLUMN_PROBLEM = "What, and what to do"
    RUN_GO_TO = "~Go to Cell"
    RUN_FREEZE = "Use Stored ~Value"
    RUN_FREEZE_WORDS = "\"Use Stored Value\" keeps"
    RUN_UNFREEZE = "Let It ~Vary"
    RUN_DROP = "Remo~ve Setting"
    RUN_BROKEN = ("A setting of Power Engine names a cell that was deleted; "
                  "\"Remove Setting\" takes it away.")
    RUN_ALL, RUN_NONE = "~All", "N~one"
    RUN_SETTINGS = "Simulation"
    RUN_TRIALS = "~Trials:"
    RUN_SEED = "S~eed:"
    RUN_NEW_SEED = "Ne~w"
    RUN_SAMPLING = "Sa~mpling:"
    RUN_SAMPLINGS = ("Monte Carlo", "Latin hypercube")
    RUN_NAME = "R~un name:"
    RUN_NAME_HELP = "optional; stands beside the results"
    RUN_RESULTS = "Results ~in:"
    RUN_PLACES = ("This document", "A new document")
    RUN_PLACE_FORCED = "A new document, as this one is protected or read-only"
    RUN_SHEETS = "Sheets that will be written: %s"
    RUN_SHEETS_ONE = "%s and one for the output"
    RUN_SHEETS_MANY = "%s and one for each of the %d outputs"
    RUN_SHEETS_MORE = " and %d more"
    RUN_UNDER_A_SECOND = "less than a second"
    RUN_SECOND, RUN_SECONDS = "about 1 second", "about %d seconds"
    RUN_MINUTES, RUN_HOURS = "about %d minutes", "about %.1f hours"
    RUN_OK = "~Run Simulation"
    RUN_BAD_TRIALS = "Trials must be a whole number from 1 to %s."
    RUN_BAD_SEED = "The seed must be a whole number from 0 to %s."
    RUN_NO_OUTPUT = "Tick at least one output."
    RUN_STOPPED = "%s stops the run. %s"
    RUN_NO_INPUT = "No inputs yet: select a number, then choose Define Input."
    RUN_STOPS, RUN_WARNS = "stops", "note"
    RUN_UNDO = "Simulation settings"

    # ---- progress
    PROGRESS_TITLE = "Run Simulation"
    PROGRESS_STAGES = {"parse": "Reading the formulas", "check": "Checking the formulas",
                       "compile": "Preparing the simulation", "simulate": "Simulating",
                       "statistics": "Forming the statistics", "tornado": "Finding what matters"}
    PROGRESS_START = "Starting"
    PROGRESS_OTHER = "Working"
    PROGRESS_TRIALS = "%s of %s trials"
    PROGRESS_PACE = "%s trials a second"
    PROGRESS_LEFT = "%s left"
    PROGRESS_STOP = "~Stop and Report"
    PROGRESS_STOP_HELP = "Ends the run now and reports the trials done so far."
    PROGRESS_STOPPING = "Stopping"

    # ---- settings
    SETTINGS_TITLE = "Power Engine Settings"
    SETTINGS_UNDO = "Simulation settings"
    SETTINGS_DOCUMENT = "For this document"
    SETTINGS_SAVED_IN = "Saved in the document's hidden sheet \"Power Engine\"."
    SETTINGS_SHOW = "S~how That Sheet"
    SETTINGS_HIDE = "~Hide That Sheet"
    SETTINGS_COUNTS = "Defined here: inputs %d, outputs %d."
    SETTINGS_BROKEN = "%d settings name cells that were deleted."
    SETTINGS_CLEAN = "Remo~ve Them"
    SETTINGS_LIVE_HEADING = "Live mode"
    SETTINGS_LIVE = "~Live mode: simulate again in the background after each edit"
    SETTINGS_HOST = "Host program"
    SETTINGS_HOST_LINE = "Version %s, process %s; connections: %s, running: %s, memory: %s"

    # ---- remove results
    REMOVE_ASK = "Remove the %d result sheets of Power Engine from this document?"
    REMOVE_ASK_ONE = "Remove the result sheet \"%s\" of Power Engine from this document?"
    REMOVE_KEEPS = "Inputs, outputs and settings stay. Edit > Undo brings the sheets back."
    REMOVE_NOTHING = "There are no result sheets of Power Engine in this document."
