// The limit of `pagealloc ps`: of every process what has to be read, and nothing else. Decodes only what says where to
// read on: comm, stat, status, maps; PAGEMAP_SCAN and pagemap of what is resident; the resident bytes of [heap].
#include "scan.h"
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { REGIONS = 512, PAGES_PER_SCAN = 128 << 10, ENTRIES = 32 << 10 };

static char text[8 << 20], copied[1 << 20];
static uint64_t entries[ENTRIES];
static size_t processes, regions, pages, bytes;

// A process may end at any moment: what can't be read is left out.
static size_t slurp(int folder, const char *name) {
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
    size_t length = 0;
    for (ssize_t n; fd >= 0 && (n = read(fd, text + length, sizeof text - 1 - length)) > 0;)
        length += (size_t)n;
    if (fd >= 0)
        close(fd);
    text[length] = '\0';
    return length;
}

static void read_entries(int pagemap, uint64_t start, uint64_t end, uint64_t page_size) {
    for (uint64_t page = start / page_size; page < end / page_size;) {
        uint64_t wanted = end / page_size - page < ENTRIES ? end / page_size - page : ENTRIES;
        ssize_t n = pread(pagemap, entries, wanted * sizeof *entries, (off_t)(page * sizeof *entries));
        if (n <= 0)
            return;
        page += (uint64_t)n / sizeof *entries;
        pages += (size_t)n / sizeof *entries;
    }
}

static void read_memory(int memory, uint64_t start, uint64_t end) {
    while (start < end) {
        size_t length = end - start < sizeof copied ? end - start : sizeof copied;
        ssize_t n = pread(memory, copied, length, (off_t)start);
        if (n <= 0)
            return;
        start += (uint64_t)n;
        bytes += (size_t)n;
    }
}

static void scan_all(int memory, int pagemap, uint64_t end, uint64_t heap, uint64_t heap_end, uint64_t page_size) {
    struct region found[REGIONS];
    for (uint64_t start = 0; start < end;) {
        struct scan scan = {.size = sizeof scan, .start = start, .end = end, .max_pages = PAGES_PER_SCAN,
            .vec = (uintptr_t)found, .vec_len = REGIONS, .category_anyof_mask = PRESENT | SWAPPED,
            .return_mask = PRESENT | SWAPPED | PFNZERO | HUGE};
        int n = ioctl(pagemap, SCAN, &scan);
        if (n < 0)
            return;
        regions += (size_t)n;
        for (const struct region *r = found; r < found + n; r++) {
            if (!(r->categories & (PFNZERO | HUGE)))
                read_entries(pagemap, r->start, r->end, page_size);
            if ((r->categories & PRESENT) && !(r->categories & PFNZERO) && r->start >= heap && r->end <= heap_end)
                read_memory(memory, r->start, r->end);
        }
        start = n > 0 && found[n - 1].end > scan.walk_end ? found[n - 1].end : scan.walk_end;
    }
}

static void read_process(const char *name, uint64_t page_size) {
    char path[32];
    snprintf(path, sizeof path, "/proc/%.20s", name);
    int folder = open(path, O_PATH | O_CLOEXEC);
    if (folder < 0)
        return;
    slurp(folder, "comm");
    slurp(folder, "stat");
    slurp(folder, "status");
    if (slurp(folder, "maps") > 0) {
        uint64_t end = 0, heap = 0, heap_end = 0;
        for (char *line = text, *next; (next = strchr(line, '\n')); line = next + 1) {
            *next = '\0';
            char *dash;
            uint64_t first = strtoull(line, &dash, 16), last = strtoull(dash + 1, NULL, 16);
            if (last <= INT64_MAX)
                end = last;
            if (strstr(line, "[heap]"))
                heap = heap ? heap : first, heap_end = last;
        }
        int pagemap = openat(folder, "pagemap", O_RDONLY | O_CLOEXEC);
        if (pagemap >= 0) {
            int memory = openat(folder, "mem", O_RDONLY | O_CLOEXEC);
            scan_all(memory, pagemap, end, heap, heap_end, page_size);
            if (memory >= 0)
                close(memory);
            close(pagemap);
            processes++;
        }
    }
    close(folder);
}

int main(void) {
    DIR *proc = opendir("/proc");
    if (!proc) {
        perror("/proc");
        return 1;
    }
    for (struct dirent *entry; (entry = readdir(proc));)
        if (isdigit((unsigned char)entry->d_name[0]) && atoi(entry->d_name) != getpid())
            read_process(entry->d_name, (uint64_t)sysconf(_SC_PAGESIZE));
    printf("processes %zu ranges %zu pages %zu bytes %zu\n", processes, regions, pages, bytes);
    return 0;
}
