"""A stand-in for Quarto, which no package index carries."""

import stat
from pathlib import Path


def fake_quarto(folder: Path, version: str = "1.9.38", says: str = "") -> str:
    """Write a command that prints a version, or makes three files and notes what it saw; return its path."""
    command = folder / "quarto"
    command.write_text(
        f'#!/bin/sh\nif [ "$1" = --version ]; then echo {version}; exit 0; fi\n'
        "for each in html pdf docx; do echo rendered > ${2%.qmd}.$each; done\n"
        f"ls > {folder}/seen; env > {folder}/environment; echo '{says}' >&2\n"
    )
    command.chmod(command.stat().st_mode | stat.S_IXUSR)
    return str(command)
