// The main arena in trouble: others move the break, something is in its way, a second libc has one of its own.
#include "heap.h"
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void *take(size_t bytes) {
    void *p = sbrk((intptr_t)bytes);
    if (p == (void *)-1)
        fail("sbrk");
    return p;
}

// Enough that the arena must grow, in blocks that are not mapped by themselves; every fifth is freed at the end.
static void fill(size_t bytes) {
    enum { LARGE = 30000, MOST = 128 };
    void *made[MOST];
    size_t count = bytes / LARGE < MOST ? bytes / LARGE : MOST;
    for (size_t i = 0; i < count; i++) {
        made[i] = keep(malloc(LARGE));
        keep(malloc(1 + i * 37 % 700));
    }
    for (size_t i = 0; i < count; i += 5)
        drop(made[i]);
}

// Somebody else takes from the break, an even and an uneven number of bytes, and writes there.
static void foreign(int argc, char **argv) {
    (void)argc, (void)argv;
    memset(take(0x1230), 7, 0x1230);
    fill(300000);
    memset(take(0x1230), 7, 0x1230);
    fill(300000);
    memset(take(0x2109), 7, 0x2109);
    fill(300000);
    // Zeros, as a second allocator's untouched memory.
    take(0x30000);
    fill(300000);
    tell();
}

// A page right behind the break, that nobody may use: the kernel can't move the break beyond it.
static void *block_break(void) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *end = (char *)(((uintptr_t)sbrk(0) + page - 1) & -page);
    void *p = mmap(end, page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (p != end)
        fail("the page behind the break");
    return p;
}

static void noncontiguous(int argc, char **argv) {
    (void)argc, (void)argv;
    fill(100000);
    block_break();
    fill(3 * MIB);
    tell();
}

// The break blocked, freed and blocked again: pieces of both kinds in turn.
static void alternating(int argc, char **argv) {
    (void)argc, (void)argv;
    fill(100000);
    for (int i = 0; i < 3; i++) {
        void *obstacle = block_break();
        fill(1500000);
        munmap(obstacle, (size_t)sysconf(_SC_PAGESIZE));
        fill(1500000);
    }
    tell();
}

// Not even the first piece comes from the break.
static void no_break(int argc, char **argv) {
    (void)argc, (void)argv;
    block_break();
    fill(3 * MIB);
    tell();
}

#ifdef NO_SECOND_LIBC
static void dlmopened(int argc, char **argv) {
    (void)argc, (void)argv;
    skip("a static program has no second libc");
}
#else
static void *find(void *library, const char *name) {
    void *symbol = dlsym(library, name);
    if (!symbol)
        fail(name);
    return symbol;
}

static void dlmopened(int argc, char **argv) {
    (void)argc, (void)argv;
    fill(200000);
    void *second = dlmopen(LM_ID_NEWLM, "libc.so.6", RTLD_NOW);
    if (!second)
        fail("dlmopen");
    void *(*their_malloc)(size_t), (*their_free)(void *);
    size_t (*their_usable)(void *);
    struct counts (*their_counts)(void);
    *(void **)&their_malloc = find(second, "malloc");
    *(void **)&their_free = find(second, "free");
    *(void **)&their_usable = find(second, "malloc_usable_size");
    *(void **)&their_counts = find(second, "mallinfo2");
    void *theirs[120];
    for (size_t i = 0; i < 120; i++)
        theirs[i] = their_malloc(10 + 100 * i);
    for (size_t i = 0; i < 120; i++) {
        if (i % 3 == 0)
            their_free(theirs[i]);
        else
            say("block 0x%zx %zu", (size_t)theirs[i], their_usable(theirs[i]));
    }
    tell_counts(their_counts());
    tell();
}
#endif

const struct heap_situation main_situations[] = {
    {"foreign", foreign}, {"noncontiguous", noncontiguous}, {"alternating", alternating},
    {"noBreak", no_break}, {"dlmopened", dlmopened}, {NULL, NULL},
};
