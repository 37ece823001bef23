// Heaps as programs leave them: random sizes and ways to ask; and one of many millions of blocks.
#include "heap.h"
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SLOTS = 600, SHARED_SLOTS = 64, LARGEST_BITS = 18 };

static uint64_t churn_seed;
static size_t churn_operations, churn_threads;
static void **churn_slots;
// Through these a block goes from the thread that made it to another, which frees it.
static void *shared_slots[SHARED_SLOTS];

// As many between 16 and 32 bytes as between 128 and 256 KiB, up to 300 KB.
static size_t random_size(uint64_t *state) {
    size_t magnitude = (size_t)1 << random_of(state) % (LARGEST_BITS + 1);
    size_t size = magnitude + random_of(state) % magnitude;
    return size < 300000 ? size : 300000;
}

static void *random_block(uint64_t *state) {
    size_t size = random_size(state);
    void *block = NULL;
    switch (random_of(state) % 8) {
    case 0:
        return calloc(1 + size / 8, 8);
    case 1:
        if (posix_memalign(&block, (size_t)16 << random_of(state) % 10, size) != 0)
            return NULL;
        return block;
    default:
        return malloc(size);
    }
}

static void churn_once(void **slots, uint64_t *state) {
    void **slot = &slots[random_of(state) % SLOTS];
    uint32_t action = random_of(state) % 16;
    if (action == 0) {
        void **shared = &shared_slots[random_of(state) % SHARED_SLOTS];
        *slot = __atomic_exchange_n(shared, *slot, __ATOMIC_ACQ_REL);
    } else if (action < 5 && *slot) {
        void *moved = realloc(*slot, random_size(state));
        if (!moved)
            fail("realloc");
        *slot = moved;
    } else if (action < 10) {
        free(*slot);
        *slot = NULL;
    } else {
        free(*slot);
        if (!(*slot = random_block(state)))
            fail("malloc");
        // What a program writes must not be taken for the allocator's.
        memset(*slot, (int)random_of(state), 1 + usable(*slot) / 2);
    }
}

static void churn_thread(size_t index) {
    uint64_t state = churn_seed * 1000003 + index * 7919 + 1;
    for (size_t i = 0; i < churn_operations; i++)
        churn_once(churn_slots + index * SLOTS, &state);
}

static void churn_other_thread(size_t index) {
    churn_thread(index + 1);
}

static uint64_t *churn_states;

static void churn_on(size_t index) {
    if (churn_states[index] == 0)
        churn_states[index] = churn_seed * 1000003 + index * 7919 + 1;
    churn_once(churn_slots + index * SLOTS, &churn_states[index]);
}

// churn SEED THREADS OPERATIONS; the main thread is one of them.
static void churn(int argc, char **argv) {
    churn_seed = number(argc, argv, 0, 1);
    churn_threads = number(argc, argv, 1, 4);
    churn_operations = number(argc, argv, 2, 20000);
    churn_slots = blank(churn_threads * SLOTS * sizeof *churn_slots);
    churn_thread(0);
    if (churn_threads > 1)
        stand_still_after(churn_threads - 1, churn_other_thread);
    for (size_t i = 0; i < churn_threads * SLOTS; i++)
        if (churn_slots[i])
            keep(churn_slots[i]);
    for (size_t i = 0; i < SHARED_SLOTS; i++)
        if (shared_slots[i])
            keep(shared_slots[i]);
    tell();
}

// busy SEED THREADS: they go on for ever, so that nothing can be told of them.
static void busy(int argc, char **argv) {
    churn_seed = number(argc, argv, 0, 1);
    churn_threads = number(argc, argv, 1, 4);
    churn_slots = blank((churn_threads + 1) * SLOTS * sizeof *churn_slots);
    churn_states = blank((churn_threads + 1) * sizeof *churn_states);
    keep_working(churn_threads, churn_on);
}

// busyAlone SEED: a process of one thread, which takes no lock; until standard input ends.
static void busy_alone(int argc, char **argv) {
    churn_seed = number(argc, argv, 0, 1);
    churn_slots = blank(SLOTS * sizeof *churn_slots);
    churn_states = blank(sizeof *churn_states);
    say("READY");
    for (size_t i = 0; i % 1024 != 0 || poll(&(struct pollfd){.fd = STDIN_FILENO, .events = POLLIN}, 1, 0) == 0; i++)
        churn_on(0);
    _exit(0);
}

// big BYTES BLOCKS: four tenths of them are freed, in random runs. Each block holds the address of the one made before it.
static void big(int argc, char **argv) {
    size_t bytes = number(argc, argv, 0, 4 * MIB), count = number(argc, argv, 1, 20000);
    size_t mean = bytes / count > 32 ? bytes / count - sizeof(void *) : 24;
    uint64_t state = 42;
    void **last = NULL;
    for (size_t i = 0; i < count; i++) {
        // Between half and one and a half of the mean.
        void **block = malloc(mean / 2 + random_of(&state) % (mean + 1));
        if (!block)
            fail("malloc");
        *block = last;
        last = block;
    }
    int freeing = 0;
    for (void **block = last, **next; block; block = next) {
        next = *block;
        if (random_of(&state) % 4 == 0)
            freeing = random_of(&state) % 10 < 4;
        if (freeing)
            free(block);
    }
    tell_totals();
}

// The small process that is written out in the reference, section 15.
static void one(int argc, char **argv) {
    (void)argc, (void)argv;
    void *small[20];
    for (int i = 0; i < 20; i++)
        small[i] = keep(malloc(24));
    void *large = keep(malloc(3000));
    keep(malloc(10));
    for (int i = 0; i < 10; i++)
        drop(small[i]);
    drop(large);
    keep(malloc(200000));
    tell();
}

// Not one call of malloc, and none of what would make malloc ready.
static void idle(int argc, char **argv) {
    (void)argc, (void)argv;
}

const struct heap_situation churn_situations[] = {
    {"churn", churn}, {"busy", busy}, {"busyAlone", busy_alone}, {"big", big}, {"one", one}, {"idle", idle}, {NULL, NULL},
};
