#!/usr/bin/env python3
"""gen_unihan.py - makes engine/text/unihan_table.c out of Unicode's Unihan database.

  tools/gen_unihan.py -o engine/text/unihan_table.c       write it
  tools/gen_unihan.py --check engine/text/unihan_table.c  exit 1 if it is out of date

The data is what Debian's package `unicode-data` installs in /usr/share/unicode; another folder
can be named as argument, its files plain or .bz2. Same data, same overrides: same bytes out.

Two questions are answered for each Han character: what it is in Simplified Chinese, and how its
first Mandarin reading is spelled without tone. Unihan alone answers the first badly for chat:

  - 59 characters have several Simplified forms (乾: 乾 干). unihan_overrides.tsv must choose for
    each; a new one in a newer Unihan stops this script instead of being decided by accident.
  - A character of the mainland's own table of standard characters (kTGHZ2013) stays what it is
    unless an override says so: Unihan maps 阪 to 坂, but 大阪 is written so on the mainland too.
  - A Simplified form above U+FFFF counts only if that table has it. The other 3200 were made by
    analogy in extensions B to H and no keyboard offers them (譩->𰶊): mapping to them would only
    make normalized text longer and lose the reading.
  - Everyday Traditional characters Unihan has no mapping for (淨, 週, 佔), or only such an
    invented one (鑑, 嚐), get theirs from unihan_overrides.tsv.

Chains are followed to their end (薴->苧->苎), so simplifying twice changes nothing.
"""

import argparse
import bz2
import re
import sys
import textwrap
import unicodedata
from pathlib import Path

DATA_DIR = Path("/usr/share/unicode")
OVERRIDES = Path(__file__).resolve().parent / "unihan_overrides.tsv"

FIRST, LAST = 0x3400, 0x9FFF  # looked up by index; JIEDA__UNIHAN_FIRST, _LAST in unihan_table.h
ASTRAL_BASE = 0xD800  # JIEDA__UNIHAN_ASTRAL: no Simplified form is a surrogate or private use
SYLLABLE_BYTES_MAX = 6  # JIEDA__SYLLABLE_BYTES_MAX in unihan.h: "zhuang"

# A symbol to Unicode, so Unihan has no line for it; in 二〇二四 it is read like any other digit.
EXTRA_READINGS = {0x3007: "ling"}

# From the best source to the last resort; each value is turned into its first reading.
READING_FIELDS = {
    "kMandarin": lambda v: v.split()[0],  # the first is the zh-Hans one
    "kHanyuPinlu": lambda v: v.split("(")[0],  # "huā(1734) huá(5)"
    "kHanyuPinyin": lambda v: v.split()[0].split(":")[1].split(",")[0],  # "10004.020:zhào,shào"
    "kXHC1983": lambda v: v.split()[0].split(":")[1],  # "0530.051:jǐ 0531.131:jì"
}
TONES = "\u0300\u0301\u0304\u030c"

# The notice the licence asks to keep with the data; unicode.org/license.txt, "Unicode License V3".
LICENCE = """\
Permission is hereby granted, free of charge, to any person obtaining a copy of data files and \
any associated documentation (the "Data Files") or software and any associated documentation \
(the "Software") to deal in the Data Files or Software without restriction, including without \
limitation the rights to use, copy, modify, merge, publish, distribute, and/or sell copies of the \
Data Files or Software, and to permit persons to whom the Data Files or Software are furnished to \
do so, provided that either (a) this copyright and permission notice appear with all copies of \
the Data Files or Software, or (b) this copyright and permission notice appear in associated \
Documentation.

THE DATA FILES AND SOFTWARE ARE PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR \
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR \
PURPOSE AND NONINFRINGEMENT OF THIRD PARTY RIGHTS.

IN NO EVENT SHALL THE COPYRIGHT HOLDER OR HOLDERS INCLUDED IN THIS NOTICE BE LIABLE FOR ANY \
CLAIM, OR ANY SPECIAL INDIRECT OR CONSEQUENTIAL DAMAGES, OR ANY DAMAGES WHATSOEVER RESULTING FROM \
LOSS OF USE, DATA OR PROFITS, WHETHER IN AN ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS \
ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR PERFORMANCE OF THE DATA FILES OR SOFTWARE.

Except as contained in this notice, the name of a copyright holder shall not be used in \
advertising or otherwise to promote the sale, use or other dealings in these Data Files or \
Software without prior written authorization of the copyright holder."""


class DataError(Exception):
    """The data or the overrides do not allow a table; the message says what to change."""


def show(cp):
    return f"{chr(cp)} (U+{cp:04X})"


class Unihan:
    """One Unihan_*.txt: the values by field and code point, and what its header says."""

    def __init__(self, folder, name):
        self.name = name
        self.fields = {}
        self.header = []
        path = folder / f"{name}.txt"
        packed = folder / f"{name}.txt.bz2"
        if path.exists():
            text = path.read_bytes().decode("utf-8")
        elif packed.exists():
            text = bz2.decompress(packed.read_bytes()).decode("utf-8")
        else:
            raise DataError(f"{path}[.bz2] not found; apt-get install unicode-data")
        for line in text.splitlines():
            if line.startswith("U+"):
                code, field, value = line.split("\t")
                self.fields.setdefault(field, {})[int(code[2:], 16)] = value
            elif line.startswith("#"):
                self.header.append(line.lstrip("# ").rstrip())

    def field(self, name):
        if name not in self.fields:
            raise DataError(f"{self.name} has no field {name}")
        return self.fields[name]

    def header_line(self, pattern):
        for line in self.header:
            if re.match(pattern, line):
                return line
        raise DataError(f"{self.name}: no header line like {pattern!r}")


def code_points(value):
    """The code points of "U+5E72<kMatthews U+4E7E"."""
    return [int(word.split("<")[0][2:], 16) for word in value.split()]


def read_overrides(path):
    """{from: (kind, to, position)}; every line needs its reason, so that is checked here."""
    overrides = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        at = f"{path}:{number}"
        if not line.strip() or line.startswith("#"):
            continue
        parts = line.split("\t")
        if len(parts) != 4 or len(parts[0]) != 1 or len(parts[1]) != 1:
            raise DataError(f"{at}: want FROM<tab>TO<tab>KIND<tab>WHY, FROM and TO one character")
        source, target, kind, why = ord(parts[0]), ord(parts[1]), parts[2], parts[3].strip()
        if kind not in ("pick", "keep", "more"):
            raise DataError(f"{at}: unknown kind {kind!r}; use pick, keep or more")
        if not why:
            raise DataError(f"{at}: {show(source)} has no reason; say why in the fourth column")
        if source in overrides:
            raise DataError(f"{at}: {show(source)} was already decided at {overrides[source][2]}")
        overrides[source] = (kind, target, at)
    return overrides


def default_target(source, values, standard):
    """Where Unihan alone, with the rules in this file's head, sends a character; None = stays."""
    if source in values or source in standard:
        return None
    target = values[0]
    return target if target <= 0xFFFF or target in standard else None


def check_override(source, kind, target, at, values, standard):
    default = default_target(source, values, standard) if len(values) == 1 else None
    if kind == "pick" and (target not in values or target == source):
        listed = " ".join(show(v) for v in values) or "nothing"
        raise DataError(f"{at}: pick {show(target)} is not what Unihan lists: {listed}; use more")
    if kind == "keep" and (target != source or not values):
        raise DataError(f"{at}: keep wants the same character twice, and one Unihan would map")
    if kind == "more":
        if target in values:
            raise DataError(f"{at}: Unihan lists {show(target)} itself; use pick, or drop the line")
        if target not in standard:
            raise DataError(f"{at}: {show(target)} is not a standard character (kTGHZ2013)")
    if len(values) == 1 and (default or source) == target:
        raise DataError(f"{at}: {show(source)} goes there without this line; drop it")


def simplifications(variants, standard, overrides):
    """{Traditional: Simplified}, closed: no value is a key."""
    listed = {cp: code_points(v) for cp, v in variants.items()}
    direct = {}
    for source, values in sorted(listed.items()):
        if source in overrides:
            continue
        if len(values) > 1:
            forms = " ".join(show(v) for v in values)
            raise DataError(f"{OVERRIDES}: {show(source)} is missing; choose one of {forms}")
        target = default_target(source, values, standard)
        if target is not None:
            direct[source] = target
    for source, (kind, target, at) in sorted(overrides.items()):
        check_override(source, kind, target, at, listed.get(source, []), standard)
        if kind != "keep":
            direct[source] = target

    closed = {}
    for source, target in sorted(direct.items()):
        seen = [source]
        while target in direct:
            seen.append(target)
            target = direct[target]
            if target in seen:
                raise DataError("variants in a circle: " + " -> ".join(show(c) for c in seen))
        # NFKC would move such a target on after us, and index and query could then disagree.
        for cp in (source, target):
            if unicodedata.normalize("NFKC", chr(cp)) != chr(cp):
                raise DataError(f"{show(source)} -> {show(target)}: {show(cp)} changes under NFKC")
        if not is_han(target):
            raise DataError(f"{show(source)} -> {show(target)}: not a unified Han character")
        closed[source] = target
    return closed


def is_han(cp):
    """Unified: the compatibility blocks hold second encodings, which NFKC folds away."""
    return FIRST <= cp <= LAST or (0x20000 <= cp <= 0x3FFFF and not 0x2F800 <= cp <= 0x2FA1F)


def toneless(reading):
    """"lǜ" -> "lv". Only tones go; u with two dots is v as on a keyboard, ê is plain e."""
    out = ""
    for char in unicodedata.normalize("NFD", reading):
        if char == "\u0308":
            if not out.endswith("u"):
                raise DataError(f"reading {reading!r}: two dots on something other than u")
            out = out[:-1] + "v"
        elif char not in TONES and char != "\u0302":
            out += char
    if not re.fullmatch(f"[a-z]{{1,{SYLLABLE_BYTES_MAX}}}", out):
        raise DataError(f"reading {reading!r}: {out!r} is no syllable of 1..6 ASCII letters")
    return out


def all_readings(readings, simplified, standard):
    """{code point: syllable}: all of FIRST..LAST, beyond it the standard characters. The other
    14000 of the extensions would cost 60 KB for characters that no customer's keyboard has."""
    first = {}
    for field, pick in READING_FIELDS.items():
        for cp, value in readings.field(field).items():
            first.setdefault(cp, toneless(pick(value)))
    first.update(EXTRA_READINGS)
    for source, target in sorted(simplified.items()):
        if source in first:
            first.setdefault(target, first[source])  # the same word, only written otherwise
    targets = set(simplified.values())
    return {
        cp: syllable
        for cp, syllable in first.items()
        if FIRST <= cp <= LAST or cp in standard or cp in targets or cp in EXTRA_READINGS
    }


def wrap_words(words):
    return textwrap.fill(
        ", ".join(words) + ",",
        width=99,
        initial_indent="    ",
        subsequent_indent="    ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def dense_array(name, values, form):
    """One entry for each code point FIRST..LAST. Every page of 256 starts a line of its own, so a
    newer Unihan changes only the pages it touches."""
    lines = [f"const uint16_t {name}[JIEDA__UNIHAN_COUNT] = {{"]
    for page in range(FIRST, LAST + 1, 0x100):
        lines.append(f"    /* U+{page:04X} */")
        lines.append(wrap_words([form(values.get(cp, 0)) for cp in range(page, page + 0x100)]))
    lines.append("};")
    return lines


def far_array(name, pairs):
    if not pairs:
        raise DataError(f"{name} would be empty, which C has no way to write")
    words = [f"{{0x{cp:04X},\u00a0{value}}}" for cp, value in pairs]  # nbsp: no wrap inside a pair
    text = wrap_words(words).replace("\u00a0", " ")
    return [f"const jieda__unihan_far {name}[] = {{", text, "};"]


def comment(text):
    lines = ["/*"]
    for paragraph in text.split("\n"):
        lines += [" * " + row for row in textwrap.wrap(paragraph, 95)] or [" *"]
    return lines + [" */"]


def generate(folder):
    variants = Unihan(folder, "Unihan_Variants")
    readings = Unihan(folder, "Unihan_Readings")
    version = variants.header_line(r"Unicode version: ")
    if readings.header_line(r"Unicode version: ") != version:
        raise DataError(f"{folder}: the two files are of different Unicode versions")
    copyright_line = variants.header_line("©")
    terms = variants.header_line("For terms of use")

    standard = set(readings.field("kTGHZ2013"))
    simplified = simplifications(
        variants.field("kSimplifiedVariant"), standard, read_overrides(OVERRIDES)
    )
    spelled = all_readings(readings, simplified, standard)
    names = sorted(set(spelled.values()))
    number = {name: i for i, name in enumerate(names, 1)}

    astral = sorted({t for t in simplified.values() if t > 0xFFFF})
    place = {target: ASTRAL_BASE + i for i, target in enumerate(astral)}
    if any(t >= ASTRAL_BASE for t in simplified.values() if t <= 0xFFFF):
        raise DataError("a Simplified form lies where unihan_table.h keeps its astral numbers")
    dense = {s: place.get(t, t) for s, t in simplified.items() if FIRST <= s <= LAST}
    far = [(s, f"0x{t:04X}") for s, t in sorted(simplified.items()) if not FIRST <= s <= LAST]
    far_spelled = [(cp, number[n]) for cp, n in sorted(spelled.items()) if not FIRST <= cp <= LAST]
    dense_spelled = {cp: number[n] for cp, n in spelled.items() if FIRST <= cp <= LAST}

    out = comment(
        "unihan_table.c - generated by tools/gen_unihan.py; change that, or"
        " tools/unihan_overrides.tsv, and run it again.\n\n"
        f"{len(simplified)} Traditional characters with their Simplified form, and the syllables"
        f" of {len(spelled)} characters. How to read the tables: unihan_table.h.\n\n"
        f"Data: {variants.name}.txt ({variants.header_line('Date: ')}) and {readings.name}.txt"
        f" ({readings.header_line('Date: ')}), {version}, changed as gen_unihan.py and its"
        " overrides say. In these files:\n"
        f"{copyright_line}\n{terms}\n\n"
        "Unicode Data Files and Software, Unicode License V3 (SPDX: Unicode-3.0)\n\n" + LICENCE
    )
    out += [
        "/* clang-format off */",
        '#include "text/unihan_table.h"',
        "",
        f"_Static_assert(JIEDA__SYLLABLE_COUNT == {len(names)}, \"set it so in unihan.h\");",
        "",
    ]
    out += dense_array("jieda__unihan_simplified", dense, lambda v: f"0x{v:X}" if v else "0")
    out += ["", f"const uint32_t jieda__unihan_astral[] = {{"]
    out += [wrap_words([f"0x{t:X}" for t in astral]), "};", ""]
    out += far_array("jieda__unihan_far_simplified", far)
    out += [f"const size_t jieda__unihan_far_simplified_count = {len(far)};", ""]
    out += dense_array("jieda__unihan_syllables", dense_spelled, str)
    out += [""] + far_array("jieda__unihan_far_syllables", far_spelled)
    out += [f"const size_t jieda__unihan_far_syllables_count = {len(far_spelled)};", ""]
    out += ["const char jieda__unihan_names[JIEDA__SYLLABLE_COUNT + 1]"]
    out += ["                              [JIEDA__SYLLABLE_BYTES_MAX + 1] = {"]
    out += [wrap_words([f'"{name}"' for name in [""] + names]), "};"]
    return "\n".join(out) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("folder", nargs="?", type=Path, default=DATA_DIR)
    parser.add_argument("-o", metavar="FILE", dest="out", type=Path, help="default: stdout")
    parser.add_argument("--check", metavar="FILE", type=Path, help="compare instead of writing")
    args = parser.parse_args()
    try:
        data = generate(args.folder).encode("utf-8")
    except DataError as error:
        print(f"gen_unihan.py: error: {error}", file=sys.stderr)
        return 1
    if args.check:
        if not args.check.exists() or args.check.read_bytes() != data:
            print(
                f"gen_unihan.py: {args.check} is not what {args.folder} and {OVERRIDES.name} give;"
                f" run tools/gen_unihan.py -o {args.check}, or use the Unicode version it names",
                file=sys.stderr,
            )
            return 1
    elif args.out:
        args.out.write_bytes(data)
    else:
        sys.stdout.buffer.write(data)
    return 0


if __name__ == "__main__":
    sys.exit(main())
