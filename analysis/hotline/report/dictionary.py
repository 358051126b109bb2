"""The data dictionary: the codebook as tables and as a page, for readers who don't read YAML."""

import html

import pandas as pd

from hotline.codebook import Codebook

STYLE = (
    "body { font-family: sans-serif; margin: 2em auto; max-width: 75em } table { border-collapse: collapse }"
    " th, td { border-bottom: 1px solid #ddd; padding: 0.3em 0.6em; text-align: left; vertical-align: top }"
)


def variables(book: Codebook) -> pd.DataFrame:
    """Return one row per variable: how it is called, where it stands in the export, and what it means."""
    return pd.DataFrame(
        {
            "variable": each.name,
            "title": each.title,
            "title_zh": each.title_zh,
            "header": each.header or "(derived)",
            "type": ("ordered category" if each.ordered else "category") if each.categorical else each.type,
            "unit": each.unit,
            "block": each.block,
            "sensitivity": each.sensitivity,
            "known": each.known,
            "codes": "; ".join(code.en for code in each.codes),
            "description": each.description,
        }
        for each in book
    )


def codes(book: Codebook) -> pd.DataFrame:
    """Return one row per variable and code: its labels, and the texts by which an export may write it."""
    return pd.DataFrame(
        {
            "variable": each.name,
            "code": code.code,
            "en": code.en,
            "zh": code.zh,
            "synonyms": "; ".join(code.synonyms),
            "reference": code.code == each.reference,
            "excluded under": code.exclude or "",
        }
        for each in book
        for code in each.codes
    )


def page(book: Codebook) -> str:
    """Return the whole dictionary as an HTML page."""
    with pd.option_context("display.max_colwidth", None):  # or long texts would be cut
        tables = {"Variables": variables(book).to_html(index=False), "Codes": codes(book).to_html(index=False)}
    parts = [f"<h1>Data dictionary</h1><p>{html.escape(book.title)}</p>"]
    parts += [f"<h2>{heading}</h2>{table}" for heading, table in tables.items()]
    head = f'<meta charset="utf-8"><title>Data dictionary</title><style>{STYLE}</style>'
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{"".join(parts)}</body></html>\n'
