// Private memory in large folios: 2M, its zero page, split by page tables, middle sizes, hugetlb.
#include "target.h"
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif
#define GIANT_FLAGS (MAP_HUGETLB | 30 << 26)

static size_t huge_pages(size_t count) {
    return count * HUGE_BYTES / page_size();
}

// What khugepaged would do later is done now, and then it is told to keep away.
static void make_huge(char *p, size_t count) {
    for (size_t i = 0; i < count; i++)
        write_page(p + i * HUGE_BYTES);
    // A page of zeros could become the zero page when the kernel splits the folio.
    write_pages(p, huge_pages(count));
    if (smaps_kilobytes(p, "AnonHugePages") != count * HUGE_BYTES / KIB)
        if (madvise(p, count * HUGE_BYTES, MADV_COLLAPSE) != 0)
            skip("no memory for 2M pages");
    advise(p, count * HUGE_BYTES, MADV_NOHUGEPAGE, "MADV_NOHUGEPAGE");
}

static char *huge_candidate(size_t count) {
    char *p = reserve_aligned(count * HUGE_BYTES, HUGE_BYTES);
    if (madvise(p, count * HUGE_BYTES, MADV_HUGEPAGE) != 0)
        skip("this kernel has no transparent huge pages");
    return p;
}

static void huge(int argc, char **argv) {
    (void)argc, (void)argv;
    char *p = huge_candidate(4);
    make_huge(p, 2);
    advise(p, 4 * HUGE_BYTES, MADV_NOHUGEPAGE, "MADV_NOHUGEPAGE");
    write_page(p + 3 * HUGE_BYTES);
    region("huge", p, huge_pages(4));
    holds(ANONYMOUS("2M"), huge_pages(2));
    holds(NOT_PRESENT, huge_pages(1));
    holds(ANONYMOUS("4K"), 1);
    holds(NOT_PRESENT, huge_pages(1) - 1);
    region_end();
}

// The folio stays 2M, but 4K entries map it: the kernel's AnonHugePages leaves it out.
static void huge_split(int argc, char **argv) {
    (void)argc, (void)argv;
    char *p = huge_candidate(3);
    make_huge(p, 3);
    if (mprotect(page_at(p, 100), page_size(), PROT_READ) != 0)
        fail("mprotect");
    advise(page_at(p, huge_pages(1) + 7), 9 * page_size(), MADV_DONTNEED, "MADV_DONTNEED");
    region("hugeSplit", p, huge_pages(3));
    holds(ANONYMOUS("4K"), huge_pages(1) + 7);
    holds(NOT_PRESENT, 9);
    holds(ANONYMOUS("4K"), huge_pages(1) - 16);
    holds(ANONYMOUS("2M"), huge_pages(1));
    region_end();
}

// Huge pages with 511, none and 10 small pages of zeros; one page has a single byte, the last.
static void huge_blank(int argc, char **argv) {
    (void)argc, (void)argv;
    char *p = huge_candidate(3);
    make_huge(p, 3);
    memset(p, 0, HUGE_BYTES);
    write_page(p);
    memset(page_at(p, huge_pages(1) + 7), 0, page_size());
    write_page(page_at(p, huge_pages(1) + 8) - 1);
    memset(page_at(p, huge_pages(2) + 10), 0, 11 * page_size());
    write_page(page_at(p, huge_pages(2) + 21) - 1);
    region_of("hugeBlank", p, ANONYMOUS("2M"), huge_pages(3));
}

// Asked for, and never touched.
static void huge_advised(int argc, char **argv) {
    (void)argc, (void)argv;
    region_of("hugeAdvised", huge_candidate(4), NOT_PRESENT, huge_pages(4));
}

static void huge_zero(int argc, char **argv) {
    (void)argc, (void)argv;
    char *p = huge_candidate(2);
    read_page(p);
    if (smaps_kilobytes(p, "Rss") != 0)
        skip("reading gave no huge zero page");
    write_page(p + HUGE_BYTES);
    advise(p, 2 * HUGE_BYTES, MADV_NOHUGEPAGE, "MADV_NOHUGEPAGE");
    region("hugeZero", p, huge_pages(2));
    holds(ZERO, huge_pages(1));
    holds(ANONYMOUS("2M"), huge_pages(1));
    region_end();
}

static void huge_swapped(int argc, char **argv) {
    (void)argc, (void)argv;
    char *p = huge_candidate(2);
    make_huge(p, 2);
    page_out(p, huge_pages(1));
    region("hugeSwapped", p, huge_pages(2));
    holds(SWAPPED, huge_pages(1));
    holds(ANONYMOUS("2M"), huge_pages(1));
    region_end();
}

// medium BYTES: the caller has enabled this folio size alone. Two folios stay whole, one loses half, one is not made.
static void medium(int argc, char **argv) {
    if (argc < 1)
        skip("medium needs a size");
    size_t bytes = strtoull(argv[0], NULL, 0), pages = bytes / page_size();
    const char *state = sized("anonymous", bytes);
    char *p = reserve_aligned(4 * bytes, HUGE_BYTES);
    if (madvise(p, 4 * bytes, MADV_HUGEPAGE) != 0)
        skip("this kernel has no transparent huge pages");
    write_page(p);
    write_page(p + bytes);
    write_page(p + 3 * bytes);
    advise(p, 4 * bytes, MADV_NOHUGEPAGE, "MADV_NOHUGEPAGE");
    if (smaps_kilobytes(p, "Rss") != 3 * bytes / KIB)
        skip("no memory for pages of a middle size");
    write_pages(p, 2 * pages);
    advise(p + bytes + bytes / 2, bytes / 2, MADV_DONTNEED, "MADV_DONTNEED");
    region("medium", p, 4 * pages);
    holds(state, pages + pages / 2);
    holds(NOT_PRESENT, pages / 2 + pages);
    holds(state, pages);
    region_end();
}

// mediumMoved BYTES: as medium, then one of three folios stands a page off its alignment.
static void medium_moved(int argc, char **argv) {
    if (argc < 1)
        skip("mediumMoved needs a size");
    size_t bytes = strtoull(argv[0], NULL, 0), pages = bytes / page_size();
    char *p = reserve_aligned(3 * bytes, HUGE_BYTES);
    if (madvise(p, 3 * bytes, MADV_HUGEPAGE) != 0)
        skip("this kernel has no transparent huge pages");
    for (size_t i = 0; i < 3; i++)
        write_page(p + i * bytes);
    advise(p, 3 * bytes, MADV_NOHUGEPAGE, "MADV_NOHUGEPAGE");
    if (smaps_kilobytes(p, "Rss") != 3 * bytes / KIB)
        skip("no memory for pages of a middle size");
    write_pages(p, 3 * pages);
    char *to = (char *)reserve_aligned(2 * bytes, bytes) + page_size();
    if (mremap(p + bytes, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, to) != to)
        fail("mremap");
    region_of("unmoved", p, sized("anonymous", bytes), pages);
    region_of("moved", to, sized("anonymous", bytes), pages);
    region_of("behind", p + 2 * bytes, sized("anonymous", bytes), pages);
}

static void hugetlb(int argc, char **argv) {
    (void)argc, (void)argv;
    const int anonymous = MAP_ANONYMOUS | MAP_HUGETLB;
    char *private = mmap(NULL, 3 * HUGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | anonymous, -1, 0);
    char *shared = mmap(NULL, 2 * HUGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | anonymous, -1, 0);
    int file = memfd_create("hugetlb", MFD_HUGETLB | MFD_CLOEXEC);
    if (private == MAP_FAILED || shared == MAP_FAILED || file < 0 || ftruncate(file, 2 * (off_t)HUGE_BYTES) != 0)
        skip("the hugetlb pool is empty");
    write_page(private);
    write_page(private + HUGE_BYTES);
    write_page(shared);
    region("hugetlbPrivate", private, huge_pages(3));
    holds(ANONYMOUS("2M"), huge_pages(2));
    holds(NOT_PRESENT, huge_pages(1));
    region_end();
    region("hugetlbShared", shared, huge_pages(2));
    holds(FILE_PAGE("2M"), huge_pages(1));
    holds(NOT_PRESENT, huge_pages(1));
    region_end();

    char *filled = map(2 * HUGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    char *copy = map(2 * HUGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
    write_page(filled);
    write_page(filled + HUGE_BYTES);
    read_page(copy);
    write_page(copy + HUGE_BYTES);
    region_of("hugetlbFile", filled, FILE_PAGE("2M"), huge_pages(2));
    region("hugetlbCopy", copy, huge_pages(2));
    holds(FILE_PAGE("2M"), huge_pages(1));
    holds(ANONYMOUS("2M"), huge_pages(1));
    region_end();
}

static void giant(int argc, char **argv) {
    (void)argc, (void)argv;
    char *p = mmap(NULL, GIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | GIANT_FLAGS, -1, 0);
    if (p == MAP_FAILED)
        skip("the hugetlb pool is empty");
    write_page(p);
    region_of("giant", p, ANONYMOUS("1G"), GIB / page_size());
}

const struct situation huge_situations[] = {
    {"huge", huge}, {"hugeSplit", huge_split}, {"hugeZero", huge_zero}, {"hugeSwapped", huge_swapped},
    {"hugeBlank", huge_blank}, {"hugeAdvised", huge_advised}, {"mediumMoved", medium_moved},
    {"medium", medium}, {"hugetlb", hugetlb}, {"giant", giant}, {NULL, NULL},
};
