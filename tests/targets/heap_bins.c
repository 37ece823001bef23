// One kind of free block at a time: fast, cached by a thread, not yet sorted, small, large.
#include "heap.h"
#include <stdlib.h>

enum { TIMES = 24 };

// TIMES blocks of a size, each followed by a small one that stays, so that no two free ones can merge.
static void make(void **made, size_t size) {
    for (int i = 0; i < TIMES; i++) {
        made[i] = keep(malloc(size));
        keep(malloc(16));
    }
}

static void free_all(void **made) {
    for (int i = 0; i < TIMES; i++)
        drop(made[i]);
}

// More than a cache holds of each of the sizes that have a fast list.
static void fastbins(int argc, char **argv) {
    (void)argc, (void)argv;
    static void *made[7][TIMES];
    for (size_t i = 0; i < 7; i++)
        make(made[i], (2 + 2 * i) * sizeof(void *));
    for (size_t i = 0; i < 7; i++)
        free_all(made[i]);
    tell();
}

// Every size that a cache takes, until it takes no more.
static void tcache_full(int argc, char **argv) {
    (void)argc, (void)argv;
    static void *made[64][TIMES];
    for (size_t i = 0; i < 64; i++)
        make(made[i], 3 * sizeof(void *) + 16 * i);
    for (size_t i = 0; i < 64; i++)
        free_all(made[i]);
    tell();
}

// Nothing is asked for after the frees: nothing is sorted.
static void unsorted(int argc, char **argv) {
    (void)argc, (void)argv;
    static void *made[6][TIMES];
    for (size_t i = 0; i < 6; i++)
        make(made[i], 2000 + 3000 * i);
    for (size_t i = 0; i < 6; i++)
        free_all(made[i]);
    tell();
}

// The last request fits nothing that is free, so all of it is sorted.
static void bins(int argc, char **argv) {
    (void)argc, (void)argv;
    static void *made[40][TIMES];
    for (size_t i = 0; i < 20; i++)
        make(made[i], 140 + 40 * i);
    for (size_t i = 20; i < 40; i++)
        make(made[i], 1100 + 97 * (i - 20) * (i - 20));
    for (size_t i = 0; i < 40; i++)
        free_all(made[i]);
    keep(malloc(120000));
    tell();
}

// An empty bin among the last ones, with blocks in the bins after it, looks like the last bin of all; and a block that begins with
// a page has an address that could be a number of bytes from the system.
static void last_bins(int argc, char **argv) {
    (void)argc, (void)argv;
    const uintptr_t page = 4096, word = sizeof(void *);
    uintptr_t small = (uintptr_t)keep(malloc(16));
    uintptr_t left = page - (small + usable((void *)small) - word) % page;
    keep(malloc(left + (left < 4 * word ? page : 0) - word));
    void *at_page = keep(malloc(100000));
    keep(malloc(16));
    void *other = keep(malloc(50000));
    keep(malloc(16));
    drop(at_page);
    drop(other);
    keep(malloc(120000));
    tell();
}

// Blocks that belong to the cache of a thread other than the main one, and its own cache's home in a thread arena.
static void *cached[8][TIMES];

static void cache_some(size_t index) {
    for (int i = 0; i < TIMES; i++)
        cached[index][i] = malloc(50 + 100 * index);
    for (int i = 0; i < TIMES - (int)index; i++)
        free(cached[index][i]);
}

static void tcaches(int argc, char **argv) {
    (void)argc, (void)argv;
    stand_still_after(8, cache_some);
    for (size_t index = 0; index < 8; index++)
        for (size_t i = TIMES - index; i < TIMES; i++)
            keep(cached[index][i]);
    tell();
}

// Nothing has been freed: where the cache is made by the first free (2.43), there is none.
static void allocated(int argc, char **argv) {
    (void)argc, (void)argv;
    for (size_t i = 0; i < 1000; i++)
        keep(malloc(i));
    tell();
}

// Fast and unsorted lists that go to and fro over 24 MiB, with a page to each block of them.
static void long_lists(int argc, char **argv) {
    (void)argc, (void)argv;
    enum { BLOCKS = 6000, STEP = 2801 };
    static void *made[BLOCKS];
    for (size_t i = 0; i < BLOCKS; i++) {
        made[i] = keep(malloc(i % 2 ? 56 : 1500));
        keep(malloc(4000));
    }
    // Once through all of them, as the step has no divisor in common with their number.
    for (size_t i = 0, at = 0; i < BLOCKS; i++, at = (at + STEP) % BLOCKS)
        drop(made[at]);
    tell();
}

const struct heap_situation bin_situations[] = {
    {"fastbins", fastbins}, {"tcache-full", tcache_full}, {"unsorted", unsorted}, {"bins", bins}, {"lastBins", last_bins},
    {"tcaches", tcaches}, {"allocated", allocated}, {"longLists", long_lists}, {NULL, NULL},
};
