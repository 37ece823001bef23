// leak SHAPE SEED SIZE COUNT: a server's loop, which stands still between the steps that it is told to make by an `s` on
// standard input. Each step allocates and frees a varied working set, and then does what the shape says with COUNT blocks of
// SIZE bytes. It prints its truth and READY, at first and after each step: `leaked BLOCKS BYTES`, and `chunks SIZE BLOCKS` for
// each size of chunk that malloc took for them, which is larger for some: what would be left of a free chunk may be too small.
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WORKING = 2000, CHURN = 3000, CACHE_STEPS = 3, TEETH = 3, MOST_KEPT = 1 << 20 };

static void *working[WORKING];
static void *kept[MOST_KEPT];
static size_t kept_blocks, kept_bytes;
static struct {
    size_t size, blocks;
} sizes[8];
static uint64_t state;

static uint64_t number(uint64_t below) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (state >> 33) % below;
}

static void *allocate(size_t size) {
    void *block = malloc(size);
    if (!block)
        abort();
    memset(block, 1, size);
    return block;
}

// Requests come and go: small ones often, large ones seldom, each at a place of its own.
static void churn(void) {
    for (int i = 0; i < CHURN; i++) {
        size_t slot = number(WORKING);
        free(working[slot]);
        working[slot] = number(4) == 0 ? NULL : allocate(number(50) == 0 ? 1 + number(20000) : 1 + number(700));
    }
}

// The chunk is what malloc_usable_size says and a header of a word; with a mapping of its own, two words.
static void keep(size_t size, size_t count) {
    for (size_t i = 0; i < count && kept_blocks < MOST_KEPT; i++) {
        void *block = kept[kept_blocks++] = allocate(size);
        size_t chunk = malloc_usable_size(block) + (((size_t *)block)[-1] & 2 ? 2 : 1) * sizeof(size_t);
        kept_bytes += chunk;
        size_t at = 0;
        while (sizes[at].size && sizes[at].size != chunk)
            at++;
        sizes[at].size = chunk;
        sizes[at].blocks++;
    }
}

static void drop(void) {
    while (kept_blocks)
        free(kept[--kept_blocks]);
    kept_bytes = 0;
    memset(sizes, 0, sizeof sizes);
}

static void tell(void) {
    printf("leaked %zu %zu\n", kept_blocks, kept_bytes);
    for (size_t at = 0; sizes[at].size; at++)
        printf("chunks %zu %zu\n", sizes[at].size, sizes[at].blocks);
    puts("READY");
}

int main(int argc, char **argv) {
    const char *shape = argc > 1 ? argv[1] : "none";
    state = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    size_t size = argc > 3 ? strtoull(argv[3], NULL, 10) : 0, count = argc > 4 ? strtoull(argv[4], NULL, 10) : 0;
    setvbuf(stdout, NULL, _IONBF, 0);
    for (int i = 0; i < 4; i++)
        churn();
    char command = 's';
    for (int step = 0;; step++) {
        tell();
        do
            if (read(STDIN_FILENO, &command, 1) <= 0)
                _exit(0);
        while (command != 's');
        churn();
        if (strcmp(shape, "leak") == 0)
            keep(size, count);
        else if (strcmp(shape, "cache") == 0 && step < CACHE_STEPS)
            keep(size, count);
        else if (strcmp(shape, "once") == 0 && step == 1)
            keep(size, count);
        else if (strcmp(shape, "sawtooth") == 0 && step % TEETH == TEETH - 1)
            drop();
        else if (strcmp(shape, "sawtooth") == 0)
            keep(size, count);
    }
}
