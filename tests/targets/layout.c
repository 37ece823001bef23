// Address spaces of unusual shape: vast and almost empty, every other page, very many mappings, a grown stack.
#include "target.h"
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

// sparse [GIB]: 16 TiB unless told.
static void sparse(int argc, char **argv) {
    const size_t bytes = (argc > 0 ? strtoull(argv[0], NULL, 0) : 16 * KIB) * GIB, touched = 1000;
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED)
        skip("no address space for a sparse mapping");
    advise(p, bytes, MADV_NOHUGEPAGE, "MADV_NOHUGEPAGE");
    const size_t stride = bytes / page_size() / touched;
    region("sparse", p, bytes / page_size());
    for (size_t i = 0; i < touched; i++) {
        write_page(page_at(p, i * stride + i % 5));
        if (i % 5)
            holds(NOT_PRESENT, i % 5);
        holds(ANONYMOUS("4K"), 1);
        holds(NOT_PRESENT, stride - i % 5 - 1);
    }
    holds(NOT_PRESENT, bytes / page_size() - touched * stride);
    region_end();
}

static void every_other(int argc, char **argv) {
    (void)argc, (void)argv;
    const size_t pages = 64 * MIB / page_size();
    char *p = reserve(pages);
    region("everyOther", p, pages);
    for (size_t i = 0; i < pages; i++) {
        if (i % 2 == 0)
            write_page(page_at(p, i));
        holds(i % 2 == 0 ? ANONYMOUS("4K") : NOT_PRESENT, 1);
    }
    region_end();
}

static void many_mappings(int argc, char **argv) {
    (void)argc, (void)argv;
    const size_t pages = 60000;
    char *p = reserve(pages);
    for (size_t i = 0; i < pages; i += 4)
        write_page(page_at(p, i));
    for (size_t i = 1; i < pages; i += 2)
        if (mprotect(page_at(p, i), page_size(), PROT_READ) != 0)
            skip("too few mappings are allowed");
    region("manyMappings", p, pages);
    for (size_t i = 0; i < pages; i++)
        holds(i % 4 == 0 ? ANONYMOUS("4K") : NOT_PRESENT, 1);
    region_end();
}

// Never inlined, so that each call really owns its part of the stack.
__attribute__((noinline)) static void grow(size_t levels) {
    volatile char frame[64 * KIB];
    for (size_t i = 0; i < sizeof frame; i += page_size() / 2)
        frame[i] = 1;
    if (levels > 0)
        grow(levels - 1);
    frame[1] = frame[0];
}

static void stack(int argc, char **argv) {
    (void)argc, (void)argv;
    grow(31);
    // What the calls left lies below this frame; its two ends are other frames' pages, so the middle is told.
    uintptr_t here = (uintptr_t)__builtin_frame_address(0) & ~(page_size() - 1);
    const size_t pages = 256;
    region_of("stack", (void *)(here - (pages + 8) * page_size()), ANONYMOUS("4K"), pages);
}

const struct situation layout_situations[] = {
    {"sparse", sparse}, {"everyOther", every_other}, {"manyMappings", many_mappings}, {"stack", stack}, {NULL, NULL},
};
