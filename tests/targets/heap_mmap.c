// Blocks that are mappings of their own: aligned, moved, neighbours, fallen out of use; and memory that only looks like one.
#include "heap.h"
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

// A threshold that is set does not grow when such a block is freed.
static void map_from(size_t size) {
    mallopt(M_MMAP_THRESHOLD, (int)size);
}

static void *aligned(size_t alignment, size_t size) {
    void *block;
    if (posix_memalign(&block, alignment, size) != 0)
        fail("posix_memalign");
    return keep(block);
}

// The kernel makes one mapping of neighbours; freeing every third leaves holes between.
static void mmapped(int argc, char **argv) {
    (void)argc, (void)argv;
    map_from(128 * KIB);
    void *made[30];
    for (size_t i = 0; i < 30; i++) {
        made[i] = keep(malloc(130000 + 4000 * i));
        memset(made[i], 2, 130000);
    }
    for (size_t i = 0; i < 30; i += 3)
        drop(made[i]);
    keep(calloc(1000, 1000));
    tell();
}

static void mmapped_aligned(int argc, char **argv) {
    (void)argc, (void)argv;
    map_from(128 * KIB);
    for (size_t alignment = 32; alignment <= 4 * MIB; alignment *= 2) {
        aligned(alignment, 150000);
        memset(aligned(alignment, 200000 + alignment), 2, 200000);
    }
    tell();
}

// realloc moves the pages; also those of an aligned block, which loses its alignment but keeps its distance.
static void mremapped(int argc, char **argv) {
    (void)argc, (void)argv;
    map_from(128 * KIB);
    for (size_t i = 0; i < 8; i++) {
        void *block = keep(malloc(200000)), *with_distance = aligned((size_t)4096 << i, 200000);
        keep(malloc(140000));
        block = keep_at(block, 900000 + 5000 * i);
        with_distance = keep_at(with_distance, 700000);
        if (i % 2)
            keep_at(block, 300000), keep_at(with_distance, 160000);
    }
    tell();
}

// Tables of the program whose pages begin as a mapped block of either layout would, and one amid blocks that are.
static void decoy(int argc, char **argv) {
    (void)argc, (void)argv;
    map_from(128 * KIB);
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    keep(malloc(200000));
    for (int table = 0; table < 4; table++) {
        char *p = blank(16 * page);
        for (size_t i = 0; i < 16; i++) {
            size_t *words = (size_t *)(p + i * page);
            // Some are impossible in themselves: no page multiple, behind the end, other flags.
            words[1] = (table < 2 ? page : page - 2 * sizeof(size_t) * (table == 2)) * (1 + i % 3) | 2 | (i == 7);
        }
        keep(malloc(200000 + 10000 * (size_t)table));
    }
    tell();
}

const struct heap_situation mmap_situations[] = {
    {"mmapped", mmapped}, {"mmappedAligned", mmapped_aligned}, {"mremapped", mremapped}, {"decoy", decoy}, {NULL, NULL},
};
