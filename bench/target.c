// Processes to look at: builds one kind of memory, prints READY, and ends when its input does.
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#define HUGE_BYTES ((size_t)2 << 20)

static size_t page_size;

static void die(const char *what) {
    perror(what);
    exit(1);
}

static char *reserve(size_t bytes, int advice) {
    char *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED)
        die("mmap");
    if (madvise(p, bytes, advice) != 0)
        die("madvise");
    return p;
}

static void touch(char *p, size_t bytes, size_t step) {
    for (size_t at = 0; at < bytes; at += step)
        p[at] = 1;
}

static void thp(size_t bytes) {
    char *p = reserve(bytes + HUGE_BYTES, MADV_HUGEPAGE);
    size_t lead = -(size_t)p % HUGE_BYTES;
    touch(p + lead, bytes, HUGE_BYTES);
}

// Pages 16 GiB apart have page tables of their own: to find one, the kernel steps over hundreds of empty entries.
static void sparse(size_t bytes, size_t pages) {
    char *p = reserve(bytes, MADV_NOHUGEPAGE);
    touch(p, bytes / pages * pages, bytes / pages);
}

// Neighbours that differ in protection cannot merge; every second one is touched.
static void vmas(size_t count) {
    char *p = reserve(count * page_size, MADV_NOHUGEPAGE);
    touch(p, count * page_size, 2 * page_size);
    for (size_t i = 1; i < count; i += 2)
        if (mprotect(p + i * page_size, page_size, PROT_READ) != 0)
            die("mprotect (vm.max_map_count?)");
}

static void file(size_t bytes) {
    const char *directory = getenv("TMPDIR");
    int fd = open(directory ? directory : "/tmp", O_TMPFILE | O_RDWR, 0600);
    if (fd < 0)
        die("O_TMPFILE");
    static char block[1 << 20];
    memset(block, 1, sizeof block);
    for (size_t left = bytes; left > 0;) {
        ssize_t n = write(fd, block, left < sizeof block ? left : sizeof block);
        if (n <= 0)
            die("write");
        left -= (size_t)n;
    }
    const char *p = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, 0);
    if (p == MAP_FAILED)
        die("mmap");
    for (size_t at = 0; at < bytes; at += page_size)
        (void)*(const volatile char *)(p + at);
}

int main(int argc, char **argv) {
    prctl(PR_SET_PDEATHSIG, SIGKILL); // while it still builds, it does not see its input end
    page_size = (size_t)sysconf(_SC_PAGESIZE);
    const char *kind = argc == 3 ? argv[1] : "";
    size_t amount = argc == 3 ? strtoull(argv[2], NULL, 0) : 0;
    if (amount == 0)
        kind = "";
    if (strcmp(kind, "dense") == 0)
        touch(reserve(amount, MADV_NOHUGEPAGE), amount, page_size);
    else if (strcmp(kind, "thp") == 0)
        thp(amount);
    else if (strcmp(kind, "every2") == 0)
        touch(reserve(amount, MADV_NOHUGEPAGE), amount, 2 * page_size);
    else if (strcmp(kind, "sparse16t") == 0)
        sparse((size_t)16 << 40, amount);
    else if (strcmp(kind, "vmas") == 0)
        vmas(amount);
    else if (strcmp(kind, "file") == 0)
        file(amount);
    else {
        fprintf(stderr, "usage: target dense|thp|every2|file BYTES | sparse16t PAGES | vmas COUNT\n");
        return 2;
    }
    puts("READY");
    fflush(stdout);
    while (read(STDIN_FILENO, &(char){0}, 1) > 0) {
    }
    return 0;
}
