// The bare limit: the kernel calls that `pagealloc PID` makes, and nothing else. Decodes nothing, prints counts.
// bare [--light] PID; --light leaves kpageflags out, as `pagealloc --no-page-flags` does.
// bare --copy PID RANGES reads the memory of the ranges in a file ("START END" in hex, a line each) by
// /proc/PID/mem into one buffer, and does nothing else. (process_vm_readv is faster, but gives the target copies of pages that
// it shares or has shared: no limit for a program that must not. --copy-pinned reads by that, to tell what it would gain.)
#include "scan.h"
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

// The same sizes as in PageAlloc.Pages; kernel-side costs are why they are what they are.
enum {
    REGIONS = 512,
    PAGES_PER_SCAN = 128 << 10,
    JOINED_PAGES = 200,
    ENTRIES = 32 << 10,
    WINDOW = 256 << 10,
    JOINED_FRAMES = 3,
    FRAMES = 32 << 10,
    HUGE_PAGES = 512,
    DIGIT = 11,
    COPIED = 1 << 20,
};

static const uint64_t entry_present = 1ULL << 63, frame_mask = (1ULL << 55) - 1;

static uint64_t entries[ENTRIES], flags[FRAMES], keys[WINDOW], scratch[WINDOW];
static uint64_t first_entry;
static size_t entry_count, key_count;
static int pagemap, kpageflags = -1;

static struct {
    size_t lines, scans, regions, entry_reads, entries, frames, flag_reads, flags;
} counts;

static void die(const char *what) {
    perror(what);
    exit(1);
}

static int open_proc(const char *pid, const char *name) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%s/%s", pid, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        die(path);
    return fd;
}

// Reads maps whole; only its last lines are looked at, for the end of what PAGEMAP_SCAN takes ([vsyscall] lies above).
static uint64_t read_maps(const char *pid) {
    int fd = open_proc(pid, "maps");
    size_t size = 64 << 10, length = 0;
    char *text = malloc(size);
    for (ssize_t n; (n = read(fd, text + length, size - length - 1)) != 0; length += (size_t)n) {
        if (n < 0)
            die("maps");
        for (char *s = text + length; (s = memchr(s, '\n', (size_t)(text + length + n - s))); s++)
            counts.lines++;
        if (size - length - (size_t)n < 8 << 10)
            text = realloc(text, size *= 2);
    }
    close(fd);
    uint64_t end = 0;
    while (length > 0) {
        text[--length] = '\0';
        char *newline = memrchr(text, '\n', length), *line = newline ? newline + 1 : text;
        length = newline ? (size_t)(newline - text) + 1 : 0;
        end = strtoull(strchr(line, '-') + 1, NULL, 16);
        if (end <= INT64_MAX)
            break;
    }
    free(text);
    return end;
}

static void sort_keys(void) {
    uint64_t differing = 0, *from = keys, *to = scratch;
    bool ascending = true;
    for (size_t i = 1; i < key_count; i++) {
        differing |= keys[i] ^ keys[0];
        ascending &= keys[i] >= keys[i - 1];
    }
    for (int shift = 0; !ascending && differing >> shift != 0; shift += DIGIT) {
        uint32_t starts[1 << DIGIT] = {0}, next = 0;
        for (size_t i = 0; i < key_count; i++)
            starts[from[i] >> shift & ((1 << DIGIT) - 1)]++;
        for (size_t i = 0; i < 1 << DIGIT; i++) {
            uint32_t count = starts[i];
            starts[i] = next;
            next += count;
        }
        for (size_t i = 0; i < key_count; i++)
            to[starts[from[i] >> shift & ((1 << DIGIT) - 1)]++] = from[i];
        uint64_t *sorted = to;
        to = from;
        from = sorted;
    }
    if (from != keys)
        memcpy(keys, from, key_count * sizeof *keys);
}

static void read_flags(void) {
    sort_keys();
    for (size_t i = 0; i < key_count;) {
        uint64_t start = keys[i], end = start + 1;
        while (++i < key_count && keys[i] <= end + JOINED_FRAMES && keys[i] - start < FRAMES)
            end = keys[i] >= end ? keys[i] + 1 : end;
        ssize_t n = pread(kpageflags, flags, (end - start) * sizeof *flags, (off_t)(start * sizeof *flags));
        if (n < 0)
            die("kpageflags");
        counts.flag_reads++;
        counts.flags += (size_t)n / sizeof *flags;
    }
    counts.frames += key_count;
    key_count = 0;
}

static void read_entries(uint64_t first, uint64_t end) {
    size_t wanted = end - first < ENTRIES ? end - first : ENTRIES;
    ssize_t n = pread(pagemap, entries, wanted * sizeof *entries, (off_t)(first * sizeof *entries));
    if (n <= 0)
        die("pagemap");
    first_entry = first;
    entry_count = (size_t)n / sizeof *entries;
    counts.entry_reads++;
    counts.entries += entry_count;
}

// The end of the last region that is worth reading in the same call.
static uint64_t joined_end(const struct region *r, const struct region *last, uint64_t page_size) {
    uint64_t first = r->start, end = r->end;
    while (++r < last && !(r->categories & HUGE) && r->start - end <= JOINED_PAGES * page_size &&
           end - first < ENTRIES * page_size)
        end = r->categories & (PFNZERO | GUARD) ? end : r->end;
    return end / page_size;
}

static void read_region(const struct region *r, const struct region *last, uint64_t page_size) {
    uint64_t end = r->end / page_size;
    for (uint64_t page = r->start / page_size; page < end;) {
        if (page < first_entry || page - first_entry >= entry_count)
            read_entries(page, joined_end(r, last, page_size));
        for (; page < end && page - first_entry < entry_count; page++) {
            uint64_t entry = entries[page - first_entry], frame = entry & frame_mask;
            if (kpageflags < 0 || !(entry & entry_present) || frame == 0)
                continue;
            keys[key_count++] = frame;
            if (key_count == WINDOW)
                read_flags();
        }
    }
}

// One entry tells of all pages that a huge page-table entry maps.
static void read_huge(const struct region *r, uint64_t page_size) {
    uint64_t end = r->end / page_size;
    for (uint64_t page = r->start / page_size; page < end; page = page / HUGE_PAGES * HUGE_PAGES + HUGE_PAGES)
        read_entries(page, page + 1);
}

static void scan_all(uint64_t end, uint64_t page_size) {
    struct region found[REGIONS];
    uint64_t wanted = PRESENT | SWAPPED | PFNZERO | HUGE | GUARD;
    for (uint64_t start = 0; start < end;) {
        struct scan scan = {.size = sizeof scan, .start = start, .end = end, .max_pages = PAGES_PER_SCAN,
            .vec = (uintptr_t)found, .vec_len = REGIONS, .category_anyof_mask = PRESENT | SWAPPED,
            .return_mask = wanted};
        int n = ioctl(pagemap, SCAN, &scan);
        if (n < 0 && errno == EINVAL && wanted & GUARD) { // before Linux 6.16
            wanted &= ~(uint64_t)GUARD;
            continue;
        }
        if (n < 0)
            die("PAGEMAP_SCAN");
        counts.scans++;
        counts.regions += (size_t)n;
        for (const struct region *r = found; r < found + n; r++) {
            if (r->categories & (PFNZERO | GUARD))
                continue;
            if ((r->categories & (HUGE | PRESENT)) == (HUGE | PRESENT))
                read_huge(r, page_size);
            else
                read_region(r, found + n, page_size);
        }
        start = n > 0 && found[n - 1].end > scan.walk_end ? found[n - 1].end : scan.walk_end;
    }
}

static int copy(const char *pid, const char *path, bool pinned) {
    FILE *ranges = fopen(path, "re");
    if (!ranges)
        die(path);
    static char buffer[COPIED];
    size_t calls = 0, bytes = 0;
    int memory = open_proc(pid, "mem");
    for (uint64_t start, end; fscanf(ranges, "%lx %lx", &start, &end) == 2;)
        while (start < end) {
            size_t length = end - start < sizeof buffer ? end - start : sizeof buffer;
            struct iovec to = {buffer, length}, from = {(void *)start, length};
            ssize_t n = pinned ? process_vm_readv(atoi(pid), &to, 1, &from, 1, 0) : pread(memory, buffer, length, (off_t)start);
            if (n <= 0)
                die(pinned ? "process_vm_readv" : "read of mem");
            calls++;
            bytes += (size_t)n;
            start += (size_t)n;
        }
    printf("calls %zu bytes %zu\n", calls, bytes);
    return 0;
}

int main(int argc, char **argv) {
    bool pinned = argc == 4 && strcmp(argv[1], "--copy-pinned") == 0;
    if (pinned || (argc == 4 && strcmp(argv[1], "--copy") == 0))
        return copy(argv[2], argv[3], pinned);
    bool light = argc == 3 && strcmp(argv[1], "--light") == 0;
    if (argc != 2 + light) {
        fprintf(stderr, "usage: bare [--light] PID | --copy PID RANGES | --copy-pinned PID RANGES\n");
        return 2;
    }
    const char *pid = argv[argc - 1];
    uint64_t end = read_maps(pid);
    pagemap = open_proc(pid, "pagemap");
    if (!light)
        kpageflags = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
    scan_all(end, (uint64_t)sysconf(_SC_PAGESIZE));
    if (kpageflags >= 0)
        read_flags();
    printf("mappings %zu scans %zu ranges %zu ", counts.lines, counts.scans, counts.regions);
    printf("pagemap-reads %zu entries %zu ", counts.entry_reads, counts.entries);
    printf("kpageflags-reads %zu flags %zu frames %zu\n", counts.flag_reads, counts.flags, counts.frames);
    return 0;
}
