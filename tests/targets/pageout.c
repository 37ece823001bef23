// pageout PID START-END…: has the kernel page out these ranges of another process, as it does by itself when memory is short.
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

enum { ATTEMPTS = 300 };

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static size_t left_in_memory(int pagemap, struct iovec range) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE), left = 0;
    for (size_t at = 0; at < range.iov_len; at += page) {
        uint64_t entry;
        if (pread(pagemap, &entry, sizeof entry, (off_t)(((uintptr_t)range.iov_base + at) / page * sizeof entry)) != sizeof entry)
            fail("pagemap");
        left += entry >> 63;
    }
    return left;
}

// Each processor keeps some pages to itself for a while, out of reach of reclaim unless that runs there.
static void move_on(int attempt) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((size_t)attempt % (size_t)sysconf(_SC_NPROCESSORS_CONF), &set);
    // Those that this program may not run on are left out.
    if (sched_setaffinity(0, sizeof set, &set) != 0)
        sched_yield();
}

// Reclaim passes over pages that are busy for a moment, so it is asked again until none is left.
static void page_out(int process, int pagemap, struct iovec range) {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        move_on(attempt);
        if (syscall(SYS_process_madvise, process, &range, 1, MADV_PAGEOUT, 0) < 0)
            fail("process_madvise");
        if (left_in_memory(pagemap, range) == 0)
            return;
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    }
    puts("skip pages cannot be swapped out here");
    exit(0);
}

int main(int argc, char **argv) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%s/pagemap", argc > 1 ? argv[1] : "");
    int pagemap = open(path, O_RDONLY | O_CLOEXEC);
    int process = argc > 1 ? (int)syscall(SYS_pidfd_open, atoi(argv[1]), 0) : -1;
    if (pagemap < 0 || process < 0)
        fail("open");
    for (int i = 2; i < argc; i++) {
        char *end;
        uintptr_t start = strtoull(argv[i], &end, 16);
        page_out(process, pagemap, (struct iovec){(void *)start, strtoull(end + 1, NULL, 16) - start});
    }
}
