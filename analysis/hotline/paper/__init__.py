"""The documents: their sources, their numbers and their three formats.

sources     what manuscript and supplement are made from
readable    whether their files can be read at all
published   published.yml as tables for readers
render      the documents in three formats (python -m hotline.paper.render)
quarto      rendering by Quarto, where there is one
pandoc      rendering by pandoc and Typst otherwise
fonts       fonts, and whether they have every character
"""
