// Files whose names a reader of maps can trip over, made in the current directory.
#include "target.h"
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static void map_named(const char *label, const char *name, int removed) {
    int file = open(name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0 || ftruncate(file, (off_t)(2 * page_size())) != 0)
        fail(label);
    char *p = map(2 * page_size(), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    write_page(p);
    close(file);
    if (removed)
        unlink(name);
    region(label, p, 2);
    holds(FILE_PAGE("4K"), 1);
    holds(NOT_PRESENT, 1);
    region_end();
}

// Longer than PATH_MAX: the kernel prints it whole, and nobody can open it by that name.
static void map_deep(void) {
    int home = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    char folder[241];
    memset(folder, 'd', 240);
    folder[240] = 0;
    for (int depth = 0; depth < 24; depth++)
        if (mkdir(folder, 0700) != 0 || chdir(folder) != 0)
            fail("deep");
    map_named("deep", "bottom", 0);
    if (home < 0 || fchdir(home) != 0)
        fail("fchdir");
}

static void names(int argc, char **argv) {
    (void)argc, (void)argv;
    map_named("space", "two words", 0);
    map_named("newline", "two\nlines", 0);
    map_named("backslash", "back\\012slash", 0);
    map_named("trailingBlank", "trailing ", 0);
    map_named("leadingBlank", " leading", 0);
    map_named("tab", "a\ttab", 0);
    map_named("notUtf8", "caf\xe9 \xff\xfe", 0);
    map_named("utf8", "caf\xc3\xa9 \xe2\x82\xac", 0);
    map_named("control", "bell\a escape\033[31m", 0);
    map_named("quote", "a \"quoted\" name", 0);
    map_named("pretender", "x (deleted)", 0);
    map_named("deleted", "gone", 1);
    map_named("deletedPretender", "y (deleted)", 1);
    map_named("heap", "[heap]", 0);
    map_deep();
}

const struct situation name_situations[] = {{"names", names}, {NULL, NULL}};
