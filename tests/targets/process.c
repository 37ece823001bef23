// Processes: one that shares its memory with a child, one of many threads, a zombie's parent, one that ends by itself.
#include "target.h"
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

// The child shares every page with its parent and ends with it.
static pid_t fork_standing_child(void) {
    pid_t parent = getpid();
    fflush(stdout);
    pid_t child = fork();
    if (child < 0)
        fail("fork");
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        // The parent may have gone before the line above.
        while (getppid() == parent)
            pause();
        _exit(0);
    }
    printf("child %d\n", child);
    return child;
}

static void forked(int argc, char **argv) {
    (void)argc, (void)argv;
    const size_t huge = HUGE_BYTES / page_size();
    char *p = reserve(64);
    char *large = reserve_aligned(HUGE_BYTES, HUGE_BYTES);
    write_pages(p, 48);
    int transparent = madvise(large, HUGE_BYTES, MADV_HUGEPAGE) == 0;
    write_page(large);
    transparent = transparent && smaps_kilobytes(large, "AnonHugePages") == HUGE_BYTES / KIB;
    advise(large, HUGE_BYTES, MADV_NOHUGEPAGE, "MADV_NOHUGEPAGE");
    fork_standing_child();
    // Written after the fork: copied, no longer shared, still anonymous.
    write_pages(page_at(p, 40), 8);
    region("forked", p, 64);
    holds(ANONYMOUS("4K"), 48);
    holds(NOT_PRESENT, 16);
    region_end();
    if (transparent)
        region_of("forkedHuge", large, ANONYMOUS("2M"), huge);
}

static void *touch_and_wait(void *page) {
    write_page(page);
    for (;;)
        pause();
    return NULL;
}

static void threads(int argc, char **argv) {
    (void)argc, (void)argv;
    const size_t count = 64;
    char *p = reserve(2 * count);
    for (size_t i = 0; i < count; i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, touch_and_wait, page_at(p, 2 * i)) != 0)
            fail("pthread_create");
        pthread_detach(thread);
    }
    volatile char *pages = p;
    for (size_t i = 0; i < count; i++)
        while (pages[2 * i * page_size()] == 0)
            usleep(1000);
    region("threads", p, 2 * count);
    for (size_t i = 0; i < count; i++) {
        holds(ANONYMOUS("4K"), 1);
        holds(NOT_PRESENT, 1);
    }
    region_end();
}

static void zombie(int argc, char **argv) {
    (void)argc, (void)argv;
    fflush(stdout);
    pid_t child = fork();
    if (child < 0)
        fail("fork");
    if (child == 0)
        _exit(0);
    siginfo_t info;
    // Wait for its end, but leave it unburied.
    if (waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT) != 0)
        fail("waitid");
    printf("zombie %d\n", child);
}

// Ends at the first line of standard input, without waiting for its end.
static void ending(int argc, char **argv) {
    (void)argc, (void)argv;
    char *p = reserve(16);
    write_pages(p, 16);
    region_of("ending", p, ANONYMOUS("4K"), 16);
    puts("READY");
    fflush(stdout);
    char byte;
    exit(read(STDIN_FILENO, &byte, 1) < 0);
}

// A target that its own user may not look into, as one that changed its user.
static void closed(int argc, char **argv) {
    (void)argc, (void)argv;
    if (prctl(PR_SET_DUMPABLE, 0) != 0)
        fail("prctl");
}

const struct situation process_situations[] = {
    {"forked", forked}, {"threads", threads}, {"zombie", zombie}, {"ending", ending}, {"closed", closed}, {NULL, NULL},
};
