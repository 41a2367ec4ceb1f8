#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes src/engine/text/unicode_tables.inc and html_entities.inc.

The prompt tokeniser must agree with Python's str.lower, str.isspace, unicodedata.normalize and
html.entities, so the tables are taken from the running interpreter. Run by hand when the Unicode
version is to change; the results are committed.
"""
import html
import html.entities
import pathlib
import sys
import unicodedata

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "src" / "engine" / "text"
SCALARS = [c for c in range(sys.maxunicode + 1) if not 0xD800 <= c <= 0xDFFF]
LINE = 100
# ftfy leaves longer entity names alone.
LONGEST_NAME = 24


def ranges(members):
    found = []
    for code in members:
        if found and found[-1][1] == code - 1:
            found[-1][1] = code
        else:
            found.append([code, code])
    return found


def of_category(letter):
    return ranges(c for c in SCALARS if unicodedata.category(chr(c)).startswith(letter))


def is_cased(code):
    # str.lower writes a final sigma after a cased character that is not ignorable.
    return (chr(code) + "Σ").lower().endswith("ς")


def is_case_ignorable(code):
    return ("a" + chr(code) + "Σ").lower().endswith("ς") and not is_cased(code)


def stops_sigma(code):
    # Looking forward: a cased character after the sigma keeps it from being final.
    return ("aΣ" + chr(code)).lower()[1] == "σ"


def lower_runs():
    """Runs [first, last, stride, delta] of characters whose lower case is one character."""
    runs = []
    for code in SCALARS:
        lower = chr(code).lower()
        if lower == chr(code) or len(lower) != 1:
            continue
        delta = ord(lower) - code
        if runs and runs[-1][3] == delta:
            last = runs[-1]
            stride = code - last[1]
            if stride in (1, 2) and (last[0] == last[1] or last[2] == stride):
                last[1], last[2] = code, stride
                continue
        runs.append([code, code, 1, delta])
    special = [c for c in SCALARS if len(chr(c).lower()) != 1]
    assert special == [0x130], special
    return runs


def combining_classes():
    runs = []
    for code in SCALARS:
        value = unicodedata.combining(chr(code))
        if value == 0:
            continue
        if runs and runs[-1][1] == code - 1 and runs[-1][2] == value:
            runs[-1][1] = code
        else:
            runs.append([code, code, value])
    return runs


def decompositions():
    """[code, first, second]: one canonical step; second is 0 for a single character."""
    rows = []
    for code in SCALARS:
        mapping = unicodedata.decomposition(chr(code))
        if not mapping or mapping.startswith("<"):
            continue
        parts = [int(part, 16) for part in mapping.split()]
        rows.append([code, parts[0], parts[1] if len(parts) == 2 else 0])
    codes = {row[0] for row in rows}
    assert all(row[2] not in codes for row in rows), "a second part would need its own step"
    return rows


def compositions(rows):
    """[first, second, composed], sorted, without the composition exclusions."""
    return sorted(
        [first, second, code]
        for code, first, second in rows
        if second and unicodedata.normalize("NFC", chr(first) + chr(second)) == chr(code)
    )


def widths():
    """[full or half width form, its usual form of one or two characters]."""
    rows = []
    for code in range(0xFF01, 0xFFF0):
        usual = unicodedata.normalize("NFKC", chr(code))
        if usual != chr(code):
            assert len(usual) <= 2
            rows.append([code, ord(usual[0]), ord(usual[1]) if len(usual) == 2 else 0])
    return rows


def decimal_zeros():
    digits = [c for c in SCALARS if unicodedata.category(chr(c)) == "Nd"]
    zeros = [c for c in digits if unicodedata.decimal(chr(c)) == 0]
    assert sorted(z + i for z in zeros for i in range(10)) == digits
    return zeros


def number(value):
    return str(value) if -10 < value < 10 else ("-" if value < 0 else "") + hex(abs(value))


def table(name, row_type, rows):
    cells = [
        "{" + ", ".join(map(number, row)) + "}" if isinstance(row, list) else number(row)
        for row in rows
    ]
    return array(name, row_type, cells)


def array(name, row_type, cells):
    lines, line = [], "   "
    for cell in cells:
        if len(line) + len(cell) + 2 > LINE:
            lines.append(line)
            line = "   "
        line += " " + cell + ","
    lines.append(line)
    head = f"constexpr std::array<{row_type}, {len(cells)}> {name} = {{{{\n"
    return head + "\n".join(lines) + "\n}};\n"


def html_entities():
    """The names that end in a semicolon, and upper-cased ones where that is unambiguous."""
    entities = {}
    for name, text in html.entities.html5.items():
        if not name.endswith(";"):
            continue
        entities[name] = text
        upper = name.upper()
        if name == name.lower() and html.unescape("&" + upper) == "&" + upper:
            entities[upper] = text.upper()
    cells = []
    for name, text in sorted(entities.items()):
        assert 1 <= len(text) <= 3 and name[:-1].isalnum()
        if len(name) <= LONGEST_NAME + 1:
            codes = [ord(c) for c in text] + [0] * (3 - len(text))
            cells.append(f'{{"{name[:-1]}", {{{", ".join(map(number, codes))}}}}}')
    return array("kEntities", "Entity", cells)


def write(name, parts):
    head = (
        "// SPDX-License-Identifier: Apache-2.0\n"
        "// Written by tools/generate_unicode_tables.py from Unicode "
        f"{unicodedata.unidata_version}; do not edit.\n"
    )
    (FOLDER / name).write_text("\n".join([head] + parts), encoding="ascii")


def main():
    rows = decompositions()
    cased = [c for c in SCALARS if is_cased(c)]
    ignorable = [c for c in SCALARS if is_case_ignorable(c)]
    assert all(stops_sigma(c) for c in cased)
    both = [c for c in SCALARS if stops_sigma(c) and c not in set(cased)]
    assert not both, [hex(c) for c in both]
    write(
        "unicode_tables.inc",
        [
            table("kLetters", "Range", of_category("L")),
            table("kNumbers", "Range", of_category("N")),
            table("kDecimalZeros", "char32_t", decimal_zeros()),
            table("kCased", "Range", ranges(cased)),
            table("kCaseIgnorable", "Range", ranges(ignorable)),
            table("kLowerRuns", "LowerRun", lower_runs()),
            table("kCombiningClasses", "CombiningClass", combining_classes()),
            table("kDecompositions", "Decomposition", rows),
            table("kCompositions", "Composition", compositions(rows)),
            table("kWidths", "Width", widths()),
        ],
    )
    write("html_entities.inc", [html_entities()])


if __name__ == "__main__":
    main()
