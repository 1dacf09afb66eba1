# SPDX-License-Identifier: Apache-2.0
"""The plots of a study."""

import pathlib

from orrery.studies.view import axis_label, axis_of, curves, diagonal, figure_label, marks

INCHES = (6.4, 3.8)
DOTS_PER_INCH = 150


def draw_curves(study: dict, plot: dict, figure, axes) -> None:
    labels = axis_of(study, plot["x"])["labels"]
    lines = curves(study, plot)
    places = range(len(labels))
    width = 0.8 / len(lines)
    for number, (name, values) in enumerate(lines.items()):
        # A point without a value leaves a gap.
        heights = [float("nan") if value is None else value for value in values]
        if plot["kind"] == "line":
            axes.plot(places, heights, marker="o", label=name)
        else:
            shift = (number - (len(lines) - 1) / 2) * width
            axes.bar([place + shift for place in places], heights, width, label=name)
    axes.set_xticks(list(places), labels)
    axes.set_xlim(-0.5, len(labels) - 0.5)
    axes.set_xlabel(axis_label(axis_of(study, plot["x"])))
    if plot["series"]:
        title = axis_label(axis_of(study, plot["series"]))
        # Inside it would cover what it explains.
        figure.legend(title=title, loc="outside right upper", fontsize="small")


def draw_scatter(study: dict, plot: dict, figure, axes) -> None:
    groups = marks(study, plot)
    for number, (title, group) in enumerate(groups.items()):
        colour = f"C{number}"
        axes.scatter(group.x, group.y, s=12, color=colour, label=title)
        if plot["beside"]:
            hollow = [float("nan") if value is None else value for value in group.beside]
            axes.scatter(group.x, hollow, s=12, facecolors="none", edgecolors=colour, lw=0.6)
    if plot["logarithmic_x"]:
        axes.set_xscale("log")
    axes.set_xlabel(figure_label(study, plot["x"]))
    if plot["diagonal"]:
        ends = diagonal(groups)
        axes.plot(ends, ends, color="grey", lw=0.8, zorder=0)
    if plot["beside"]:
        label = f"hollow: {figure_label(study, plot['beside'])}"
        axes.scatter([], [], s=12, facecolors="none", edgecolors="black", lw=0.6, label=label)
    if plot["groups"] or plot["beside"]:
        figure.legend(loc="outside right upper", fontsize="small")


def draw(study: dict, plot: dict, folder: pathlib.Path, plt) -> None:
    figure, axes = plt.subplots(figsize=INCHES, layout="constrained")
    shape = draw_scatter if plot["kind"] == "scatter" else draw_curves
    shape(study, plot, figure, axes)
    axes.set_ylabel(figure_label(study, plot["figure"]))
    if plot["logarithmic"]:
        axes.set_yscale("log")
    else:
        axes.yaxis.set_major_formatter("{x:,.10g}")
    if plot["title"]:
        axes.set_title(plot["title"])
    axes.grid(axis="y", alpha=0.3)
    axes.set_axisbelow(True)
    figure.savefig(folder / f"{plot['name']}.png", dpi=DOTS_PER_INCH, metadata={"Software": None})
    figure.savefig(folder / f"{plot['name']}.svg", metadata={"Date": None, "Creator": None})
    plt.close(figure)


def draw_all(study: dict, folder: pathlib.Path) -> None:
    """NAME.png and NAME.svg of each plot of study.json or sweep.json. The same file gives the same
    SVG."""
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = study["name"]
    from matplotlib import pyplot as plt

    for plot in study["plots"]:
        draw(study, plot, folder, plt)
