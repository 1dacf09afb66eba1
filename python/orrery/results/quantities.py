# SPDX-License-Identifier: Apache-2.0
"""Figures for people: a few digits that count and the unit that suits them."""

_PREFIXES = {
    -15: "f", -12: "p", -9: "n", -6: "\u00b5", -3: "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T",
    15: "P", 18: "E",
}  # fmt: skip
_BINARY = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")


def si(value: float, unit: str) -> str:
    """1.23e-3, "s" gives "1.230 ms": four digits."""
    if value == 0:
        return f"0 {unit}".rstrip()
    exponent = 0
    # Of the rounded value: 999.96 us are 1.000 ms.
    shown = float(f"{abs(value):.4g}")
    while shown >= 1000 and exponent < 18:
        shown, exponent = shown / 1000, exponent + 3
    while shown < 1 and exponent > -15:
        shown, exponent = shown * 1000, exponent - 3
    digits = 3 if shown < 9.9995 else 2 if shown < 99.995 else 1 if shown < 999.95 else 0
    sign = "-" if value < 0 else ""
    return f"{sign}{shown:.{digits}f} {_PREFIXES[exponent]}{unit}".rstrip()


# What results are in, and what people read: the factor and the unit.
_UNITS = {"pJ": (1e-12, "J"), "J": (1, "J"), "s": (1, "s"), "ns": (1e-9, "s"), "W": (1, "W"),
          "Hz": (1, "Hz"), "B/s": (1, "B/s"), "OP/s": (1, "OP/s")}  # fmt: skip


def quantity(value: float, unit: str) -> str:
    """A figure of a study with its unit: 1.5e9, "pJ" gives "1.500 mJ"."""
    if unit in _UNITS:
        factor, base = _UNITS[unit]
        return si(value * factor, base)
    text = count(value) if value == 0 or abs(value) >= 1e-3 else f"{value:.6g}"
    return f"{text} {unit}".rstrip()


def unit_for(largest: float, unit: str) -> tuple[float, str]:
    """Of an axis: the factor to multiply with, and the unit, so that the largest value has one to
    three digits before the point. 2.5e-3, "J" gives 1e3 and "mJ"."""
    exponent = 0
    while largest and largest * 10.0**-exponent < 1 and exponent > -15:
        exponent -= 3
    while largest * 10.0**-exponent >= 1000 and exponent < 18:
        exponent += 3
    return 10.0**-exponent, _PREFIXES[exponent] + unit


def percent(share: float, digits: int = 1) -> str:
    """0.4561 gives "45.6 %"."""
    return f"{share * 100:.{digits}f} %"


def count(value: float) -> str:
    """Whole numbers with separators of thousands, small others with six digits."""
    return f"{value:,.0f}" if float(value).is_integer() or abs(value) >= 1e6 else f"{value:,.6g}"


def byte_count(value: float) -> str:
    """Bytes in powers of 1,024."""
    step = 0
    while abs(value) >= 1024 and step < len(_BINARY) - 1:
        value, step = value / 1024, step + 1
    return f"{value:,.0f} B" if step == 0 else f"{value:.1f} {_BINARY[step]}"


def joined(words: list[str]) -> str:
    """["a", "b", "c"] gives "a, b and c"."""
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))
