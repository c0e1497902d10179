# SPDX-License-Identifier: MIT
# Owns: every image tool with every kind of input, good and bad: a run under the library is like one without, down to the
# numbers of the descriptors that the tool gets. Must not know: what a tool is (image_tools.py), what the trace holds.
import os
import random
import re

import damage
import descriptors
import image_tools
from harness import case

NOBODY = 65534
DAMAGES = 16
# What is no matter of the content; "unreadable" is tried by a user who is not root, for whom modes do not count.
SITUATIONS = ("sound", "wrong extension", "unreadable", "missing", "a directory")
INPUTS = DAMAGES + len(SITUATIONS)
SECONDS = 100  # of a run; CPU time is limited more closely (image_tools.LIMITS)


def input_of(t, tool, number):
    """(what it is, the name the tool is given, its content or None, its mode)"""
    sound = image_tools.small(t.tools)
    other = "jpg" if tool.kind == "png" else "png"
    name = f"image.{tool.kind}"
    if number < DAMAGES:
        what, content = damage.ways(sound[tool.kind], tool.kind, sound[other])[number]
        return what, name, content, 0o644
    what = SITUATIONS[number - DAMAGES]
    if what == "wrong extension":
        name = f"image.{other}"
    return what, name, sound[tool.kind] if what not in ("missing", "a directory") else None, 0 if what == "unreadable" else 0o644


def command(tool, name):
    return [word.replace("{input}", name) for word in tool.command]


def prepare_with(what, name, content, mode, user):
    def prepare(directory):
        if what == "a directory":
            os.mkdir(f"{directory}/{name}")
        elif content is not None:
            with open(f"{directory}/{name}", "wb") as file:
                file.write(content)
            os.utime(f"{directory}/{name}", (1e9, 1e9))  # older than all that a run writes
            os.chmod(f"{directory}/{name}", mode)
        if user is not None:
            os.chown(directory, user, user)

    return prepare


def try_tool(t, tool):
    order = list(range(INPUTS))
    random.Random(f"{t.seed} {tool.name}").shuffle(order)  # the short run takes the first ones
    what, name, content, mode = input_of(t, tool, order[t.number])
    user = NOBODY if what == "unreadable" and os.geteuid() == 0 else None
    if user is not None:
        t.open_to_all()
    bare, traced = t.same(
        command(tool, name), both={"HOME": f"{t.directory}/tmp"}, limits=tool.limits, seconds=SECONDS, user=user,
        prepare=prepare_with(what, name, content, mode, user), may_hang=True,
        scrub=(lambda text: re.sub(tool.scrub, b"", text)) if tool.scrub else None)  # fmt: skip
    if what == "sound":
        t.expect(bare.code == 0, f"a sound image is refused: {bare.code} {bare.err[-300:]}")
    if what != "missing":
        t.explained(must_exist=what == "sound")


def add(tool):
    def function(t):
        try_tool(t, tool)

    function.__name__, function.__module__ = tool.name, __name__
    case(f"{tool.kind} images: sound, damaged in {DAMAGES} ways, and {len(SITUATIONS) - 1} that it cannot use", trials=INPUTS, short=2)(function)


for each in image_tools.TOOLS:
    add(each)


@case("all tools, a sound image: the descriptors that the main thread is given", trials=len(image_tools.TOOLS), short=6)
def handed_out(t):
    order = list(image_tools.TOOLS)
    random.Random(t.seed).shuffle(order)
    tool = order[t.number]
    what, name, content, mode = input_of(t, tool, DAMAGES)
    descriptors.compare(t, tool.name, command(tool, name), prepare_with(what, name, content, mode, None))
