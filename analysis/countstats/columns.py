"""Names of the columns that a table of counts may have, and the code of what was not recorded.

A *table of cells* has one row per cell: columns of codes or values, and `N`, how many units the cell holds. Where an
outcome was counted as well it has `COUNTS` in the place of `N`: the units with the event, and the others.
"""

N = "n"
EVENTS = "events"
OTHERS = "others"
COUNTS = [EVENTS, OTHERS]
MISSING = "missing"
