// Pages of ordinary files, made in the current directory.
#include "target.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

// The page cache makes folios as large as a write, so the size of one write decides what stands behind the mapping.
static int make_file(const char *name, size_t bytes, size_t write_bytes) {
    int file = open(name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    char *data = malloc(write_bytes);
    if (file < 0 || !data)
        fail(name);
    memset(data, 'x', write_bytes);
    for (size_t written = 0; written < bytes; written += write_bytes)
        if (pwrite(file, data, write_bytes, (off_t)written) != (ssize_t)write_bytes)
            fail(name);
    free(data);
    return file;
}

// A read fault maps the neighbours in the page cache too; a write fault of a shared mapping maps one page.
static void file_small(int argc, char **argv) {
    (void)argc, (void)argv;
    const size_t pages = 64;
    int file = make_file("small", pages * page_size(), page_size());
    char *p = map((pages + 8) * page_size(), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    region("fileSmall", p, pages + 8);
    for (size_t i = 0; i < pages; i++) {
        int touched = i % 7 < 3;
        if (touched)
            write_page(page_at(p, i));
        holds(touched ? FILE_PAGE("4K") : NOT_PRESENT, 1);
    }
    // Behind the end of the file.
    holds(NOT_PRESENT, 8);
    region_end();
}

static void file_copied(int argc, char **argv) {
    (void)argc, (void)argv;
    const size_t pages = 32;
    int file = make_file("copied", pages * page_size(), page_size());
    char *p = map(pages * page_size(), PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
    for (size_t i = 0; i < pages; i++)
        read_page(page_at(p, i));
    region("fileCopied", p, pages);
    for (size_t i = 0; i < pages; i++) {
        if (i % 3 == 0)
            write_page(page_at(p, i));
        holds(i % 3 == 0 ? ANONYMOUS("4K") : FILE_PAGE("4K"), 1);
    }
    region_end();
}

static void read_all(char *p, size_t pages) {
    for (size_t i = 0; i < pages; i++)
        read_page(page_at(p, i));
}

// Mapped whole, and once more from the middle of a folio to the middle of another.
static void file_large(int argc, char **argv) {
    (void)argc, (void)argv;
    const size_t pages = 3 * MIB / page_size();
    int file = make_file("large", pages * page_size(), pages * page_size());
    char *p = map(pages * page_size(), PROT_READ, MAP_SHARED, file, 0);
    char *part = map(99 * page_size(), PROT_READ, MAP_SHARED, file, (off_t)(3 * page_size()));
    read_all(p, pages);
    read_all(part, 99);
    region_of("fileLarge", p, FILE_PAGE(ANY_SIZE), pages);
    region_of("filePart", part, FILE_PAGE(ANY_SIZE), 99);
}

// Each write makes one folio of its size, aligned to it, but only kpageflags can say what the file system really did.
static void file_mixed(int argc, char **argv) {
    (void)argc, (void)argv;
    size_t total = 0;
    int file = make_file("mixed", page_size(), page_size());
    char *data = calloc(1, MIB);
    if (!data)
        fail("calloc");
    for (size_t bytes = page_size(); bytes <= MIB; bytes *= 2) {
        if (pwrite(file, data, bytes, (off_t)bytes) != (ssize_t)bytes)
            fail("mixed");
        total = 2 * bytes;
    }
    free(data);
    char *p = map(total, PROT_READ, MAP_SHARED, file, 0);
    read_all(p, total / page_size());
    region_of("fileMixed", p, FILE_PAGE(ANY_SIZE), total / page_size());
}

static void file_huge(int argc, char **argv) {
    (void)argc, (void)argv;
    const size_t bytes = 2 * HUGE_BYTES;
    int file = make_file("huge", bytes, bytes);
    char *room = reserve_aligned(bytes + HUGE_BYTES, HUGE_BYTES);
    char *p = mmap(room, bytes, PROT_READ, MAP_SHARED | MAP_FIXED, file, 0);
    if (p == MAP_FAILED)
        fail("mmap");
    read_all(p, bytes / page_size());
    if (smaps_kilobytes(p, "FilePmdMapped") != bytes / KIB)
        skip("the file system gave no 2M pages");
    region_of("fileHuge", p, FILE_PAGE("2M"), bytes / page_size());
}

// A vast file that is almost empty, mapped privately: one page is written.
static void file_sparse(int argc, char **argv) {
    (void)argc, (void)argv;
    const size_t bytes = 64 * GIB, pages = bytes / page_size();
    int file = make_file("sparse", page_size(), page_size());
    if (ftruncate(file, (off_t)bytes) != 0)
        skip("the file system has no file of 64 GiB");
    char *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, file, 0);
    if (p == MAP_FAILED)
        skip("no address space for a sparse mapping");
    write_page(page_at(p, pages / 2));
    region("fileSparse", p, pages);
    holds(NOT_PRESENT, pages / 2);
    holds(ANONYMOUS("4K"), 1);
    holds(NOT_PRESENT, pages - pages / 2 - 1);
    region_end();
}

const struct situation file_situations[] = {
    {"fileSmall", file_small}, {"fileCopied", file_copied}, {"fileLarge", file_large},
    {"fileMixed", file_mixed}, {"fileHuge", file_huge}, {"fileSparse", file_sparse}, {NULL, NULL},
};
