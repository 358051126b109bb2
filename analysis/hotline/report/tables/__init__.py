"""Results as printed tables: numbers to text, nothing estimated.

table               a frame, and columns that say how it is printed
comparisons         levels compared, and the hotline's response
logistic            odds ratios, blocks, variables and interactions
robustness          several analyses side by side
prediction          the risk model and its validation
"""
