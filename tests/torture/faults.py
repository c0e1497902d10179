# SPDX-License-Identifier: MIT
# Owns: what goes wrong around a traced program, each injected for real: it is killed, the machine stops, the disk is full.
# Must not know: how a trace is laid out.
from harness import case


@case("a tool that ends by itself", trials=3, short=1)
def nothing(t):
    t.same(["cwebp", "-quiet", f"{t.tools.images()}/photo.png", "-o", "a.webp"])
    report = t.explained()
    t.expect(report and len(report["images"]) == 1, "not one image")
