// Memory in a known state.
#include "target.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

size_t page_size(void) {
    return (size_t)sysconf(_SC_PAGESIZE);
}

char *page_at(void *start, size_t index) {
    return (char *)start + index * page_size();
}

uintptr_t round_up(uintptr_t value, size_t alignment) {
    return (value + alignment - 1) & ~(alignment - 1);
}

void *map(size_t bytes, int protection, int flags, int descriptor, off_t offset) {
    void *p = mmap(NULL, bytes, protection, flags, descriptor, offset);
    if (p == MAP_FAILED)
        fail("mmap");
    return p;
}

void *reserve(size_t pages) {
    size_t bytes = pages * page_size();
    void *p = map(bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    // A machine that makes everything huge must not make this huge.
    if (madvise(p, bytes, MADV_NOHUGEPAGE) != 0 && errno != EINVAL)
        fail("MADV_NOHUGEPAGE");
    return p;
}

void *reserve_aligned(size_t bytes, size_t alignment) {
    char *p = map(bytes + alignment, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    char *aligned = (char *)round_up((uintptr_t)p, alignment);
    // Without neighbours inside the same mapping, nothing but the situation itself decides its pages.
    if (aligned != p)
        munmap(p, (size_t)(aligned - p));
    if (aligned - p != (ptrdiff_t)alignment)
        munmap(aligned + bytes, alignment - (size_t)(aligned - p));
    return aligned;
}

void write_page(void *address) {
    *(volatile char *)address = 1;
}

void write_pages(void *start, size_t pages) {
    for (size_t i = 0; i < pages; i++)
        write_page(page_at(start, i));
}

void read_page(const void *address) {
    (void)*(const volatile char *)address;
}

void advise(void *start, size_t bytes, int advice, const char *what) {
    if (madvise(start, bytes, advice) != 0)
        fail(what);
}

static uint64_t pagemap_entry(int pagemap, const void *address) {
    uint64_t entry;
    if (pread(pagemap, &entry, sizeof entry, (off_t)((uintptr_t)address / page_size() * sizeof entry)) != sizeof entry)
        fail("pagemap");
    return entry;
}

// Reclaim passes over pages that are busy for a moment, so it is asked again until none is left.
void page_out(void *start, size_t pages) {
    int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    if (pagemap < 0)
        fail("pagemap");
    for (int attempt = 0; attempt < 200; attempt++) {
        advise(start, pages * page_size(), MADV_PAGEOUT, "MADV_PAGEOUT");
        size_t left = 0;
        for (size_t i = 0; i < pages; i++)
            left += pagemap_entry(pagemap, page_at(start, i)) >> 63;
        if (left == 0) {
            close(pagemap);
            return;
        }
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    }
    skip("pages cannot be swapped out here");
}

// 0 when the mapping or the key is not there; for conditions of the machine, never for a truth about single pages.
size_t smaps_kilobytes(const void *address, const char *key) {
    FILE *smaps = fopen("/proc/self/smaps", "re");
    if (!smaps)
        fail("smaps");
    char *line = NULL;
    size_t capacity = 0, kilobytes = 0;
    int inside = 0;
    while (getline(&line, &capacity, smaps) > 0) {
        uintmax_t start, end;
        size_t length = strlen(key);
        if (sscanf(line, "%jx-%jx ", &start, &end) == 2)
            inside = start <= (uintptr_t)address && (uintptr_t)address < end;
        else if (inside && strncmp(line, key, length) == 0 && line[length] == ':')
            kilobytes = strtoul(line + length + 1, NULL, 10);
    }
    free(line);
    fclose(smaps);
    return kilobytes;
}
