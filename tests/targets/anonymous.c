// Private memory in base pages: touched, only read, untouched, locked, given back, guarded, swapped, merged.
#include "target.h"
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

// Runs of growing length, so that neither a shifted nor a swapped state can look right.
static void small(int argc, char **argv) {
    (void)argc, (void)argv;
    static const char *const states[] = {ANONYMOUS("4K"), ZERO, NOT_PRESENT};
    const size_t pages = 300;
    char *p = reserve(pages);
    region("small", p, pages);
    for (size_t i = 0, run = 0; i < pages; run++) {
        size_t length = 1 + run / 3;
        if (length > pages - i)
            length = pages - i;
        for (size_t k = 0; k < length; k++) {
            if (run % 3 == 0)
                write_page(page_at(p, i + k));
            else if (run % 3 == 1)
                read_page(page_at(p, i + k));
        }
        holds(states[run % 3], length);
        i += length;
    }
    region_end();
}

static void locked(int argc, char **argv) {
    (void)argc, (void)argv;
    char *p = reserve(48);
    if (mlock(p, 16 * page_size()) != 0)
        skip("memory cannot be locked");
    region("locked", p, 48);
    holds(ANONYMOUS("4K"), 16);
    holds(NOT_PRESENT, 32);
    region_end();
}

static void lazily_freed(int argc, char **argv) {
    (void)argc, (void)argv;
    char *p = reserve(257);
    write_pages(p, 256);
    // The kernel marks pages in batches of each CPU; the next advice on the same CPU ends the last batch.
    cpu_set_t here;
    CPU_ZERO(&here);
    CPU_SET(sched_getcpu(), &here);
    sched_setaffinity(0, sizeof here, &here);
    advise(p, 128 * page_size(), MADV_FREE, "MADV_FREE");
    advise(page_at(p, 256), page_size(), MADV_FREE, "MADV_FREE");
    region_of("lazilyFreed", p, ANONYMOUS("4K"), 256);
}

static void inaccessible(int argc, char **argv) {
    (void)argc, (void)argv;
    char *p = reserve(24);
    write_pages(page_at(p, 4), 8);
    if (mprotect(p, 24 * page_size(), PROT_NONE) != 0)
        fail("mprotect");
    region("inaccessible", p, 24);
    holds(NOT_PRESENT, 4);
    holds(ANONYMOUS("4K"), 8);
    holds(NOT_PRESENT, 12);
    region_end();
}

static void guard(int argc, char **argv) {
    (void)argc, (void)argv;
    char *p = reserve(20);
    write_pages(p, 12);
    if (madvise(page_at(p, 4), 4 * page_size(), MADV_GUARD_INSTALL) != 0) {
        if (errno == EINVAL)
            skip("this kernel has no guard pages");
        fail("MADV_GUARD_INSTALL");
    }
    advise(page_at(p, 14), 3 * page_size(), MADV_GUARD_INSTALL, "MADV_GUARD_INSTALL");
    region("guard", p, 20);
    holds(ANONYMOUS("4K"), 4);
    holds(GUARD, 4);
    holds(ANONYMOUS("4K"), 4);
    holds(NOT_PRESENT, 2);
    holds(GUARD, 3);
    holds(NOT_PRESENT, 3);
    region_end();
}

static void swapped(int argc, char **argv) {
    (void)argc, (void)argv;
    char *p = reserve(96);
    write_pages(p, 80);
    page_out(page_at(p, 16), 48);
    // Read back at once: the page is in the swap cache and mapped again.
    read_page(page_at(p, 20));
    write_page(page_at(p, 30));
    region("swapped", p, 96);
    holds(ANONYMOUS("4K"), 16);
    holds(SWAPPED, 4);
    holds(ANONYMOUS("4K"), 1);
    holds(SWAPPED, 9);
    holds(ANONYMOUS("4K"), 1);
    holds(SWAPPED, 33);
    holds(ANONYMOUS("4K"), 16);
    holds(NOT_PRESENT, 16);
    region_end();
}

static long merged_pages(void) {
    FILE *f = fopen("/proc/self/ksm_merging_pages", "re");
    long pages = -1;
    if (f) {
        if (fscanf(f, "%ld", &pages) != 1)
            pages = -1;
        fclose(f);
    }
    return pages;
}

static void ksm(int argc, char **argv) {
    (void)argc, (void)argv;
    const size_t same = 64, different = 8, pages = same + different;
    char *p = reserve(pages);
    memset(p, 0x5a, same * page_size());
    for (size_t i = 0; i < different; i++)
        memset(page_at(p, same + i), (int)i + 1, page_size());
    if (madvise(p, pages * page_size(), MADV_MERGEABLE) != 0)
        skip("this kernel has no KSM");
    for (int attempt = 0; merged_pages() < (long)same; attempt++) {
        if (attempt == 600)
            skip("KSM did not merge the pages");
        nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    }
    region("ksm", p, pages);
    holds(KSM, same);
    holds(ANONYMOUS("4K"), different);
    region_end();
}

// dense BYTES [thp]
static void dense(int argc, char **argv) {
    if (argc < 1)
        skip("dense needs a size");
    size_t bytes = strtoull(argv[0], NULL, 0);
    int huge = argc > 1 && strcmp(argv[1], "thp") == 0;
    bytes = round_up(bytes, HUGE_BYTES);
    char *p = reserve_aligned(bytes, HUGE_BYTES);
    advise(p, bytes, huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE, "madvise");
    write_pages(p, bytes / page_size());
    region_of("dense", p, huge ? ANONYMOUS("2M") : ANONYMOUS("4K"), bytes / page_size());
}

const struct situation anonymous_situations[] = {
    {"small", small}, {"locked", locked}, {"lazilyFreed", lazily_freed}, {"inaccessible", inaccessible},
    {"guard", guard}, {"swapped", swapped}, {"ksm", ksm}, {"dense", dense}, {NULL, NULL},
};
