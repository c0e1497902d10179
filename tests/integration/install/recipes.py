#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Owns: doing in the working directory what a recipe of its CONTRIBUTING.md shows in blocks. Must not know: what they do.
"""recipes.py             prints the names of the recipes
recipes.py NAME        puts each block of that recipe where its first line says; prints the files that it changed

A block's first line is a comment in its own language: "FILE:" for a new file, or "FILE, before `TEXT`:" or "FILE, after
`TEXT`:", where the block gets lines of its own before or after the place at which TEXT stands first in FILE.
"""
import os
import re
import sys

PLACE = re.compile(r"\s*\W+ (?P<file>[\w./]+)(?:, (?P<side>before|after) `(?P<text>.+)`)?:(?: \*/| -->)?$")


def recipes():
    with open("CONTRIBUTING.md", encoding="utf-8") as page:
        parts = re.split(r"^## (.*)\n", page.read(), flags=re.M)
    return {name.removeprefix("Recipe: "): body for name, body in zip(parts[1::2], parts[2::2])
            if name.startswith("Recipe: ")}


def blocks(recipe):
    """[lines of a block that names its file, as in the file], in their order"""
    for indent, body in re.findall(r"^( *)```\w+\n(.*?)^ *```$", recipe, flags=re.M | re.S):
        lines = [line.removeprefix(indent) for line in body.splitlines()]
        if not PLACE.match(lines[0]):
            sys.exit(f"recipes: a block that does not say where it goes: {lines[0]}")
        yield lines


def next_free_id(table):
    return max(int(number) for number in re.findall(r"^TRACE_RECORD\((\d+),", table, flags=re.M)) + 1


def place(lines):
    """Puts a block where it belongs; returns the name of the file."""
    where, code = PLACE.match(lines[0]), "\n".join(lines[1:]) + "\n"
    path, text = where["file"], where["text"]
    if not text:
        if os.path.exists(path):
            sys.exit(f"recipes: {path} is there already: the example needs another name")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        before, after = "", ""
    else:
        with open(path, encoding="utf-8") as file:
            content = file.read()
        at = content.find(text)
        if at < 0:
            sys.exit(f"recipes: {path} has no `{text}`")
        longest = max(lines[1:], key=len).strip()
        if longest in content:
            sys.exit(f"recipes: {path} has what the example adds: {longest}")
        at += len(text) if where["side"] == "after" else 0
        before, after = content[:at], content[at:]
        if where["side"] == "after":
            before, after = before + "\n", after.removeprefix("\n")
        if "NEXT_FREE_ID" in code:
            code = code.replace("NEXT_FREE_ID", str(next_free_id(content)))
    with open(path, "w", encoding="utf-8") as file:
        file.write(before + code + after)
    return path


def main():
    found = recipes()
    if len(sys.argv) == 1:
        print("\n".join(found))
        return
    changed = [place(lines) for lines in blocks(found[sys.argv[1]])]
    if not changed:
        sys.exit(f"recipes: nothing to do in: {sys.argv[1]}")
    print("\n".join(sorted(set(changed))))


main()
