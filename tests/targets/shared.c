// Memory that several processes can map: anonymous shared, memfd, System V, huge, swapped.
#include "target.h"
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/vfs.h>
#include <unistd.h>

static void write_and_print_half(const char *name, char *p) {
    write_pages(p, 5);
    write_pages(page_at(p, 11), 2);
    region(name, p, 16);
    holds(SHARED_MEMORY("4K"), 5);
    holds(NOT_PRESENT, 6);
    holds(SHARED_MEMORY("4K"), 2);
    holds(NOT_PRESENT, 3);
    region_end();
}

static char *shared_anonymous_pages(size_t pages) {
    return map(pages * page_size(), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

static void shared_anonymous(int argc, char **argv) {
    (void)argc, (void)argv;
    write_and_print_half("sharedAnonymous", shared_anonymous_pages(16));
}

static void memfd(int argc, char **argv) {
    (void)argc, (void)argv;
    const size_t pages = 16;
    int file = memfd_create("odd name\nwith a newline", MFD_CLOEXEC);
    if (file < 0 || ftruncate(file, (off_t)(pages * page_size())) != 0)
        fail("memfd");
    write_and_print_half("memfd", map(pages * page_size(), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0));

    int copied = memfd_create("", MFD_CLOEXEC);
    if (copied < 0 || ftruncate(copied, (off_t)(pages * page_size())) != 0)
        fail("memfd");
    char *filled = map(pages * page_size(), PROT_READ | PROT_WRITE, MAP_SHARED, copied, 0);
    char *copy = map(2 * pages * page_size(), PROT_READ | PROT_WRITE, MAP_PRIVATE, copied, 0);
    write_pages(filled, pages);
    for (size_t i = 0; i < pages; i++)
        read_page(page_at(copy, i));
    write_pages(page_at(copy, 4), 3);
    region("memfdCopy", copy, 2 * pages);
    holds(SHARED_MEMORY("4K"), 4);
    holds(ANONYMOUS("4K"), 3);
    holds(SHARED_MEMORY("4K"), pages - 7);
    // Beyond the end of the file nothing can be.
    holds(NOT_PRESENT, pages);
    region_end();
}

static void system_v(int argc, char **argv) {
    (void)argc, (void)argv;
    int id = shmget(IPC_PRIVATE, 16 * page_size(), IPC_CREAT | 0600);
    if (id < 0)
        skip("no System V shared memory");
    char *p = shmat(id, NULL, 0);
    // Removed at once, so that it goes with the process whatever happens.
    shmctl(id, IPC_RMID, NULL);
    if (p == (void *)-1)
        fail("shmat");
    write_and_print_half("systemV", p);
}

static void swapped_shared(int argc, char **argv) {
    (void)argc, (void)argv;
    char *p = shared_anonymous_pages(64);
    write_pages(p, 48);
    page_out(page_at(p, 8), 24);
    // Without swap the pages are only unmapped.
    if (smaps_kilobytes(p, "Swap") != 24 * page_size() / KIB)
        skip("pages cannot be swapped out here");
    const size_t copied = 4, pages = 32;
    int file = memfd_create("swapped", MFD_CLOEXEC);
    if (file < 0 || ftruncate(file, (off_t)(pages * page_size())) != 0)
        fail("memfd");
    char *filled = map(pages * page_size(), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    char *copy = map(pages * page_size(), PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
    write_pages(filled, pages);
    write_pages(page_at(copy, 8), copied);
    page_out(copy, pages);
    page_out(filled, pages);
    // The kernel counts a private mapping's own swapped pages and the file's behind the rest.
    if (smaps_kilobytes(copy, "Swap") != pages * page_size() / KIB)
        skip("pages cannot be swapped out here");
    region("swappedCopy", copy, pages);
    holds(NOT_PRESENT, 8);
    holds(SWAPPED, copied);
    holds(NOT_PRESENT, pages - 8 - copied);
    region_end();
    region("swappedShared", p, 64);
    holds(SHARED_MEMORY("4K"), 8);
    holds(NOT_PRESENT, 24);
    holds(SHARED_MEMORY("4K"), 16);
    holds(NOT_PRESENT, 16);
    region_end();
}

// A nameless file of tmpfs is shared memory as the kernel counts it.
static void tmpfs(int argc, char **argv) {
    (void)argc, (void)argv;
    int file = open("/dev/shm", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
    struct statfs system;
    if (file < 0 || fstatfs(file, &system) != 0 || system.f_type != TMPFS_MAGIC)
        skip("/dev/shm is no tmpfs");
    if (ftruncate(file, (off_t)(16 * page_size())) != 0)
        fail("ftruncate");
    write_and_print_half("tmpfs", map(16 * page_size(), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0));
}

// The caller has set shmem_enabled to advise.
static void shared_huge(int argc, char **argv) {
    (void)argc, (void)argv;
    const size_t huge = HUGE_BYTES / page_size();
    char *p = shared_anonymous_pages(4 * huge);
    char *aligned = (char *)round_up((uintptr_t)p, HUGE_BYTES);
    advise(p, 4 * HUGE_BYTES, MADV_HUGEPAGE, "MADV_HUGEPAGE");
    write_page(aligned);
    write_page(aligned + HUGE_BYTES);
    if (smaps_kilobytes(p, "ShmemPmdMapped") != 2 * HUGE_BYTES / KIB)
        skip("shared memory did not become huge");
    region("sharedHuge", aligned, 3 * huge);
    holds(SHARED_MEMORY("2M"), 2 * huge);
    holds(NOT_PRESENT, huge);
    region_end();
}

// sharedMedium BYTES: the caller has enabled this folio size alone for shared memory.
static void shared_medium(int argc, char **argv) {
    if (argc < 1)
        skip("sharedMedium needs a size");
    size_t bytes = strtoull(argv[0], NULL, 0), pages = bytes / page_size();
    const char *state = sized("sharedMemory", bytes);
    char *p = shared_anonymous_pages(4 * pages);
    advise(p, 4 * bytes, MADV_HUGEPAGE, "MADV_HUGEPAGE");
    for (size_t i = 0; i < 2 * pages; i++)
        write_page(page_at(p, i));
    region("sharedMedium", p, 4 * pages);
    holds(state, 2 * pages);
    holds(NOT_PRESENT, 2 * pages);
    region_end();
}

const struct situation shared_situations[] = {
    {"sharedAnonymous", shared_anonymous}, {"memfd", memfd}, {"systemV", system_v},
    {"tmpfs", tmpfs},
    {"swappedShared", swapped_shared}, {"sharedHuge", shared_huge}, {"sharedMedium", shared_medium}, {NULL, NULL},
};
