"""A line for each fixed case at the end of the tests: expected, got."""


def pytest_terminal_summary(terminalreporter):
    """Print what was expected of each fixed case and what happened."""
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.stats.get(kind, ())]
    cases = [(report, value) for report in reports for name, value in report.user_properties if name == "case"]
    if not cases:
        return
    terminalreporter.section("exports with one fault each")
    for report, (words, expected, got) in sorted(cases, key=lambda case: case[0].nodeid):
        terminalreporter.line(f"{'ok  ' if report.passed else 'FAIL'} {words}")
        terminalreporter.line(f"       expected: {expected}")
        terminalreporter.line(f"       got:      {got}")
