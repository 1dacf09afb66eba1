#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints docs/statistics.md: every figure of the results, from their JSON Schemas."""

import json
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[1]

HEAD = """# Statistics

Every figure that Orrery writes, with its unit, from the JSON Schemas in `docs/schemas`; tests hold
the files to these. A name in angle brackets stands for each of several.
"""

FILES = {
    "result": ("result.json", "`orrery run`; [Results](result.md) says more of each part."),
    "memory": ("memory.json", "`orrery memory`; see [traces](components/memory_traces.md)."),
    "study": (
        "study.json, sweep.json",
        "`orrery study`, `orrery sweep`; see [studies](studies.md).",
    ),
}

# What a key that is not known beforehand stands for.
FREE_NAMES = {
    "components": "component",
    "sources": "component",
    "stall_causes": "cause",
    "commands": "command",
    "repetitions": "command",
    "findings": "kind",
    "metrics": "metric",
    "labels": "axis",
    "at": "axis",
    "groups": "title",
}


class Reference:
    """The rows of one schema."""

    def __init__(self, schema: dict):
        self._schema = schema

    def _resolved(self, part: dict) -> dict:
        if "$ref" in part:
            name = part["$ref"].rsplit("/", 1)[1]
            return {**self._schema["$defs"][name], **part}
        return part

    def rows(self, part: dict, path: str = "") -> list[tuple[str, str, str]]:
        """(key, unit, meaning) of a part of the schema and of all below it."""
        found = []
        for name, value in part.get("properties", {}).items():
            key = f"{path}.{name}" if path else name
            whole = self._resolved(value)
            if isinstance(whole.get("additionalProperties"), dict):
                key += f".<{FREE_NAMES[name]}>"
            unit = value.get("unit", "")
            found.append((key, unit, value.get("description", whole.get("description", ""))))
            for form in [whole, *whole.get("oneOf", []), *whole.get("anyOf", [])]:
                if "items" in form:
                    found += self.rows(self._resolved(form["items"]), f"{key}[]")
                found += self.rows(form, key)
        return found


def page() -> str:
    text = HEAD
    for name, (files, origin) in FILES.items():
        schema = json.loads((ROOT / "docs" / "schemas" / f"{name}.schema.json").read_text())
        text += f"\n## {files}\n\nOf {origin}\n\n| key | unit | meaning |\n|---|---|---|\n"
        for key, unit, meaning in Reference(schema).rows(schema):
            text += f"| `{key}` | {unit} | {meaning} |\n"
    return text


if __name__ == "__main__":
    print(page(), end="")
