# SPDX-License-Identifier: MIT
# Owns: scenarios of what is made of what: one image to several, several to one, attempts of one.
# Must not know: how they are run and compared.

PYTHON = "/usr/bin/python3 -c '\nfrom PIL import Image\n"
MANY = "photo.jpg photo.png alpha.png"
MANY_IN = "photo.jpg,photo.png,alpha.png"
FRAMES = "for i in 1 2 3; do cp photo.png f$i.png; done\n"


def sizes_of(name, source, script, outputs, rule):
    """One read, several outputs: an image each."""
    return dict(name=name, files=source, script=script, totals=(len(outputs), 0, 0, 0), sources=[source], finals=outputs,
                images=[f"{source} > {output} ok {rule}" for output in outputs])


def of_many(name, script, output, files=MANY, inputs=MANY_IN, rule="adjacency", **more):
    """Several inputs, one output: one image."""
    return dict(name=name, files=files, script=script, images=[f"{inputs} > {output} ok {rule}"], totals=(1, 0, 0, 0),
                sources=inputs.split(","), finals=[output], **more)


CASES = [
    sizes_of("three sizes, vips", "photo.jpg", "for s in 600 300 90; do vipsthumbnail photo.jpg -s $s -o $s.jpg; done",
             ["600.jpg", "300.jpg", "90.jpg"], "adjacency"),
    sizes_of("three sizes, ImageMagick",
             "photo.jpg", "convert photo.jpg -resize 600 -write a.jpg -resize 300 -write b.png -resize 90 c.jpg",
             ["a.jpg", "b.png", "c.jpg"], "buffer"),
    sizes_of("clones written and deleted, ImageMagick", "photo.jpg",
             r"convert photo.jpg \( +clone -resize 300 -write a.jpg +delete \) \( +clone -resize 200 -write b.jpg +delete \) "
             "-resize 90 c.jpg", ["a.jpg", "b.jpg", "c.jpg"], "buffer"),
    sizes_of("three sizes, Pillow", "photo.jpg", PYTHON + """
image = Image.open("photo.jpg")
for n in 600, 300, 90:
    image.resize((n, n * 2 // 3)).save(f"{n}.webp")'""", ["600.webp", "300.webp", "90.webp"], "buffer/adjacency"),
    of_many("montage", "montage photo.jpg photo.png alpha.png -geometry 300x200 m.jpg", "m.jpg"),
    of_many("montage, GraphicsMagick", "gm montage photo.jpg photo.png alpha.png m.jpg", "m.jpg"),
    of_many("append", "convert photo.jpg photo.png alpha.png -append m.jpg", "m.jpg"),
    of_many("composite", "composite alpha.png photo.jpg m.jpg", "m.jpg", "photo.jpg alpha.png", "alpha.png,photo.jpg"),
    of_many("animation, ImageMagick", "convert -delay 10 photo.jpg photo.png alpha.png -resize 200 m.gif", "m.gif"),
    of_many("img2webp", "img2webp -lossy -q 50 photo.jpg photo.png alpha.png -o m.webp", "m.webp"),
    of_many("gif2webp", "gif2webp -quiet -lossy anim.gif -o m.webp", "m.webp", "anim.gif", "anim.gif"),
    of_many("webpmux, two frames", "cp photo.webp b.webp; webpmux -frame photo.webp +100 -frame b.webp +100 -o m.webp",
            "m.webp", "photo.webp", "photo.webp,b.webp"),
    of_many("contact sheet, Pillow", PYTHON + """
sheet = Image.new("RGB", (1200, 400))
for i, name in enumerate(("photo.jpg", "photo.png")):
    sheet.paste(Image.open(name).convert("RGB").resize((600, 400)), (600 * i, 0))
sheet.save("m.jpg")'""", "m.jpg", "photo.jpg photo.png", "photo.jpg,photo.png"),
    of_many("join, vips", "vips join photo.jpg photo.png m.jpg horizontal --expand", "m.jpg", "photo.jpg photo.png",
            "photo.jpg,photo.png"),
    of_many("ffmpeg, an animation", FRAMES + "ffmpeg -v error -i f%d.png m.gif", "m.gif", "photo.png",
            "f1.png,f2.png,f3.png"),
    dict(name="ffmpeg, frame by frame", files="photo.png", script=FRAMES + "ffmpeg -v error -threads 3 -i f%d.png o%d.png",
         images=["f1.png > o1.png ok buffer/adjacency", "f2.png > o2.png ok adjacency", "f3.png > o3.png ok adjacency"],
         totals=(3, 0, 0, 0), sources=["f1.png", "f2.png", "f3.png"], finals=["o1.png", "o2.png", "o3.png"],
         attempts={"o1.png": 1, "o2.png": 1, "o3.png": 1}),
    # ImageMagick writes and removes six trials
    of_many("a size to reach, ImageMagick", "convert photo.png -define jpeg:extent=40KB o.jpg", "o.jpg", "photo.png",
            "photo.png", "buffer", attempts={"o.jpg": 7}),
    of_many("a quality to find, Pillow", PYTHON + """
image = Image.open("photo.png").convert("RGB")
for quality in 90, 80, 70:
    image.save("o.jpg", quality=quality)'""", "o.jpg", "photo.png", "photo.png", "buffer/adjacency",
            attempts={"o.jpg": 3}),
    dict(name="one left out of a batch, Pillow", files=MANY + " gray.jpg", script=PYTHON + """
for name in "photo.jpg", "gray.jpg", "photo.png", "alpha.png":
    image = Image.open(name)
    image.load()
    if name != "photo.png":
        image.convert("RGB").save(name + ".webp")'""", totals=(3, 0, 0, 0),
         images=[f"{name} > {name}.webp ok buffer/adjacency" for name in ("photo.jpg", "gray.jpg", "alpha.png")]),
]
