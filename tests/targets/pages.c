// pages SITUATION [ARGUMENT…]: builds it, prints its truth and READY, and stays until standard input ends.
#include "target.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

extern const struct situation anonymous_situations[], huge_situations[], shared_situations[], file_situations[],
    name_situations[], layout_situations[], special_situations[], process_situations[];

static const struct situation *const themes[] = {
    anonymous_situations, huge_situations, shared_situations, file_situations,
    name_situations, layout_situations, special_situations, process_situations,
};

static const struct situation *find(const char *name) {
    for (size_t theme = 0; theme < sizeof themes / sizeof *themes; theme++)
        for (const struct situation *s = themes[theme]; s->name; s++)
            if (strcmp(s->name, name) == 0)
                return s;
    return NULL;
}

static void list(void) {
    for (size_t theme = 0; theme < sizeof themes / sizeof *themes; theme++)
        for (const struct situation *s = themes[theme]; s->name; s++)
            puts(s->name);
}

int main(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "list") == 0) {
        list();
        return 0;
    }
    const struct situation *wanted = argc > 1 ? find(argv[1]) : NULL;
    if (!wanted) {
        fprintf(stderr, "usage: pages list | SITUATION [ARGUMENT…]\n");
        return 2;
    }
    wanted->build(argc - 2, argv + 2);
    puts("READY");
    fflush(stdout);
    char line[256];
    while (read(STDIN_FILENO, line, sizeof line) > 0)
        ;
    return 0;
}
