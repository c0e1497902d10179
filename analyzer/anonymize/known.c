/* SPDX-License-Identifier: MIT
 * Owns: words that say nothing about whoever recorded a trace.
 * Must not know: what is done with what is not known. */
#include "analyzer/anonymize/known.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* Each list is one text of words with a blank before and behind each. */
#define LIST(words) " " words " "

static const char directories[] =
    LIST("bin boot dev etc fd home lib lib32 lib64 libexec local mnt null opt proc random root run sbin self share shm "
         "srv stderr stdin stdout sys tmp tty urandom usr var zero x86_64-linux-gnu node_modules dist-packages");

/* Of images, and of what programs call copies of them. */
static const char extensions[] = LIST(
    "jpg jpeg jpe jfif png apng webp avif avifs heic heif hif gif tif tiff jxl pnm pbm pgm ppm pam pfm bmp dib svg "
    "svgz ico jp2 j2k jpx qoi exr hdr tga psd dng cr2 nef arw raw yuv y4m v mp4 mov mkv webm zip tar gz json html "
    "css js mjs cjs ts py sh so tmp temp bak orig part new old");

/* What the name of a library begins with, up to the version. */
static const char *const libraries[] = {
    "libjpeg",           "libturbojpeg",  "libmozjpeg", "libpng",      "libspng",     "libwebp",
    "libsharpyuv",       "libavif",       "libaom",     "libdav1d",    "librav1e",    "libSvtAv1",
    "libgav1",           "libheif",       "libde265",   "libx265",     "libkvazaar",  "libjxl",
    "libbrotli",         "libhwy",        "libtiff",    "libgif",      "libvips",     "libMagick",
    "libGraphicsMagick", "libgdk_pixbuf", "libavcodec", "libavformat", "libavutil",   "libswscale",
    "libimagequant",     "liblcms",       "libexif",    "libopenjp2",  "libjasper",   "libraw",
    "libOpenEXR",        "libFLIF",       "libbpg",     "librsvg",     "libresvg",    "liblodepng",
    "libz.so",           "libz-ng",       "libdeflate", "libzstd",     "libimgbench", "libjemalloc",
    "libtcmalloc",       "libmimalloc",   "linux-vdso", "sharp-linux",
};

/* What stands in such a name behind that, beside numbers. */
static const char library_words[] = LIST(
    "so node dylib cpp glib turbo threads cms extras dec enc common mux demux decoder encoder contrib test ng xx r "
    "x x64 arm64 linux linuxmusl musl Core Wand Util Thread Imath IlmThread Iex Magick Q8 Q16 Q32 HDRI Q16HDRI "
    "Q8HDRI Enc Dec minimal debug profiler static secure aomdec aomenc dav1d svtenc rav1e jpegdec jpegenc j2kdec "
    "j2kenc ffmpegdec kvazaar libde265 x265 openjpeg");

static const char programs[] = LIST(
    "cjpeg djpeg jpegtran mozjpeg jpegoptim jpegrescan guetzli cjpegli djpegli cwebp dwebp gif2webp img2webp webpmux "
    "anim_dump avifenc avifdec avifgainmaputil heif-enc heif-convert heif-dec heif-info cjxl djxl jxlinfo optipng "
    "pngcrush pngquant oxipng zopflipng zopfli advpng advdef ect pngout gifsicle giffix giftool gifbuild tiffcp "
    "tiffinfo tiff2rgba convert mogrify identify magick composite montage compare gm vips vipsthumbnail vipsheader "
    "vipsedit gdk-pixbuf-thumbnailer rsvg-convert ffmpeg ffprobe svgo node nodejs electron python python3 pypy3 perl "
    "ruby php java deno bun sh bash dash zsh fish busybox env xargs parallel make timeout nice time find cp mv rm ln "
    "cat tee sed awk grep head tail sort mkdir rmdir mktemp touch stat ls test true false sleep tar gzip xz git curl "
    "wget setsid nohup taskset stdbuf sudo su ssh");

static const char threads[] =
    LIST("node libuv-worker V8Worker DelayedTaskSche SignalInspector HybridWorker vips-worker vips worker workers pool "
         "pool-spawner gmain gdbus main thread encoder decoder av1 aom SvtAv1 x265 jxl webp swscaler");

/* Of the programs above. Those of one letter say nothing by themselves; here are those whose values do not, either. */
static const char flags[] = LIST(
    "-a -c -d -e -f -g -i -j -k -l -L -m -n -o -O -p -P -q -Q -r -s -S -t -v -y -z -zc -zm -zs -zw -az -id "
    "-quality -q:v -b:v -lossless -near_lossless -alpha_q -alpha_method -alpha_filter -exact -noalpha -alpha_cleanup "
    "-metadata -mt -pass -preset -psnr -qrange -resize -resize_mode -segments -sharp_yuv -size -sns -strong -nostrong "
    "-sharpness -partition_limit -jpeg_like -hint -low_memory -map -af -blend_alpha -crop -short -quiet -progress -h "
    "-mixed -lossy -min_size -kmin -kmax -loop_compatibility -loop -dither -nodither "
    "-optimize -progressive -baseline -arithmetic -dct -dc-scan-opt -fastcrush -grayscale -greyscale -rgb -smooth "
    "-restart -revert -sample -scans -qtables -qslots -quant-table -notrellis -trellis-dc -tune-ssim -tune-psnr "
    "-tune-hvs-psnr -copy -perfect -trim -rotate -flip -transpose -transverse -verbose -outfile -maxmemory -bmp -gif "
    "-targa -pnm -ppm -fast -colors -onepass -scale -strict -icc -nosmooth -skip -version -help "
    "-strip -depth -define -filter -sampling-factor -interlace -thumbnail -geometry -gravity -extent -background "
    "-alpha -colorspace -compress -unsharp -sharpen -blur -gaussian-blur -auto-orient -orient -density -units -type "
    "-flatten -posterize -quantize -fuzz -layers -coalesce -deconstruct -delay -dispose -limit -monitor -normalize "
    "-level "
    "-gamma -contrast -modulate -negate -threshold -virtual-pixel -write -format -append +append +repage -repage "
    "+profile -profile +dither -clip -clobber -fix -force -keep -nb -nc -np -nx -nz -out -dir -preserve -simulate "
    "-snip -backup -zw -brute -reduce -rem -ow -bit_depth -max -nolimits -noreduce -oldtimestamp "
    "-vf -vcodec -c:v -codec -crf -frames:v -compression_level -qscale -qscale:v -pix_fmt -threads -an -vn -nostdin "
    "-hide_banner -loglevel -r -s:v -update "
    "--quality --qcolor --qalpha --min --max --minalpha --maxalpha --speed --jobs --depth --yuv --range --cicp "
    "--lossless --premultiply --sharpyuv --autotiling --tilerowslog2 --tilecolslog2 --codec --progressive --layered "
    "--ignore-exif --ignore-xmp --ignore-icc --ignore-profile --duration --timescale --keyframe --grid --irot --imir "
    "--advanced --target-size --no-overwrite --stdin --output --input --help --version --verbose --quiet --silent "
    "--strip-all --strip-none --strip-com --strip-exif --strip-iptc --strip-icc --strip-xmp --strip-jfif "
    "--strip-jfxx --all-normal --all-progressive --keep-all --keep-exif --keep-icc --keep-iptc --keep-xmp --force "
    "--dest --overwrite --preserve --preserve-perms --size --threshold --totals --noaction --csv --stdout --workers "
    "--max-workers --retry "
    "--strip --skip-if-larger --ext --floyd --nofs --posterize --map --transbug --opt --interlace --fast --zc --zw "
    "--zs --zm --nz --fix --alpha --timeout --threads --filters --iterations --lossy_transparent --lossy_8bit "
    "--keepchunks --splitting --always_zopflify -m --prefix --zopfli --pedantic --backup --recursive "
    "--optimize --colors --lossy --dither --resize --resize-width --resize-height --resize-fit --scale --crop "
    "--no-comments --no-names --no-extensions --loopcount --delay --disposal --unoptimize --careful --color-method "
    "--gamma --resize-method --no-warnings --merge --batch --info "
    "--distance --effort --num_threads --lossless_jpeg --container --jpeg_store_metadata --modular --photon_noise "
    "--group_order --faster_decoding --brotli_effort --disable_output --allow_jpeg_reconstruction --num_reps "
    "--subsampling --chroma_subsampling --encoder --plugin --params --bit-depth --no-alpha --even-size --thumb "
    "--shrink --shrink-all --shrink-fast --shrink-normal --shrink-extra --shrink-insane --recompress --list --iter "
    "--format --height --width --export --smartcrop --rotate --intent --linear --path --vips-concurrency "
    "--vips-progress --vips-leak --vips-cache-max --max-procs --max-lines --max-args --replace --null "
    "--no-run-if-empty "
    "--keep-chunks --nomemorylimit --xmp --exif --delete --eprofile --iprofile --target --jpeg");

/* What the kernel calls descriptors of what is in no file system. */
static const char anonymous[] = LIST("eventpoll eventfd timerfd signalfd io_uring inotify fanotify userfaultfd pidfd "
                                     "perf_event bpf-map bpf-prog bpf-link bpf_link secretmem memfd sync_file dmabuf");

static const char values[] = LIST(
    "none all icc exif xmp both auto default photo picture drawing icon text low medium high best fast slow slower "
    "veryslow faster veryfast ultrafast superfast placebo int float fixed optimal default line plane partition "
    "jpeg png webp avif heic gif tiff jxl yuv420p yuv422p yuv444p yuvj420p yuvj444p rgb24 rgba gray 420 422 440 444 "
    "400 limited full lossless lossy aom rav1e svt dav1d libgav1 libwebp libaom-av1 mjpeg sRGB RGB Gray CMYK Lanczos "
    "lanczos lanczos3 cubic linear nearest mitchell Mitchell Triangle Box center Center centre on off yes no true "
    "false zip lzw packbits deflate g4 Plane Line None JPEG LZW Zip WebP remove Remove set up_only down_only always "
    "copy thumbnail webpsave jpegsave pngsave heifsave resize");

static bool contains(const char *list, const char *word, size_t bytes, bool any_case)
{
    if (!bytes || bytes > 64 || memchr(word, ' ', bytes) || memchr(word, '\0', bytes))
        return false;
    for (const char *at = list; *at; at++) {
        int differs = *at != ' ' ? 1 : any_case ? strncasecmp(at + 1, word, bytes) : strncmp(at + 1, word, bytes);
        if (!differs && at[1 + bytes] == ' ')
            return true;
    }
    return false;
}

bool known_directory(const char *name, size_t bytes)
{
    return contains(directories, name, bytes, false);
}

bool known_extension(const char *name, size_t bytes)
{
    return contains(extensions, name, bytes, true);
}

bool known_anonymous(const char *name, size_t bytes)
{
    return contains(anonymous, name, bytes, false);
}

/* The hash that tools for wheels put into names. */
static bool is_content_hash(const char *text, size_t bytes)
{
    size_t hex = 0;
    while (hex < bytes && (isdigit((unsigned char)text[hex]) || (text[hex] >= 'a' && text[hex] <= 'f')))
        hex++;
    return bytes == 8 && hex == bytes;
}

/* A number, or a known word with one before or behind it. */
static bool is_of_library(const char *part, size_t bytes)
{
    if (!bytes || is_content_hash(part, bytes) || contains(library_words, part, bytes, false))
        return true;
    while (bytes && isdigit((unsigned char)part[bytes - 1]))
        bytes--;
    for (; bytes && isdigit((unsigned char)*part); bytes--)
        part++;
    return !bytes || contains(library_words, part, bytes, false);
}

bool known_library(const char *name, size_t bytes)
{
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++) {
        size_t length = strlen(libraries[i]);
        if (length > bytes || memcmp(name, libraries[i], length) != 0)
            continue;
        bool known = bytes <= 48; /* the rest might be somebody's name, too */
        while (known && length < bytes) {
            size_t part = 0;
            while (length + part < bytes && !memchr("._+-", name[length + part], 4))
                part++;
            known = is_of_library(name + length, part);
            length += part + (length + part < bytes);
        }
        if (known)
            return true;
    }
    return false;
}

bool known_program(const char *name, size_t bytes)
{
    return contains(programs, name, bytes, false);
}

bool known_mark(const char *step, size_t bytes)
{
    static const char *const steps[] = {"frontend", "sidecar", "drop", "start", "update", "interaction", NULL};
    for (size_t i = 0; steps[i]; i++)
        if (strlen(steps[i]) == bytes && !memcmp(steps[i], step, bytes))
            return true;
    return false;
}

bool known_thread(const char *name, size_t bytes)
{
    while (bytes && strchr("0123456789-_:#/", name[bytes - 1]))
        bytes--;
    return contains(threads, name, bytes, false) || contains(programs, name, bytes, false);
}

bool known_flag(const char *name, size_t bytes)
{
    return contains(flags, name, bytes, false);
}

bool known_value(const char *name, size_t bytes)
{
    return contains(values, name, bytes, false);
}

bool known_number(const char *text, size_t bytes)
{
    enum { DIGITS = 5, NUMBERS = 4 }; /* longer ones may be somebody's */
    size_t digits = 0, numbers = 0;
    for (size_t i = 0; i < bytes; i++) {
        if (isdigit((unsigned char)text[i])) {
            numbers += digits == 0;
            if (++digits > DIGITS || numbers > NUMBERS)
                return false;
        } else if (text[i] && strchr(".,:x%+-/^!><", text[i])) {
            digits = 0;
        } else {
            return false;
        }
    }
    return numbers > 0 && bytes <= 24;
}
