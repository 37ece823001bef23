// Heaps that a faulty program has broken. The truth of the blocks is told before, then `damage KIND CHUNK` names what was broken.
#include "heap.h"
#include <stdlib.h>
#include <string.h>

enum { WORD = sizeof(void *), CACHE_TAKES = 16, SIZE = 1, LINK = 2, BACK = 3 };

// The words of a block's chunk: [0] the size of the chunk before, [1] its own, [2] and [3] the links of a free one.
static size_t *chunk_of(void *block) {
    return (size_t *)block - 2;
}

static size_t size_of(void *block) {
    return chunk_of(block)[SIZE] & ~(size_t)7;
}

static size_t *chunk_behind(void *block) {
    return (size_t *)((char *)chunk_of(block) + size_of(block));
}

// Three blocks, apart from each other; they are not told of, for some are freed and some broken.
static void three(void **made, size_t size) {
    for (int i = 0; i < 3; i++) {
        made[i] = malloc(size);
        memset(keep(malloc(40)), 0x77, 40);
        memset(made[i], 0x66, size);
    }
}

// Sees to it that the next frees of this size go past the cache, in every release.
static void fill_cache(size_t size) {
    void *made[CACHE_TAKES];
    for (int i = 0; i < CACHE_TAKES; i++)
        made[i] = malloc(size);
    for (int i = 0; i < CACHE_TAKES; i++)
        free(made[i]);
}

static void free_all(void **made) {
    for (int i = 0; i < 3; i++)
        free(made[i]);
}

static void *size_huge(void **made) {
    chunk_of(made[1])[SIZE] = ((size_t)-1 / 2 & ~(size_t)15) | 1;
    return made[1];
}

static void *size_zero(void **made) {
    chunk_of(made[1])[SIZE] = 0;
    return made[1];
}

static void *size_uneven(void **made) {
    chunk_of(made[1])[SIZE] += WORD;
    return made[1];
}

// An overflow by a string: the header behind the block is letters.
static void *overflow(void **made) {
    memset(chunk_behind(made[1]), 'A', 2 * WORD);
    return (char *)chunk_behind(made[1]) + 2 * WORD;
}

static void *free_size(void **made) {
    free_all(made);
    chunk_of(made[1])[SIZE] += 16;
    return made[1];
}

static void *link_wild(void **made) {
    free_all(made);
    memset(&chunk_of(made[1])[LINK], 'A', WORD);
    return made[1];
}

static void *unlinked(void **made) {
    free_all(made);
    size_t *chunk = chunk_of(made[1]), *next = (size_t *)chunk[LINK], *previous = (size_t *)chunk[BACK];
    next[BACK] = (size_t)previous;
    previous[LINK] = (size_t)next;
    return made[1];
}

// free looks whether the block behind says that this one is in use; a stray write has said so.
static void *bin_twice(void **made) {
    free_all(made);
    chunk_behind(made[2])[SIZE] |= 1;
    free(made[2]);
    return made[2];
}

// The cache knows its blocks by their second word; the program has written there after the free.
static void *cache_twice(void **made) {
    free(made[0]);
    ((size_t *)made[0])[1] = 0;
    free(made[0]);
    return made[0];
}

static void *cache_wild(void **made) {
    free_all(made);
    memset(made[1], 'A', WORD);
    return made[1];
}

// The list goes from the second block to the first; now it goes to the live third. This holds for mangled links too.
static void *cache_live(void **made) {
    free(made[0]);
    free(made[1]);
    *(size_t *)made[1] ^= (size_t)made[0] ^ (size_t)made[2];
    return made[2];
}

// The fast list's only guard is its first member.
static void *fast_cycle(void **made) {
    fill_cache(6 * WORD);
    if (totals().field[2] == 0)
        skip("this release has no fast lists");
    free(made[0]);
    free(made[1]);
    free(made[0]);
    return made[0];
}

// The last block was cut from the top; what is behind it is the rest.
static void *top_huge(void **made) {
    chunk_behind(made[2])[SIZE] = ((size_t)-1 / 4 & ~(size_t)15) | 1;
    return (char *)chunk_behind(made[2]) + 2 * WORD;
}

static void *top_small(void **made) {
    chunk_behind(made[2])[SIZE] = 0x21;
    return (char *)chunk_behind(made[2]) + 2 * WORD;
}

static void *mapped_size(void **made) {
    chunk_of(made[1])[SIZE] += 8 * 4096 + 16;
    return made[1];
}

static void *heap_head(void **made) {
    size_t *heap = (size_t *)((uintptr_t)made[0] & -HEAP_MAX);
    heap[0] ^= 0x10;
    return (char *)heap + 2 * WORD;
}

// Where the newest free block of its arena leads back to: the arena's bins. The arena's other words are at fixed distances.
static size_t *bins_behind(void *block) {
    free(block);
    return (size_t *)chunk_of(block)[BACK] + 2;
}

static size_t *next_of_arena(void *block) {
    return bins_behind(block) + 254 + 16 / WORD;
}

// The arena of a thread: the one that its heap names.
static char *arena_of(void *block) {
    return *(char **)((uintptr_t)block & -HEAP_MAX);
}

static const size_t wild = (size_t)0x4141414141414140;

static void *ring_cut(void **made) {
    *next_of_arena(made[1]) = wild;
    return arena_of(made[0]) + 2 * WORD;
}

static void *ring_cycle(void **made) {
    *next_of_arena(made[1]) = (size_t)arena_of(made[0]);
    return arena_of(made[0]) + 2 * WORD;
}

static void *main_top(void **made) {
    bins_behind(made[1])[-2] = wild;
    return (char *)wild + 2 * WORD;
}

static void *bin_wild(void **made) {
    bins_behind(made[1])[0] = wild;
    return (char *)wild + 2 * WORD;
}

static const struct kind {
    const char *name;
    void *(*damage)(void **made);
    size_t size;
    enum { PLAIN, FROM_TOP, IN_THREAD } how;
} kinds[] = {
    {"sizeHuge", size_huge, 2000, PLAIN}, {"sizeZero", size_zero, 2000, PLAIN}, {"sizeUneven", size_uneven, 2000, PLAIN},
    {"overflow", overflow, 2000, PLAIN}, {"freeSize", free_size, 2000, PLAIN}, {"linkWild", link_wild, 2000, PLAIN},
    {"unlinked", unlinked, 2000, PLAIN}, {"binTwice", bin_twice, 2000, PLAIN}, {"cacheTwice", cache_twice, 100, PLAIN},
    {"cacheWild", cache_wild, 100, PLAIN}, {"cacheLive", cache_live, 100, PLAIN},
    {"fastCycle", fast_cycle, 6 * WORD, PLAIN}, {"topHuge", top_huge, 70000, FROM_TOP},
    {"topSmall", top_small, 70000, FROM_TOP}, {"mappedSize", mapped_size, 500000, PLAIN},
    {"threadSize", size_huge, 2000, IN_THREAD}, {"heapHead", heap_head, 2000, IN_THREAD},
    {"ringCut", ring_cut, 2000, IN_THREAD}, {"ringCycle", ring_cycle, 2000, IN_THREAD},
    {"mainTop", main_top, 2000, PLAIN}, {"binWild", bin_wild, 2000, PLAIN},
};

static void *made[3];
static const struct kind *chosen;

static void build(size_t index) {
    (void)index;
    for (size_t i = 0; i < 200; i++)
        keep(malloc(30 + 7 * i));
    three(made, chosen->size);
    if (chosen->how == FROM_TOP)
        memset(made[2] = malloc(chosen->size), 0x66, chosen->size);
    else
        for (size_t i = 0; i < 200; i++)
            keep(malloc(30 + 7 * i));
}

// damage KIND; no totals, for glibc itself would fall over them.
static void damage(int argc, char **argv) {
    const char *name = argc > 0 ? argv[0] : "";
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].name, name) == 0)
            chosen = &kinds[i];
    if (!chosen)
        skip("no such damage");
    if (chosen->how == IN_THREAD)
        stand_still_after(1, build);
    else
        build(0);
    tell_blocks();
    say("damage %s 0x%zx", name, (size_t)chunk_of(chosen->damage(made)));
}

static void damages(int argc, char **argv) {
    (void)argc, (void)argv;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        say("%s", kinds[i].name);
}

const struct heap_situation damage_situations[] = {{"damage", damage}, {"damages", damages}, {NULL, NULL}};
