// Threads that work at the same time and then stand still or end; and what their work needs.
#include "heap.h"
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MAX_THREADS = 256 };

static pthread_barrier_t all_done;
static pid_t ending[MAX_THREADS];
static void (*work_of_thread)(size_t);

#ifdef LARGE_STORAGE
// Puts libc's own thread-local variables far from where the thread's pointer points.
__thread char large_storage[20000] = {1};
#endif

static void *work_and_wait(void *index) {
    work_of_thread((size_t)index);
    pthread_barrier_wait(&all_done);
    for (;;)
        pause();
    return NULL;
}

static void *work_and_end(void *index) {
    work_of_thread((size_t)index);
    ending[(size_t)index] = (pid_t)syscall(SYS_gettid);
    // None ends before all have an arena; else the next would take it over.
    pthread_barrier_wait(&all_done);
    return NULL;
}

static void *work_on(void *index) {
    pthread_barrier_wait(&all_done);
    for (;;)
        work_of_thread((size_t)index);
    return NULL;
}

static void start_on(
    size_t count, void **stacks, size_t stack_size, void (*work)(size_t), void *(*body)(void *), pthread_t *threads) {
    pthread_attr_t attributes;
    if (count > MAX_THREADS)
        fail("too many threads");
    work_of_thread = work;
    if (pthread_barrier_init(&all_done, NULL, (unsigned)count + 1) != 0 || pthread_attr_init(&attributes) != 0)
        fail("pthread_barrier_init");
    for (size_t i = 0; i < count; i++)
        if ((stacks && pthread_attr_setstack(&attributes, stacks[i], stack_size) != 0)
            || pthread_create(&threads[i], &attributes, body, (void *)i) != 0)
            fail("pthread_create");
    pthread_barrier_wait(&all_done);
}

static void start(size_t count, void (*work)(size_t), void *(*body)(void *), pthread_t *threads) {
    start_on(count, NULL, 0, work, body, threads);
}

void stand_still_after(size_t count, void (*work)(size_t index)) {
    pthread_t threads[MAX_THREADS];
    start(count, work, work_and_wait, threads);
}

void stand_still_on(size_t count, void **stacks, size_t stack_size, void (*work)(size_t index)) {
    pthread_t threads[MAX_THREADS];
    start_on(count, stacks, stack_size, work, work_and_wait, threads);
}

void keep_working(size_t count, void (*work)(size_t index)) {
    pthread_t threads[MAX_THREADS];
    start(count, work, work_on, threads);
}

void let_end_after(size_t count, void (*work)(size_t index)) {
    pthread_t threads[MAX_THREADS];
    start(count, work, work_and_end, threads);
    for (size_t i = 0; i < count; i++)
        if (pthread_join(threads[i], NULL) != 0)
            fail("pthread_join");
    // Joined is who has done with its stack: the kernel lists it until it has ended.
    for (size_t i = 0; i < count; i++)
        while (syscall(SYS_tgkill, getpid(), ending[i], 0) == 0)
            sched_yield();
}

// xorshift64*, whose upper half is good enough for sizes.
uint32_t random_of(uint64_t *state) {
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return (uint32_t)(*state * 0x2545F4914F6CDD1DULL >> 32);
}

// Memory of the program's own, in no heap.
void *blank(size_t bytes) {
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED)
        fail("mmap");
    return p;
}
