"""Every plotly figure of the project, as functions of data: for pages, notebooks and reports.

A figure has no title (a page has headings), fits 390 px of width, and has a transparent background
and colours for a light page; `DARK_COLOURS` maps them to those for a dark one. `translate` maps the
English texts of a figure to another language.

Colours: Okabe and Ito 2008, "Color Universal Design"; cividis by Nuñez, Anderton and Renslow 2018.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
