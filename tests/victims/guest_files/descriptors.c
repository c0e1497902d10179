/* SPDX-License-Identifier: MIT
 * Owns: a program that is rough with descriptors and FILEs; argv[1] says how. Must not know: the profiler. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static void write_many(const char *name, int count)
{
    static const char gif[64] = "GIF89a and then some";
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    for (int i = 0; i < count; i++)
        if (write(fd, gif, sizeof gif) != (ssize_t)sizeof gif)
            printf("write %d errno %d\n", i, errno);
    printf("fd %d\n", fd);
    close(fd);
}

static void close_all(void)
{
    write_many("before", 10);
    for (int fd = 3; fd < 1024; fd++)
        close(fd);
    close_range(3, ~0U, 0);
    closefrom(3);
    write_many("after", 3000);
}

static void onto_everything(void)
{
    int fd = open("target", O_RDWR | O_CREAT | O_TRUNC, 0600);
    for (int to = 3; to < 200; to++)
        if (dup2(fd, to) != to)
            printf("dup2 %d\n", to);
    write_many("file", 3000);
    for (int to = 199; to >= 3; to--)
        if (write(to, "x", 1) != 1)
            printf("write %d\n", to);
}

static void no_descriptors(void)
{
    int fd = open("file", O_WRONLY | O_CREAT | O_TRUNC, 0600);
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_NOFILE, &none);
    for (int i = 0; i < 3000; i++)
        if (write(fd, "GIF89a-and-more-", 16) != 16)
            puts("write");
    printf("open %d\n", open("file", O_RDONLY));
}

static void small_files(void)
{
    struct rlimit limit = {5000, 5000};
    setrlimit(RLIMIT_FSIZE, &limit);
    write_many("file", 70);
    FILE *out = fopen("other", "w");
    for (int i = 0; i < 4000; i++)
        fputc('x', out);
    printf("close %d\n", fclose(out));
    write_many("file", 3000); /* dies of SIGXFSZ, here and nowhere else */
}

/* FILEs that libc closes where nobody sees it, and whose memory then holds something else. */
static void stale_streams(void)
{
    char line[64];
    for (int round = 0; round < 3; round++) {
        FILE *pipe = popen("echo hello", "r");
        size_t n = fread(line, 1, sizeof line, pipe);
        fwrite(line, 1, n, stdout);
        pclose(pipe);
        pipe = popen("cat", "w");
        fwrite("GIF89a\n", 1, 7, pipe);
        fflush(stdout);
        pclose(pipe);
    }
    FILE *twice = fopen("twice", "w");
    fwrite("GIF89a", 1, 6, twice);
    int second = dup(fileno(twice));
    fclose(twice);
    for (int i = 0; i < 100; i++) {
        char *block = malloc(472); /* as large as a FILE */
        memset(block, 0x41 + i % 2, 472);
        if (i % 8 == 0 && !block[5])
            free(block);
    }
    printf("%zd\n", write(second, "x", 1));
    FILE *closed = fopen("closed", "w");
    fwrite("GIF89a", 1, 6, closed);
    fflush(closed);
    close(fileno(closed));
    printf("other %d\n", open("another", O_WRONLY | O_CREAT, 0600));
    fwrite("more", 1, 4, closed);
    printf("closed %d\n", fclose(closed));
    printf("reopened %d\n", freopen("again", "w", stdout) != NULL);
    printf("into the file\n");
}

static void buffers(void)
{
    char own[50000], text[300];
    memset(text, 'x', sizeof text);
    const int modes[] = {_IOFBF, _IOLBF, _IONBF};
    for (int m = 0; m < 3; m++) {
        char name[] = "mode0";
        name[4] = (char)('0' + m);
        FILE *out = fopen(name, "w+");
        setvbuf(out, m == 0 ? own : NULL, modes[m], m == 0 ? sizeof own : 100);
        for (int i = 0; i < 500; i++)
            fwrite(text, 1, (size_t)(i % 300), out);
        fprintf(out, "%d\n", m);
        fflush(out);
        fseek(out, 100, SEEK_SET);
        printf("%zu ", fread(text, 3, 70, out));
        fseek(out, 0, SEEK_CUR);
        fwrite("tail", 1, 4, out);
        rewind(out);
        printf("%zu %ld\n", fread(text, 1, 300, out), ftell(out));
        fclose(out);
    }
    FILE *memory = fmemopen(own, sizeof own, "w+");
    fwrite(text, 1, 100, memory);
    fflush(memory);
    fclose(memory);
    fputs("left in the buffer", fopen("left", "w"));
    write_many("plain", 5);
}

int main(int count, char **arguments)
{
    const char *how = count > 1 ? arguments[1] : "";
    if (strcmp(how, "close_all") == 0)
        close_all();
    if (strcmp(how, "onto_everything") == 0)
        onto_everything();
    if (strcmp(how, "no_descriptors") == 0)
        no_descriptors();
    if (strcmp(how, "small_files") == 0)
        small_files();
    if (strcmp(how, "stale_streams") == 0)
        stale_streams();
    if (strcmp(how, "buffers") == 0)
        buffers();
    if (strcmp(how, "many") == 0)
        write_many("many", 20000);
    return 5;
}
