// The lines that say what a region holds.
#include "target.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct {
    const char *name;
    size_t pages, said;
    char state[40];
    size_t run;
} open_region;

static void print_run(void) {
    if (open_region.run)
        printf(" %s:%zu", open_region.state, open_region.run);
}

void region(const char *name, const void *start, size_t pages) {
    memset(&open_region, 0, sizeof open_region);
    open_region.name = name;
    open_region.pages = pages;
    uintmax_t address = (uintptr_t)start;
    printf("region %s 0x%jx 0x%jx", name, address, address + pages * page_size());
}

void holds(const char *state, size_t pages) {
    if (strcmp(state, open_region.state) != 0) {
        print_run();
        snprintf(open_region.state, sizeof open_region.state, "%s", state);
        open_region.run = 0;
    }
    open_region.run += pages;
    open_region.said += pages;
}

void region_end(void) {
    print_run();
    putchar('\n');
    if (open_region.said != open_region.pages) {
        fprintf(stderr, "region %s: %zu pages said of %zu\n", open_region.name, open_region.said, open_region.pages);
        exit(1);
    }
}

void region_of(const char *name, const void *start, const char *state, size_t pages) {
    region(name, start, pages);
    holds(state, pages);
    region_end();
}

// The state word of a folio size that only the caller knows; good until the next call.
const char *sized(const char *kind, size_t bytes) {
    static char state[40];
    int mebi = bytes >= MIB;
    snprintf(state, sizeof state, "%s%zu%c", kind, bytes / (mebi ? MIB : KIB), mebi ? 'M' : 'K');
    return state;
}

noreturn void skip(const char *reason) {
    printf("skip %s\n", reason);
    exit(0);
}

noreturn void fail(const char *what) {
    perror(what);
    exit(1);
}
