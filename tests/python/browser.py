# SPDX-License-Identifier: Apache-2.0
"""What a headless Chromium makes of a page."""

import dataclasses
import html.parser
import pathlib
import re
import subprocess

# Of virtual time: it is over when nothing is left to happen.
_MILLISECONDS = 15000


@dataclasses.dataclass
class Page:
    """`document` is the page after its scripts ran, `messages` what they and the browser wrote to
    the console: errors, and whatever the page's own policy kept it from loading."""

    document: str
    messages: list[str]


def open_page(path: pathlib.Path, profile: pathlib.Path) -> Page:
    done = subprocess.run(
        [
            "chromium",
            "--headless",
            "--no-sandbox",  # which does not work for root
            "--disable-gpu",
            f"--user-data-dir={profile}",
            "--enable-logging=stderr",
            "--window-size=1150,900",
            f"--virtual-time-budget={_MILLISECONDS}",
            "--dump-dom",
            path.resolve().as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    messages = re.findall(r":CONSOLE:?\d*\] (.*)", done.stderr)
    return Page(done.stdout, messages)


def _is_bar(path: str) -> bool:
    """Whether the outline of a bar, Mx,yVyHxVyZ, has a width and a height."""
    found = re.match(r"M([-.\d]+),([-.\d]+)V([-.\d]+)H([-.\d]+)", path)
    return bool(found) and found[1] != found[4] and found[2] != found[3]


class DrawnMarks(html.parser.HTMLParser):
    """Counts, for each chart of a report, the marks that Plotly has drawn."""

    def __init__(self, document: str):
        super().__init__()
        self.marks: dict[str, int] = {}
        self._chart = ""
        self._within_point = False
        self.feed(document)

    def handle_starttag(self, tag, attributes):
        attribute = dict(attributes)
        classes = (attribute.get("class") or "").split()
        if "chart" in classes:
            self._chart = attribute["id"].removeprefix("chart-")
            self.marks[self._chart] = 0
        self._within_point = self._within_point or (tag == "g" and "point" in classes)
        if tag == "path":
            outline = attribute.get("d") or ""
            drawn = _is_bar(outline) if self._within_point else "point" in classes
            # Those of the legend go to the right by "h".
            if drawn or ("js-line" in classes and re.search("[LHV]", outline)):
                self.marks[self._chart] += 1
            self._within_point = False


class Tables(html.parser.HTMLParser):
    """Tables of a report by name: rows of texts, and of numbers where there is an exact one."""

    def __init__(self, document: str):
        super().__init__()
        self.rows: dict[str, list[list[str | float]]] = {}
        self._table = ""
        self._number: float | None = None
        self._text: list[str] | None = None
        self.feed(document)

    def handle_starttag(self, tag, attributes):
        attribute = dict(attributes)
        name = attribute.get("id") or ""
        if name.startswith("table-"):
            self._table = name.removeprefix("table-")
            self.rows[self._table] = []
        elif tag == "tr" and self._table:
            self.rows[self._table].append([])
        elif tag == "td":
            self._text, self._number = [], None
        elif tag == "data":
            self._number = float(attribute["value"])

    def handle_data(self, data):
        if self._text is not None:
            self._text.append(data)

    def handle_endtag(self, tag):
        if tag == "td":
            value = "".join(self._text or []) if self._number is None else self._number
            self.rows[self._table][-1].append(value)
            self._text = None
        elif tag in ("details", "section"):
            self._table = ""
