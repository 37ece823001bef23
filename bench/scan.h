// PAGEMAP_SCAN. Defined here as well as in linux/fs.h: the headers of many distributions are older than the call (Linux 6.7).
#include <stdint.h>
#include <sys/ioctl.h>

struct region {
    uint64_t start, end, categories;
};

struct scan {
    uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages;
    uint64_t category_inverted, category_mask, category_anyof_mask, return_mask;
};

#define SCAN _IOWR('f', 16, struct scan)
enum { PRESENT = 1 << 3, SWAPPED = 1 << 4, PFNZERO = 1 << 5, HUGE = 1 << 6, GUARD = 1 << 8 };
