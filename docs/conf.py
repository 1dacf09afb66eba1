# SPDX-License-Identifier: Apache-2.0
"""The documentation as a site; scripts/docs builds it."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
# The package, and its extension module where it has been built.
sys.path[:0] = [str(ROOT / "python"), str(ROOT / "build" / "release" / "python")]

import orrery  # noqa: E402

project = "Orrery"
author = "The Orrery authors"
copyright = "The Orrery authors, Apache-2.0"
version = release = orrery.__version__

# From the root of the source tree, so that pages can link to the README and to YAML files.
include_patterns = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/**"]
root_doc = "docs/index"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
myst_heading_anchors = 4

autodoc_member_order = "bysource"

html_theme = "furo"
html_title = f"Orrery {release}"
html_copy_source = False


def _add_contents(app, page, source):
    """The site's contents are the lists of docs/index.md: each heading with the pages below it."""
    if page != root_doc:
        return
    for section in re.split(r"^## ", source[0], flags=re.MULTILINE)[1:]:
        caption, _, text = section.partition("\n")
        pages = re.findall(r"^- \[[^]]*\]\(([^)]+)\.md\)", text, flags=re.MULTILINE)
        source[0] += "\n".join(
            ["\n```{toctree}", ":hidden:", f":caption: {caption}", "", *pages, "```", ""]
        )


def _add_reference(app, page, source):
    """Behind the page of the Python package what its docstrings say."""
    if page == "docs/python":
        source[0] += (
            "\n## Reference\n\n```{eval-rst}\n.. automodule:: orrery\n   :members:\n"
            "   :imported-members:\n```\n"
        )


def setup(app):
    app.connect("source-read", _add_contents)
    app.connect("source-read", _add_reference)
