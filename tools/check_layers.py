#!/usr/bin/env python3
"""check_layers.py - reads the #include lines and says which of them go the wrong way.

base < text < index < match < intent < dialog < handoff < api: a file includes only from its own layer
and those before it. The knowledge base compiler may use everything below api, the trainer that and
the compiler; adapters only the public headers. Prints one line a violation; exit status 1 if there is any.
"""

import pathlib
import re
import sys

LAYERS = ["base", "text", "index", "match", "intent", "dialog", "handoff", "api"]
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)


def allowed(path: pathlib.PurePath, included: str) -> bool:
    top = included.split("/")[0]
    if top == "jieda":
        return True
    parts = path.parts
    if parts[0] == "engine" and parts[1] in LAYERS:
        return top in LAYERS[: LAYERS.index(parts[1]) + 1]
    if parts[:2] == ("kb", "compiler"):
        return top == "compiler" or top in LAYERS[: LAYERS.index("api")]
    if parts[:2] == ("kb", "trainer"):
        return top in ("trainer", "compiler") or top in LAYERS[: LAYERS.index("api")]
    if parts[0] == "adapters":
        return "/" not in included or top == parts[1]
    return True


def main() -> int:
    root = pathlib.Path(__file__).resolve().parent.parent
    bad = 0
    for folder in ("engine", "kb", "adapters"):
        for path in sorted((root / folder).rglob("*.[ch]")):
            text = path.read_text(encoding="utf-8")
            for match in INCLUDE.finditer(text):
                relative = path.relative_to(root)
                if not allowed(relative, match.group(1)):
                    line = text.count("\n", 0, match.start()) + 1
                    print(f"{relative}:{line}: a file of this layer must not include "
                          f'"{match.group(1)}"')
                    bad += 1
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
