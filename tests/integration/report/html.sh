#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Owns: the claim that the HTML report works in a browser, from disk: makes reports of real runs, ordinary and odd ones,
# and lets tests/browser/*.test.mjs open them in headless Chromium. Pictures of what they saw are left in build/browser.
source tests/integration/environment.bash

modules=$root/build/browser/node_modules
[[ -d $modules/playwright-core && -d $modules/axe-core ]] || fail "$modules is missing: run scripts/setup"
command -v chromium >/dev/null || fail "chromium is missing: run scripts/setup"
photo=/usr/share/libjxl-testdata/jxl/flower/flower_cropped.jpg
reports=$work/reports
mkdir "$reports"

report() { # name trace
    "$imgbench" report --html "$reports/$1.html" "$2" >/dev/null # the text
}

small_trace
report batch "$work/trace"

traced "$work/none" md5sum "$photo" >/dev/null # reads an image and makes none
report none "$work/none"

traced "$work/one" cwebp -quiet "$photo" -o "$work/one.webp"
report one "$work/one"

head -c 20000 "$photo" >"$work/cut.png"
traced "$work/failed" cwebp -quiet "$photo" -o "$work/good.webp"
traced "$work/failed" cwebp -quiet "$work/cut.png" -o "$work/bad.webp" >"$work/tools.log" 2>&1 && fail "cwebp took a broken file"
report failed "$work/failed"

hostile="$work/<" # with the slash behind it: the end of a script
mkdir "$hostile"
name="$hostile/script><img src=x onerror=document.title='owned'>&amp;.jpg"
cp "$photo" "$name"
traced "$work/hostile" cwebp -quiet "$name" -o "$hostile/script><b>out.webp"
report hostile "$work/hostile"

cat >"$work/marked" <<'EOF'
[ -r imgbench:mark:frontend.drop ]
[ -r imgbench:mark:frontend.start ]
for i in 1 2 3; do
    [ -r imgbench:begin:convert ]
    cwebp -quiet "$1" -o "$2/marked.webp"
    [ -r imgbench:end:convert ]
done
[ -r 'imgbench:mark:<b>"&' ]
[ -r imgbench:begin:lost ] || :
EOF
traced "$work/marks" bash "$work/marked" "$photo" "$work"
report marks "$work/marks"
traced "$work/only" bash -c '[ -r imgbench:begin:a ]; sleep 0.02; [ -r imgbench:end:a ] || :' # marks and no image
report only-marks "$work/only"

HTML_REPORTS=$reports HTML_PICTURES=$root/build/browser/pictures BROWSER_MODULES=$modules \
    node --test --test-reporter=spec tests/browser/
