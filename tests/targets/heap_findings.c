// What there is to say of a heap: each situation shows it, comes near it, or follows the advice that is given.
#include "heap.h"
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LONG_LIVED = 40 };

static int is(int argc, char **argv, int index, const char *word) {
    return argc > index && strcmp(argv[index], word) == 0;
}

static char *touched(size_t size) {
    char *block = malloc(size);
    if (!block)
        fail("malloc");
    return memset(block, 1, size);
}

static size_t chunk_size(void *block) {
    return malloc_usable_size(block) + sizeof(size_t);
}

static pthread_barrier_t all_high;
static int is_together;

// Frees COUNT blocks of SIZE with a small one that stays behind each PERIOD of them; gives the bytes that are free.
static size_t leave_holes(size_t count, size_t size, size_t period) {
    char **blocks = blank(count * sizeof *blocks);
    size_t freed = 0;
    for (size_t i = 0; i < count; i++) {
        blocks[i] = touched(size);
        freed += chunk_size(blocks[i]);
        if (i % period == period - 1)
            touched(LONG_LIVED);
    }
    if (is_together)
        pthread_barrier_wait(&all_high);
    for (size_t i = 0; i < count; i++)
        free(blocks[i]);
    return freed;
}

// findTrimmable MIB [pinned]: as much is free, in whole pages or in none.
static void find_trimmable(int argc, char **argv) {
    size_t size = is(argc, argv, 1, "pinned") ? 3000 : 64 * KIB - 64;
    say("freed %zu", leave_holes(number(argc, argv, 0, 16) * MIB / size, size, 1));
}

// findPinned MIB between|before|dense: what lives long is between what lives short, before it, or most of it.
static void find_pinned(int argc, char **argv) {
    size_t page = 4096, chunk = 48, header = sizeof(size_t), count = number(argc, argv, 0, 16) * MIB / page;
    int is_before = is(argc, argv, 1, "before");
    if (is(argc, argv, 1, "dense"))
        chunk = page * 7 / 8;
    for (size_t i = 0; is_before && i < count; i++)
        touched(chunk - header);
    char **between = blank(count * sizeof *between);
    for (size_t i = 0; i < count; i++) {
        between[i] = touched(page - chunk - header);
        if (!is_before)
            touched(chunk - header);
    }
    size_t freed = 0;
    for (size_t i = 0; i < count; i++) {
        freed += chunk_size(between[i]);
        free(between[i]);
    }
    say("freed %zu", freed);
}

// Fills some MiB and frees all; the top keeps what the threshold lets it.
static void rise_and_fall(size_t index) {
    enum { COUNT = 64 };
    char *blocks[COUNT];
    (void)index;
    for (size_t i = 0; i < COUNT; i++)
        blocks[i] = touched(64 * KIB);
    for (size_t i = COUNT; i-- > 0;)
        free(blocks[i]);
}

// findHuge MIB [asked|disabled]: a heap that grew at once, and of which nothing but the headers of blocks was touched. The
// program asks for huge pages there, and in the last case has forbidden them to itself.
static void find_huge(int argc, char **argv) {
    size_t size = 100 * KIB, bytes = number(argc, argv, 0, 32) * MIB, page = 4096;
    mallopt(M_TOP_PAD, (int)bytes);
    if (is(argc, argv, 1, "disabled") && prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) != 0)
        fail("PR_SET_THP_DISABLE");
    uintptr_t start = (uintptr_t)malloc(size) & -page;
    if (argc > 1 && madvise((void *)start, (uintptr_t)sbrk(0) - start, MADV_HUGEPAGE) != 0)
        skip("this kernel has no transparent huge pages");
    char **blocks = blank(bytes / size * sizeof *blocks);
    for (size_t i = 0; i < bytes / size; i++)
        blocks[i] = malloc(size);
    // The last one stays.
    for (size_t i = 0; i + 1 < bytes / size; i++)
        free(blocks[i]);
}

// findTops THREADS grown|usual: a large block freed before makes the threshold grow.
static void find_tops(int argc, char **argv) {
    if (is(argc, argv, 1, "grown"))
        free(touched(8 * MIB));
    stand_still_after(number(argc, argv, 0, 4), rise_and_fall);
}

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static size_t peak_period;

// Threads that are all there, with their peaks one after the other unless they are to come together.
static void peak_in_turn(size_t index) {
    (void)index;
    // The arena is got before waiting, as by threads that live long.
    touched(LONG_LIVED);
    if (!is_together)
        pthread_mutex_lock(&turn);
    leave_holes(2000, 2000, peak_period);
    if (!is_together)
        pthread_mutex_unlock(&turn);
}

static void fill_up(size_t index) {
    (void)index;
    for (size_t i = 0; i < 2000; i++)
        touched(2000);
}

// findArenas THREADS stay|end|full|together: threads that stay, have ended, hold all that they got, or have their peaks together.
static void find_arenas(int argc, char **argv) {
    size_t threads = number(argc, argv, 0, 6);
    peak_period = 8;
    is_together = is(argc, argv, 1, "together");
    if (pthread_barrier_init(&all_high, NULL, (unsigned)threads) != 0)
        fail("pthread_barrier_init");
    if (is(argc, argv, 1, "end"))
        let_end_after(threads, peak_in_turn);
    else
        stand_still_after(threads, is(argc, argv, 1, "full") ? fill_up : peak_in_turn);
}

// findThreshold SIZE grown|usual: holes of SIZE bytes, after a large block was freed or not.
static void find_threshold(int argc, char **argv) {
    size_t size = number(argc, argv, 0, 512 * KIB);
    if (is(argc, argv, 1, "grown"))
        free(touched(MIB));
    say("freed %zu", leave_holes(16 * MIB / size, size, 1));
}

static size_t cached_bytes;

// As many of each size as each release keeps, one size after the other.
static void fill_cache(size_t index) {
    enum { KEPT = 7 };
    size_t bytes = 0;
    (void)index;
    for (size_t size = 24; size <= 1032; size += 16) {
        char *blocks[KEPT];
        for (size_t i = 0; i < KEPT; i++) {
            blocks[i] = touched(size);
            bytes += chunk_size(blocks[i]);
        }
        for (size_t i = 0; i < KEPT; i++)
            free(blocks[i]);
    }
    __atomic_fetch_add(&cached_bytes, bytes, __ATOMIC_SEQ_CST);
}

static void cache_little(size_t index) {
    (void)index;
    touched(200 * KIB / 2);
    free(touched(100));
}

// findTcaches THREADS full|little
static void find_tcaches(int argc, char **argv) {
    stand_still_after(number(argc, argv, 0, 8), is(argc, argv, 1, "little") ? cache_little : fill_cache);
    say("cached %zu", cached_bytes);
}

// findOrphans THREADS late|early|exec: the child of a process with threads, of one that has none yet, or another program.
static void find_orphans(int argc, char **argv) {
    size_t threads = number(argc, argv, 0, 8);
    int is_early = is(argc, argv, 1, "early");
    touched(LONG_LIVED);
    if (!is_early)
        stand_still_after(threads, fill_cache);
    pid_t child = fork();
    if (child < 0)
        fail("fork");
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        touched(LONG_LIVED);
        if (is(argc, argv, 1, "exec"))
            execl("/proc/self/exe", "heap", "findNothing", "child", NULL), fail("execl");
        say("cached %zu", cached_bytes);
        say("child %d", getpid());
        return;
    }
    if (is_early)
        stand_still_after(threads, fill_cache);
    // The child is what is looked at.
    waitpid(child, NULL, 0);
    _exit(0);
}

// findSwapped MIB heap|other|locked: what is to be paged out is of malloc, is not, or may not be paged out.
static void find_swapped(int argc, char **argv) {
    size_t bytes = number(argc, argv, 0, 16) * MIB, page = 4096, size = 4000;
    char *first = NULL, *last = NULL;
    if (is(argc, argv, 1, "other"))
        first = memset(blank(bytes), 1, bytes), last = first + bytes;
    else
        for (size_t i = 0; i < bytes / size; i++) {
            last = touched(size);
            first = first ? first : last;
        }
    if (is(argc, argv, 1, "locked") && mlockall(MCL_CURRENT) != 0)
        skip("memory cannot be locked");
    // Whole pages between the first block and the last.
    say("range %zx-%zx", ((uintptr_t)first + page - 1) & -page, (uintptr_t)last & -page);
}

// findOther MIB mapped|malloc: memory that the program maps itself, or as a block.
static void find_other(int argc, char **argv) {
    size_t bytes = number(argc, argv, 0, 32) * MIB;
    touched(LONG_LIVED);
    char *memory = is(argc, argv, 1, "malloc") ? malloc(bytes) : blank(bytes);
    memset(memory, 1, bytes);
    say("at %p", (void *)memory);
}

// findNothing [child]
static void find_nothing(int argc, char **argv) {
    touched(LONG_LIVED);
    if (is(argc, argv, 0, "child"))
        say("child %d", getpid());
}

const struct heap_situation finding_situations[] = {
    {"findTrimmable", find_trimmable}, {"findPinned", find_pinned}, {"findTops", find_tops}, {"findArenas", find_arenas},
    {"findThreshold", find_threshold}, {"findTcaches", find_tcaches}, {"findOrphans", find_orphans},
    {"findHuge", find_huge}, {"findSwapped", find_swapped}, {"findOther", find_other}, {"findNothing", find_nothing}, {NULL, NULL},
};
