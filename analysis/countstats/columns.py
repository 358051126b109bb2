"""Names of the columns that a table of counts may have, and the code of what was not recorded."""

N = "n"  # how many units a cell holds
EVENTS = "events"  # how many of them had the event
OTHERS = "others"  # how many had not
COUNTS = [EVENTS, OTHERS]
MISSING = "missing"  # the code of a category that was not recorded
