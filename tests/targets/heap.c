// heap SITUATION [ARGUMENT…]: builds a heap, prints its truth and READY, and stays until standard input ends.
#include "heap.h"
#include <string.h>
#include <unistd.h>

extern const struct heap_situation churn_situations[], bin_situations[], mmap_situations[], arena_situations[],
    main_situations[], damage_situations[];

static const struct heap_situation *const themes[] = {
    churn_situations, bin_situations, mmap_situations, arena_situations, main_situations, damage_situations,
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
    char bytes[256];
    while (wanted && read(STDIN_FILENO, bytes, sizeof bytes) > 0)
        ;
    // Without the work of exit, which would walk a damaged heap.
    _exit(0);
}
