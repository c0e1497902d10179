# SPDX-License-Identifier: MIT
# Owns: the programs that the oracle test runs. Must not know: how they are run or compared.

import shlex


class Job:
    """A command, run in a directory with copies of `inputs` (links if it changes none), out/, tmp/, home/."""

    def __init__(self, name, command, code=0, same_output=True, inputs="images", links=False):
        self.name, self.command, self.code, self.same_output = name, shlex.split(command), code, same_output
        self.inputs, self.links = inputs, links


def victim(command, code=0):
    """Whose output is compared by ground_truth.sh."""
    return Job("victim " + command, "{victims}/" + command, code, False, inputs=command.split()[0], links=True)


PILLOW = ("import sys; sys.path.append('/usr/lib/python3/dist-packages'); from PIL import Image; "
          "i = Image.open('in/flower-small.jpg'); i.thumbnail((200, 200)); "
          "[i.save('out/p.' + e, quality=70) for e in ('jpg', 'png', 'webp', 'gif')]")

JOBS = [
    Job("cjpeg", "cjpeg -quality 62 -outfile out/x.jpg in/flower-small.ppm"),
    Job("djpeg", "djpeg -outfile out/x.ppm in/flower-small.jpg"),
    Job("jpegtran", "jpegtran -copy none -optimize -progressive -outfile out/x.jpg in/flower-small.jpg"),
    Job("cwebp", "cwebp -quiet -q 83 in/macan.png -o out/x.webp"),
    Job("dwebp", "dwebp -quiet in/small.webp -o out/x.png"),
    Job("gif2webp", "gif2webp -quiet -q 60 in/small.gif -o out/x.webp"),
    Job("img2webp", "img2webp -lossy -q 60 -d 50 in/lines-logo.png in/lines-logo.png -o out/x.webp"),
    Job("avifenc", "avifenc --min 20 --max 40 -s 9 in/phone.png out/x.avif"),
    Job("avifdec", "avifdec in/small.avif out/x.png"),
    Job("optipng", "optipng -quiet -o1 in/drone.png -out out/x.png"),
    Job("optipng in place", "optipng -quiet -o1 in/debian-logo.png"),
    Job("pngquant", "pngquant --speed 10 --output out/x.png 64 in/drone.png"),
    Job("convert", "convert-im6.q16 in/macan.png -resize 50% -quality 77 out/x.webp"),
    Job("convert many", "convert-im6.q16 in/drone.png in/phone.png -append -quality 66 out/x.jpg"),
    Job("identify", "identify-im6.q16 in/drone.png in/flower-small.jpg", same_output=False),  # prints times
    Job("mogrify", "mogrify-im6.q16 -quality 70 in/flower-small.jpg"),
    Job("gm", "gm convert in/flower-small.jpg -resize 200x200 -quality 70 out/x.png"),
    Job("jpegoptim", "jpegoptim --quiet --max=70 in/flower-small.jpg"),
    Job("gifsicle", "gifsicle -O3 in/small.gif -o out/x.gif"),
    Job("vips", "vips webpsave in/phone.png out/x.webp --Q 70"),
    Job("vipsthumbnail", "vipsthumbnail in/flower-small.jpg --size 128 -o ../out/x.jpg"),
    Job("cjxl", "cjxl --quiet -e 3 -q 80 in/drone.png out/x.jxl"),
    Job("djxl", "djxl --quiet in/small.jxl out/x.png"),
    Job("heif-enc", "heif-enc -q 50 in/drone.png -o out/x.heic"),
    Job("zopflipng", "zopflipng --iterations=1 -y in/drone.png out/x.png"),
    Job("advpng", "advpng -z -q -1 in/debian-logo.png"),
    Job("Pillow", shlex.join(["/usr/bin/python3", "-I", "-S", "-c", PILLOW])),
    Job("pipeline", "sh -c 'djpeg in/flower-small.jpg | cjpeg -quality 62 | jpegtran -progressive >out/x.jpg'"),
    Job("failing", "sh -c 'cwebp -quiet in/drone.png -o out/x.webp; cwebp -quiet in/missing.png -o out/y.webp; "
        "djpeg -outfile out/x.ppm in/text.jpg; optipng -quiet in/text.jpg; "
        "cwebp -quiet in/drone.png -o missing/x.webp'", 255),
    victim("stages"),
    victim("threads 4"),
    victim("interleaved", 3),
    victim("helper"),
    victim("rows"),
    victim("bytes", 7),
    victim("heap", 5),
    victim("killed", -9),
    Job("victim calls", "{victims}/calls", 9, inputs="heap"),
]
