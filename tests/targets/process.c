// Processes: one that shares its memory with a child, one of many threads, a zombie's parent, one that ends by itself.
#include "target.h"
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

// arguments present|dropped|swapped TEXT: a page of its own command line, which lies within the long TEXT.
static void arguments(int argc, char **argv) {
    if (argc < 2 || strlen(argv[1]) < 3 * page_size())
        skip("arguments needs a text of three pages");
    char *page = (char *)round_up((uintptr_t)argv[1], page_size());
    const char *state = ANONYMOUS("4K");
    if (strcmp(argv[0], "dropped") == 0) {
        advise(page, page_size(), MADV_DONTNEED, "MADV_DONTNEED");
        state = NOT_PRESENT;
    } else if (strcmp(argv[0], "swapped") == 0) {
        page_out(page, 1);
        state = SWAPPED;
    }
    region_of("arguments", page, state, 1);
}

static int is_over(int milliseconds) {
    return poll(&(struct pollfd){.fd = STDIN_FILENO, .events = POLLIN}, 1, milliseconds) != 0;
}

// replacing [GENERATION]: runs itself again and again; the even ones have 700 pages that can be read only once all are
// written, the odd ones 900 that nobody ever touches.
static void replacing(int argc, char **argv) {
    const size_t written = 700, untouched = 900;
    unsigned long generation = argc > 0 ? strtoul(argv[0], NULL, 10) : 0;
    char *p = reserve(generation % 2 == 0 ? written : untouched);
    if (generation % 2 == 0)
        write_pages(p, written);
    if (mprotect(p, (generation % 2 == 0 ? written : untouched) * page_size(), PROT_READ) != 0)
        fail("mprotect");
    if (generation == 0) {
        puts("READY");
        fflush(stdout);
    }
    if (is_over((int)(generation % 7 * 30)))
        exit(0);
    char next[32];
    snprintf(next, sizeof next, "%lu", generation + 1);
    execl("/proc/self/exe", "pages", "replacing", next, (char *)NULL);
    fail("exec");
}

// Maps, writes and unmaps all the time.
static void moving(int argc, char **argv) {
    (void)argc, (void)argv;
    enum { PLACES = 64 };
    static struct { void *start; size_t pages; } places[PLACES];
    puts("READY");
    fflush(stdout);
    for (size_t i = 0; i % 256 != 0 || !is_over(0); i++) {
        size_t at = i * 7 % PLACES;
        if (places[at].start)
            munmap(places[at].start, places[at].pages * page_size());
        places[at].pages = 1 + i * 37 % 300;
        places[at].start = reserve(places[at].pages);
        write_pages(places[at].start, places[at].pages / 2);
    }
    exit(0);
}

static int is_zombie(pid_t process) {
    char path[64], text[512];
    snprintf(path, sizeof path, "/proc/%d/stat", process);
    FILE *stat = fopen(path, "re");
    size_t length = stat ? fread(text, 1, sizeof text - 1, stat) : 0;
    if (stat)
        fclose(stat);
    text[length] = 0;
    const char *name_end = strrchr(text, ')');
    return name_end && name_end[1] == ' ' && name_end[2] == 'Z';
}

static void *outlive_leader(void *unused) {
    (void)unused;
    while (!is_zombie(getpid()))
        usleep(1000);
    printf("child %d\nREADY\n", gettid());
    fflush(stdout);
    char byte;
    exit(read(STDIN_FILENO, &byte, 1) < 0);
}

// Its main thread has left, another stands; `child` is the number of that one.
static void leaderless(int argc, char **argv) {
    (void)argc, (void)argv;
    char *p = reserve(64);
    write_pages(page_at(p, 16), 24);
    region("leaderless", p, 64);
    holds(NOT_PRESENT, 16);
    holds(ANONYMOUS("4K"), 24);
    holds(NOT_PRESENT, 24);
    region_end();
    pthread_t thread;
    if (pthread_create(&thread, NULL, outlive_leader, NULL) != 0)
        fail("pthread_create");
    pthread_exit(NULL);
}

const struct situation process_situations[] = {
    {"forked", forked}, {"threads", threads}, {"zombie", zombie}, {"ending", ending}, {"closed", closed},
    {"arguments", arguments}, {"replacing", replacing}, {"moving", moving}, {"leaderless", leaderless}, {NULL, NULL},
};
