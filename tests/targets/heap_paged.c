// Heaps whose pages are not where they were: some swapped out, some merged by KSM, headers and all.
#include "heap.h"
#include <fcntl.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

enum { BLOCKS = 256, ATTEMPTS = 600 };

// Blocks of a whole page with their header, so that each page looks like the next.
static char *fill_pages(size_t *pages) {
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *first = NULL, *last = NULL;
    // What is below the threshold is not mapped by itself; neither are these.
    mallopt(M_MMAP_THRESHOLD, 1 << 20);
    for (size_t i = 0; i < BLOCKS; i++) {
        last = keep(malloc(page - 2 * sizeof(size_t)));
        memset(last, 0x5a, page - 2 * sizeof(size_t));
        if (i == 0)
            first = last;
    }
    first = (char *)(((uintptr_t)first + 2 * page - 1) & -page);
    *pages = (size_t)(last - first) / page;
    return first;
}

static void wait_a_little(void) {
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
}

static size_t left_in_memory(const char *start, size_t pages) {
    uint64_t entries[BLOCKS];
    size_t page = (size_t)sysconf(_SC_PAGESIZE), left = 0;
    int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    ssize_t bytes = pread64(pagemap, entries, pages * sizeof *entries, (off64_t)((uintptr_t)start / page * sizeof *entries));
    if (bytes != (ssize_t)(pages * sizeof *entries))
        fail("pagemap");
    close(pagemap);
    for (size_t i = 0; i < pages; i++)
        left += entries[i] >> 63;
    return left;
}

static void swapped(int argc, char **argv) {
    (void)argc, (void)argv;
    size_t pages;
    char *first = fill_pages(&pages);
    tell();
    // Every block of the first half stays where it is.
    first += pages / 2 * (size_t)sysconf(_SC_PAGESIZE), pages -= pages / 2;
    for (int attempt = 0;; attempt++) {
        if (attempt == ATTEMPTS || madvise(first, pages * (size_t)sysconf(_SC_PAGESIZE), MADV_PAGEOUT) != 0)
            skip("pages cannot be swapped out here");
        if (left_in_memory(first, pages) == 0)
            return;
        wait_a_little();
    }
}

static size_t merged_pages(void) {
    char text[32] = "";
    int file = open("/proc/self/ksm_merging_pages", O_RDONLY | O_CLOEXEC);
    if (file < 0 || read(file, text, sizeof text - 1) < 0)
        skip("this kernel has no KSM");
    close(file);
    return strtoul(text, NULL, 10);
}

static void merged(int argc, char **argv) {
    (void)argc, (void)argv;
    size_t pages;
    char *first = fill_pages(&pages);
    tell();
    if (madvise(first, pages * (size_t)sysconf(_SC_PAGESIZE), MADV_MERGEABLE) != 0)
        skip("this kernel has no KSM");
    for (int attempt = 0; merged_pages() < pages; attempt++) {
        if (attempt == ATTEMPTS)
            skip("KSM did not merge the pages");
        wait_a_little();
    }
}

const struct heap_situation paged_situations[] = {{"swapped", swapped}, {"merged", merged}, {NULL, NULL}};
