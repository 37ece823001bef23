// heap SITUATION [ARGUMENT…]: builds a heap, prints its truth and READY, and stays until standard input ends.
#include "heap.h"
#include <fcntl.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern const struct heap_situation churn_situations[], bin_situations[], mmap_situations[], arena_situations[],
    main_situations[], damage_situations[], paged_situations[], pin_situations[], finding_situations[];

static const struct heap_situation *const themes[] = {
    churn_situations, bin_situations, mmap_situations, arena_situations, main_situations, damage_situations,
    paged_situations, pin_situations, finding_situations,
};

static const struct heap_situation *find(const char *name) {
    for (size_t theme = 0; theme < sizeof themes / sizeof *themes; theme++)
        for (const struct heap_situation *s = themes[theme]; s->name; s++)
            if (strcmp(s->name, name) == 0)
                return s;
    return NULL;
}

static int list(void) {
    for (size_t theme = 0; theme < sizeof themes / sizeof *themes; theme++)
        for (const struct heap_situation *s = themes[theme]; s->name; s++)
            say("%s", s->name);
    return 0;
}

// By page tables: the counters of status and statm are rounded.
static size_t resident_kib(void) {
    static char text[2048];
    int file = open("/proc/self/smaps_rollup", O_RDONLY);
    ssize_t length = file < 0 ? -1 : read(file, text, sizeof text - 1);
    if (length <= 0)
        fail("smaps_rollup");
    close(file);
    text[length] = 0;
    return strtoul(strstr(text, "\nRss:") + 5, NULL, 10);
}

// The first look brings in all that the others need.
static void trim(void) {
    resident_kib();
    size_t before = resident_kib();
    malloc_trim(0);
    size_t after = resident_kib();
    say("trimmed %zu", before - after);
    say("READY");
}

int main(int argc, char **argv) {
    const char *name = argc > 1 ? argv[1] : "list";
    const struct heap_situation *wanted = find(name);
    if (wanted)
        wanted->build(argc - 2, argv + 2);
    else if (strcmp(name, "list") == 0)
        list();
    else
        skip("no such heap situation");
    say("READY");
    // When told to, it trims, and tells how many KiB less are resident.
    char bytes[256];
    while (wanted && read(STDIN_FILENO, bytes, sizeof bytes) > 0)
        if (bytes[0] == 't')
            trim();
    // Without the work of exit, which would walk a damaged heap.
    _exit(0);
}
