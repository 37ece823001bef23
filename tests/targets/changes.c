// changes [swap]: regions of pages, each in a mapping of its own, and READY; then, when an `s` comes on standard input, what
// its name says is done to each, and READY again. With swap, some are paged out too.
#include "target.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

enum { PAGES = 16, SOME = 10 };

// Pages that no access is allowed to lie on either side, so that no neighbour becomes a part of the mapping.
static char *alone(size_t pages, size_t alignment) {
    size_t size = page_size(), bytes = pages * size;
    char *all = map(bytes + alignment + 32 * size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    char *p = (char *)round_up((uintptr_t)all + 8 * size, alignment);
    if (mprotect(p, bytes, PROT_READ | PROT_WRITE) != 0)
        fail("mprotect");
    if (alignment != HUGE_BYTES)
        madvise(p, bytes, MADV_NOHUGEPAGE);
    return p;
}

static char *told(const char *name, size_t pages, size_t alignment) {
    char *p = alone(pages, alignment);
    region_of(name, p, "*", pages);
    return p;
}

static char *of_file(const char *name) {
    char path[] = "/var/tmp/changesXXXXXX";
    int file = mkstemp(path);
    if (file < 0 || ftruncate(file, (off_t)(PAGES * page_size())) != 0)
        fail(path);
    unlink(path);
    char *p = map(PAGES * page_size(), PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
    close(file);
    for (size_t i = 0; i < PAGES; i++)
        read_page(page_at(p, i));
    region_of(name, p, "*", PAGES);
    return p;
}

static void wait_for_step(void) {
    puts("READY");
    fflush(stdout);
    char command = 0;
    while (command != 's')
        if (read(STDIN_FILENO, &command, 1) <= 0)
            _exit(0);
}

int main(int argc, char **argv) {
    int swap = argc > 1 && strcmp(argv[1], "swap") == 0;
    size_t size = page_size(), in_huge = HUGE_BYTES / size;
    // What stdio needs is there before anything is looked at.
    static char buffer[1 << 16];
    setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
    char *touched = told("touched", PAGES, size), *given_back = told("givenBack", PAGES, size);
    char *grown = told("grown", PAGES, size), *gone = told("gone", PAGES, size), *kept = told("kept", PAGES, size);
    char *split = told("split", in_huge, HUGE_BYTES), *collapsed = told("collapsed", in_huge, HUGE_BYTES);
    char *copied = of_file("copied"), *dropped = of_file("dropped");
    write_pages(given_back, PAGES);
    write_pages(grown, PAGES);
    write_pages(gone, PAGES);
    write_pages(kept, PAGES);
    write_pages(dropped, PAGES);
    if (madvise(split, HUGE_BYTES, MADV_HUGEPAGE) != 0)
        skip("this kernel has no transparent huge pages");
    write_pages(split, in_huge);
    if (smaps_kilobytes(split, "AnonHugePages") == 0)
        madvise(split, HUGE_BYTES, MADV_COLLAPSE);
    if (smaps_kilobytes(split, "AnonHugePages") == 0)
        skip("no memory for 2M pages");
    madvise(collapsed, HUGE_BYTES, MADV_NOHUGEPAGE);
    write_pages(collapsed, in_huge);
    char *paged_out = NULL, *paged_in = NULL, *swap_left = NULL;
    if (swap) {
        paged_out = told("pagedOut", PAGES, size);
        paged_in = told("pagedIn", PAGES, size);
        swap_left = told("swapLeft", PAGES, size);
        write_pages(paged_out, PAGES);
        write_pages(paged_in, PAGES);
        write_pages(swap_left, PAGES);
        page_out(paged_in, PAGES);
        page_out(swap_left, PAGES);
    }

    wait_for_step();
    write_pages(touched, SOME);
    advise(given_back, SOME * size, MADV_DONTNEED, "MADV_DONTNEED");
    if (mprotect(grown + PAGES * size, 4 * size, PROT_READ | PROT_WRITE) != 0)
        fail("mprotect");
    madvise(grown + PAGES * size, 4 * size, MADV_NOHUGEPAGE);
    write_pages(grown + PAGES * size, 3);
    munmap(gone, PAGES * size);
    if (mprotect(page_at(split, 100), size, PROT_READ) != 0)
        fail("mprotect");
    // Allowed only now: the kernel may make it huge at any time from then on.
    madvise(collapsed, HUGE_BYTES, MADV_HUGEPAGE);
    if (madvise(collapsed, HUGE_BYTES, MADV_COLLAPSE) != 0)
        skip("no memory for 2M pages");
    write_pages(copied, SOME);
    advise(dropped, SOME * size, MADV_DONTNEED, "MADV_DONTNEED");
    for (size_t i = 0; i < SOME; i++)
        read_page(page_at(dropped, i));
    write_pages(told("new", PAGES, size), SOME);
    if (swap) {
        page_out(paged_out, PAGES);
        write_pages(paged_in, PAGES);
        advise(swap_left, PAGES * size, MADV_DONTNEED, "MADV_DONTNEED");
    }

    wait_for_step();
}
