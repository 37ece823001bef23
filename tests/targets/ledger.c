// Touches PAGES pages of each kind of memory beyond a few, and prints by how many bytes that makes a line of the ledger larger.
#include "target.h"
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MOST = 256, PAGE = 4096, OWN_STACK = 16 };

static _Alignas(PAGE) char zeros[MOST * PAGE];
static _Alignas(PAGE) char filled[MOST * PAGE] = {1};
static pthread_barrier_t barrier;

// Says where the kernel and glibc have this thread, and waits for ever.
static void *stand(void *name) {
    prctl(PR_SET_NAME, name);
    pthread_attr_t attributes;
    void *start;
    size_t size, guard;
    if (pthread_getattr_np(pthread_self(), &attributes) || pthread_attr_getstack(&attributes, &start, &size)
        || pthread_attr_getguardsize(&attributes, &guard))
        fail("pthread_getattr_np");
    pthread_attr_destroy(&attributes);
    // Its guard is below it.
    printf("thread %ld %s 0x%zx 0x%zx\n", syscall(SYS_gettid), (char *)name, (size_t)start - guard, (size_t)start + size);
    pthread_barrier_wait(&barrier);
    for (;;)
        pause();
}

static void start(const pthread_attr_t *attributes, char *name) {
    pthread_t thread;
    if (pthread_create(&thread, attributes, stand, name))
        fail("pthread_create");
    pthread_barrier_wait(&barrier);
}

static void touch(void *memory, size_t bytes) {
    memset(memory, 1, bytes);
}

static void *anywhere(size_t bytes, int protection, int flags, int descriptor) {
    void *memory = mmap(NULL, bytes, protection, flags, descriptor, 0);
    if (memory == MAP_FAILED)
        fail("mmap");
    return memory;
}

// One page always, so that the mappings are the same whatever is touched.
static void share(size_t bytes) {
    int file = memfd_create("ledger", 0);
    if (file < 0 || ftruncate(file, (MOST + 1) * PAGE))
        fail("memfd_create");
    touch(anywhere((MOST + 1) * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file), PAGE + bytes);
    volatile char *code = anywhere((MOST + 1) * PAGE, PROT_READ | PROT_EXEC, MAP_SHARED, file);
    madvise((void *)code, (MOST + 1) * PAGE, MADV_RANDOM);
    for (size_t at = 0; at < PAGE + bytes; at += PAGE)
        (void)code[at];
    int id = shmget(IPC_PRIVATE, (MOST + 1) * PAGE, IPC_CREAT | 0600);
    void *segment = id < 0 ? (void *)-1 : shmat(id, NULL, 0);
    if (segment == (void *)-1 || shmctl(id, IPC_RMID, NULL))
        fail("shmat");
    touch(segment, PAGE + bytes);
    touch(anywhere((MOST + 1) * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1), PAGE + bytes);
}

int main(int argc, char **argv) {
    size_t bytes = argc > 1 ? strtoul(argv[1], NULL, 10) * PAGE : 0;
    if (bytes > MOST * PAGE)
        fail("pages");
    setvbuf(stdout, NULL, _IOLBF, 1024);
    prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
    // A heap that does not begin with the first run's buffers: the large blocks alone differ.
    mallopt(M_MMAP_THRESHOLD, 128 * 1024);
    pthread_barrier_init(&barrier, NULL, 2);
    // What is around is mapped along with a page of a file that is read: so all of it is, whatever is written then.
    for (size_t at = 0; at < sizeof filled; at += PAGE)
        (void)*(volatile char *)(filled + at);
    touch(filled, bytes);
    touch(zeros, bytes);
    touch(anywhere((MOST + 1) * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1), PAGE + bytes);
    touch(anywhere((MOST + 1) * PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1), PAGE + bytes);
    share(bytes);
    char *block = malloc(MOST * 2 * PAGE);
    touch(block, PAGE + bytes);

    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    char *own = anywhere((OWN_STACK + MOST) * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    touch(own, bytes);
    if (pthread_attr_setstack(&attributes, own, (OWN_STACK + MOST) * PAGE))
        fail("pthread_attr_setstack");
    start(&attributes, "own stack");
    start(NULL, "plain");
    printf("adds data %zu\nadds anonymous %zu\nadds jit %zu\nadds sharedMemory %zu\nadds heapMmapped %zu\nadds threadStacks %zu\n",
        bytes, bytes, 2 * bytes, 3 * bytes, bytes, bytes);
    puts("READY");
    while (getchar() != EOF)
        ;
    free(block);
    return 0;
}
