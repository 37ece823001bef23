// Heaps to look at: builds one kind of heap, prints READY, and ends when its input does.
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

enum { BLOCKS_OF_SMALL_ARENA = 20, SORTED_BY_CALL = 10000, PAGED_PIECE = 1 << 20, ATTEMPTS = 100 };

// Blocks of 16 to 408 bytes are chunks of 214 on average: 20 million fill 4 GiB.
enum { SMALLEST = 16, SIZES = 393, MEAN_CHUNK = 214 };

static void die(const char *what) {
    perror(what);
    exit(1);
}

// xorshift: the same heap at each start.
static uint64_t draw(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    return *state ^= *state << 17;
}

static void *allocate(size_t size) {
    void *p = malloc(size);
    if (!p)
        die("malloc");
    memset(p, 0x55, size);
    return p;
}

// Not of the heap that is looked at.
static void **reserve(size_t count) {
    void **p = mmap(NULL, count * sizeof *p, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        die("mmap");
    return p;
}

static void shuffle(void **blocks, size_t count, uint64_t *state) {
    for (size_t i = count; i > 1; i--) {
        size_t other = draw(state) % i;
        void *swapped = blocks[other];
        blocks[other] = blocks[i - 1];
        blocks[i - 1] = swapped;
    }
}

// Blocks of random sizes, of which 40 % were freed in random order and sorted into their bins.
static void churn(size_t bytes, uint64_t seed) {
    size_t count = bytes / MEAN_CHUNK, freed = count / 5 * 2;
    void **blocks = reserve(count);
    for (size_t i = 0; i < count; i++)
        blocks[i] = allocate(SMALLEST + draw(&seed) % SIZES);
    shuffle(blocks, count, &seed);
    for (size_t i = 0; i < freed; i++)
        free(blocks[i]);
    munmap(blocks, count * sizeof *blocks);
    for (size_t i = 0; i <= freed / SORTED_BY_CALL; i++)
        allocate(2000);
}

// Half a million fastbin chunks, each behind a block in use, in the order of nothing.
static void lists(size_t count) {
    uint64_t seed = 1;
    void **blocks = reserve(count);
    for (size_t i = 0; i < count; i++) {
        blocks[i] = allocate(48);
        allocate(400);
    }
    shuffle(blocks, count, &seed);
    for (size_t i = 0; i < count; i++)
        free(blocks[i]);
}

static size_t swapped_kilobytes(void) {
    FILE *status = fopen("/proc/self/status", "re");
    if (!status)
        die("/proc/self/status");
    size_t amount = 0;
    for (char line[256]; fgets(line, sizeof line, status);)
        if (sscanf(line, "VmSwap: %zu", &amount) == 1)
            break;
    fclose(status);
    return amount;
}

// Every second MiB of a heap is swapped out, and none of it brought back by looking at it.
static void paged(size_t bytes) {
    char *start = (char *)(((uintptr_t)sbrk(0) + PAGED_PIECE - 1) & -(uintptr_t)PAGED_PIECE);
    churn(bytes, 1);
    char *end = sbrk(0);
    size_t wanted = 0;
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        wanted = 0;
        for (char *p = start; p + PAGED_PIECE <= end; p += 2 * PAGED_PIECE, wanted += PAGED_PIECE >> 10)
            if (madvise(p, PAGED_PIECE, MADV_PAGEOUT) != 0)
                die("MADV_PAGEOUT");
        if (swapped_kilobytes() >= wanted / 10 * 9)
            return;
        nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL); // pages that are being written stay a moment
    }
    fprintf(stderr, "heaps: %zu of %zu KiB could be paged out\n", swapped_kilobytes(), wanted);
    exit(1);
}

// Processes with a heap of half a MiB to one and a half.
static void processes(size_t count) {
    int ready[2];
    if (pipe(ready) != 0)
        die("pipe");
    pid_t parent = getpid();
    for (size_t i = 0; i < count; i++) {
        pid_t pid = fork();
        if (pid < 0)
            die("fork");
        if (pid > 0)
            continue;
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(1);
        churn(((size_t)512 << 10) + i * ((1 << 20) / count), i + 1);
        if (write(ready[1], "", 1) != 1)
            die("write");
        for (;;)
            pause();
    }
    for (size_t i = 0; i < count; i++)
        if (read(ready[0], &(char){0}, 1) != 1)
            die("read");
}

static pthread_barrier_t built;
static size_t bytes_of_thread;

static void *run_thread(void *number) {
    if (bytes_of_thread != 0)
        churn(bytes_of_thread, (uintptr_t)number);
    else
        for (size_t i = 0; i < BLOCKS_OF_SMALL_ARENA; i++)
            allocate(SMALLEST + i * 16);
    pthread_barrier_wait(&built);
    pause();
    return NULL;
}

static void threads(size_t count, size_t bytes) {
    bytes_of_thread = bytes;
    mallopt(M_ARENA_MAX, (int)count + 1);
    pthread_barrier_init(&built, NULL, (unsigned)count + 1);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 64 << 10);
    for (uintptr_t i = 1; i <= count; i++)
        if (pthread_create(&(pthread_t){0}, &attributes, run_thread, (void *)i) != 0)
            die("pthread_create");
    pthread_barrier_wait(&built);
}

int main(int argc, char **argv) {
    prctl(PR_SET_PDEATHSIG, SIGKILL); // while it still builds, it does not see its input end
    const char *kind = argc == 3 ? argv[1] : "";
    size_t amount = argc == 3 ? strtoull(argv[2], NULL, 0) : 0;
    if (strcmp(kind, "heap") == 0)
        churn(amount, 1);
    else if (strcmp(kind, "arenas16") == 0)
        threads(16, amount / 16);
    else if (strcmp(kind, "paged") == 0)
        paged(amount);
    else if (strcmp(kind, "processes") == 0)
        processes(amount);
    else if (strcmp(kind, "arenas") == 0)
        threads(amount, 0);
    else if (strcmp(kind, "lists") == 0)
        lists(amount);
    else {
        fprintf(stderr, "usage: heaps heap|arenas16|paged BYTES | arenas|lists|processes COUNT\n");
        return 2;
    }
    // Not through stdio, whose buffer comes from malloc: that would empty the fastbins.
    if (write(STDOUT_FILENO, "READY\n", 6) != 6)
        die("write");
    while (read(STDIN_FILENO, &(char){0}, 1) > 0) {
    }
    return 0;
}
