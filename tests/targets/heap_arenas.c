// Arenas: one for each thread, shared ones, ones of several heaps, ones whose threads ended, and those a forked child inherits.
#include "heap.h"
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { FEW = 40 };

// Some stay, some are freed into this thread's cache and its arena's bins.
static void use_some(size_t index) {
    void *made[FEW];
    for (size_t i = 0; i < FEW; i++)
        made[i] = keep(malloc(20 + index + 300 * i));
    for (size_t i = 0; i < FEW; i += 3)
        drop(made[i]);
    // Four alike are in the cache of every release.
    for (size_t i = 0; i < 4; i++)
        made[i] = keep(malloc(72));
    for (size_t i = 0; i < 4; i++)
        drop(made[i]);
}

// arenas COUNT
static void arenas(int argc, char **argv) {
    mallopt(M_ARENA_MAX, 200);
    use_some(0);
    stand_still_after(number(argc, argv, 0, 40), use_some);
    tell();
}

// Stacks in blocks of the main arena, and one in a block that is a mapping.
static void own_stacks(int argc, char **argv) {
    (void)argc, (void)argv;
    enum { COUNT = 4 };
    const size_t size = 96 * KIB;
    void *stacks[COUNT];
    mallopt(M_ARENA_MAX, 200);
    mallopt(M_MMAP_THRESHOLD, 128 * KIB);
    use_some(0);
    for (size_t i = 0; i < COUNT; i++)
        stacks[i] = keep(i == COUNT - 1 ? malloc(4 * size) : malloc(size));
    stand_still_on(COUNT, stacks, size, use_some);
    tell();
}

static void shared_arena(int argc, char **argv) {
    (void)argc, (void)argv;
    mallopt(M_ARENA_MAX, 2);
    use_some(0);
    stand_still_after(6, use_some);
    tell();
}

static void ended(int argc, char **argv) {
    (void)argc, (void)argv;
    mallopt(M_ARENA_MAX, 200);
    use_some(0);
    let_end_after(6, use_some);
    stand_still_after(2, use_some);
    tell();
}

// Blocks of 100 KB, just below what is mapped by itself, so that few pages are touched for many heaps.
static void fill_heaps(size_t index) {
    const size_t size = 100000, count = 7 * HEAP_MAX / 2 / size;
    void **made = blank(count * sizeof *made);
    for (size_t i = 0; i < count; i++)
        made[i] = keep(malloc(size));
    // What stands before the fence of a full heap is free in one arena, used with a free one before it in another.
    for (size_t i = 2; i < count; i++)
        if (((uintptr_t)made[i] ^ (uintptr_t)made[i - 1]) / HEAP_MAX && index < 2)
            drop(made[i - 1 - index]);
    drop(keep(malloc(2000)));
}

static void heaps(int argc, char **argv) {
    (void)argc, (void)argv;
    stand_still_after(3, fill_heaps);
    tell();
}

// All but the first block freed: the arena lets go of its newer heaps and shrinks.
static void fill_and_shrink(size_t index) {
    (void)index;
    size_t count = 3 * HEAP_MAX / 2 / 100000;
    void **made = blank(count * sizeof *made);
    for (size_t i = 0; i < count; i++)
        made[i] = keep(malloc(100000));
    while (count > 1)
        drop(made[--count]);
}

static void shrunk(int argc, char **argv) {
    (void)argc, (void)argv;
    fill_and_shrink(0);
    stand_still_after(2, fill_and_shrink);
    tell();
}

// The child has its parent's heap, but none of its other threads: what those had cached is lost.
static void forked(int argc, char **argv) {
    (void)argc, (void)argv;
    int told[2];
    if (pipe(told) != 0)
        fail("pipe");
    use_some(0);
    stand_still_after(3, use_some);
    pid_t parent = getpid(), child = fork();
    if (child < 0)
        fail("fork");
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        use_some(7);
        tell();
        say("child %d", getpid());
        say("READY");
        close(told[0]), close(told[1]);
        // The parent may have gone before the line above.
        while (getppid() == parent)
            pause();
        _exit(0);
    }
    // The truth is the child's; the parent is quiet until its own end.
    close(told[1]);
    char byte;
    while (read(told[0], &byte, 1) > 0 || read(STDIN_FILENO, &byte, 1) > 0)
        ;
    kill(child, SIGKILL);
    _exit(0);
}

const struct heap_situation arena_situations[] = {
    {"arenas", arenas}, {"ownStacks", own_stacks}, {"sharedArena", shared_arena}, {"ended", ended}, {"heaps", heaps},
    {"shrunk", shrunk}, {"forked", forked}, {NULL, NULL},
};
