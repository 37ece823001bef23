// Heaps of which little is used and nothing can go back: what pins them, and what ends them.
#include "heap.h"
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

// As a C++ compiler names and fills it: two words, then the functions.
const void *const _ZTVN3geo5PointE[4] = {NULL, NULL, &_ZTVN3geo5PointE, NULL};

static void fill(char *block, const char *what, size_t size) {
    memset(block, 0, size);
    if (strcmp(what, "text") == 0)
        strcpy(block, "/usr/share/pins/a longer name");
    else if (strcmp(what, "object") == 0)
        *(const void *const **)block = &_ZTVN3geo5PointE[2];
    else if (strcmp(what, "node") == 0)
        ((void **)block)[1] = block;
}

// pins COUNT CONTENT: blocks of which each is all that is used of a page: chunks of 48 bytes, 4048 free ones between them.
static void pins(int argc, char **argv) {
    size_t count = number(argc, argv, 0, 1000), period = 4096, chunk = 48, header = sizeof(size_t);
    void **between = blank(count * sizeof *between);
    char *last = NULL;
    for (size_t i = 0; i < count; i++) {
        between[i] = malloc(period - chunk - header);
        memset(between[i], 1, period - chunk - header);
        last = keep(malloc(chunk - header));
        fill(last, argc > 1 ? argv[1] : "zeros", chunk - header);
        if (i != 0 && (size_t)(last - (char *)between[i]) != period - chunk)
            skip("this malloc does not lay blocks one behind the other");
    }
    for (size_t i = 0; i < count; i++)
        free(between[i]);
    say("period %zu", period);
    tell();
}

// ended BLOCKS: all are freed but the last, which the heap can't fall below.
static void ended_high(int argc, char **argv) {
    size_t count = number(argc, argv, 0, 1000), size = 9000;
    char **blocks = blank(count * sizeof *blocks);
    for (size_t i = 0; i < count; i++) {
        blocks[i] = malloc(size);
        memset(blocks[i], 1, size);
    }
    keep(blocks[count - 1]);
    for (size_t i = 0; i < count - 1; i++)
        free(blocks[i]);
    say("under %p %zu", (void *)blocks[count - 1], (size_t)(blocks[count - 1] - blocks[0]));
    tell();
}

// sparse BLOCKS: of each only its first 4 KiB are ever written; every other one is freed.
static void sparse(int argc, char **argv) {
    size_t count = number(argc, argv, 0, 1000), size = 100000, written = 4096;
    char **blocks = blank(count * sizeof *blocks);
    for (size_t i = 0; i < count; i++) {
        blocks[i] = malloc(size);
        memset(blocks[i], 1, written);
    }
    for (size_t i = 0; i < count; i++) {
        if (i % 2 == 0)
            keep(blocks[i]);
        else {
            say("freed %p %zu", (void *)blocks[i], usable(blocks[i]));
            free(blocks[i]);
        }
    }
    tell();
}

// locked: freed in the middle and at the end, and locked then: madvise gives nothing of it back, and the break does.
static void locked(int argc, char **argv) {
    (void)argc, (void)argv;
    enum { BLOCKS = 400, SIZE = 20000 };
    static char *blocks[BLOCKS];
    for (size_t i = 0; i < BLOCKS; i++) {
        blocks[i] = keep(malloc(SIZE));
        memset(blocks[i], 1, SIZE);
    }
    if (mlockall(MCL_CURRENT) != 0)
        skip("memory cannot be locked");
    for (size_t i = BLOCKS / 4; i < BLOCKS / 2; i++)
        drop(blocks[i]);
    // Less than the heap is trimmed by itself for.
    for (size_t i = BLOCKS - 5; i < BLOCKS; i++)
        drop(blocks[i]);
    tell();
}

const struct heap_situation pin_situations[] = {{"pins", pins}, {"endedHigh", ended_high}, {"locked", locked}, {"sparse", sparse}, {NULL, NULL}};
