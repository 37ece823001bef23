// freeze SITUATION [THREADS]: a process that never stands still by itself, for tests that freeze it. It is the child of the
// one that prints, so that whoever starts this is not its parent. Both share a page of counters.
#include "target.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

// Kept over exec, at the same descriptor.
#define COUNTERS_FD 100

static struct counters {
    _Atomic uint64_t ready, steps, signals, execs, interrupted;
} *counters;

static void count_signal(int signal) {
    (void)signal;
    counters->signals++;
}

static void map_counters(void) {
    counters = map(page_size(), PROT_READ | PROT_WRITE, MAP_SHARED, COUNTERS_FD, 0);
}

static void start(void *(*body)(void *), void *argument) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 64 * KIB);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_t thread;
    while (pthread_create(&thread, &attributes, body, argument) != 0)
        // The threads that have ended are still being cleared away.
        usleep(1000);
}

static void *step(void *unused) {
    counters->steps++;
    return unused;
}

static void *walk(void *unused) {
    for (;;) {
        step(unused);
        usleep(2000);
    }
    return NULL;
}

// Makes threads that end at once, four at a time, and leaves the processor to others now and then.
static void *spawn(void *unused) {
    for (;;) {
        pthread_t threads[4];
        size_t made = 0;
        while (made < 4 && pthread_create(&threads[made], NULL, step, unused) == 0)
            made++;
        while (made > 0)
            pthread_join(threads[--made], NULL);
        usleep(1000);
    }
    return NULL;
}

// Each makes its successor and ends.
static void *relay(void *unused) {
    counters->steps++;
    start(relay, unused);
    return NULL;
}

// Waits in the kernel, deaf to everything, until the child of its vfork ends, which it does not.
static void *get_stuck(void *unused) {
    (void)unused;
    if (vfork() == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;)
            pause();
    }
    return NULL;
}

static char **arguments;

static void *replace(void *unused) {
    usleep(5000);
    counters->execs++;
    execv("/proc/self/exe", arguments);
    fail("execv");
    return unused;
}

static void *poll_events(void *unused) {
    int events = epoll_create1(0);
    struct epoll_event event;
    while (epoll_wait(events, &event, 1, -1) < 0 && errno == EINTR)
        counters->interrupted++;
    fail("epoll_wait");
    return unused;
}

static void *end_leader(void *unused) {
    (void)unused;
    counters->ready = 1;
    pthread_exit(NULL);
}

static void work(const char *situation, int threads) {
    signal(SIGUSR1, count_signal);
    for (int number = SIGRTMIN; number <= SIGRTMAX; number++)
        signal(number, count_signal);
    for (int i = 0; i < threads; i++)
        start(walk, NULL);
    if (strcmp(situation, "churn") == 0) {
        start(spawn, NULL);
        start(spawn, NULL);
    } else if (strcmp(situation, "relay") == 0) {
        start(relay, NULL);
    } else if (strcmp(situation, "stuck") == 0) {
        start(get_stuck, NULL);
        usleep(100000);
    } else if (strcmp(situation, "exec") == 0) {
        start(replace, NULL);
    } else if (strcmp(situation, "epoll") == 0) {
        start(poll_events, NULL);
        usleep(100000);
    } else if (strcmp(situation, "leaderless") == 0) {
        end_leader(NULL);
    } else if (strcmp(situation, "walk") != 0 && strcmp(situation, "traced") != 0) {
        fprintf(stderr, "no situation %s\n", situation);
        exit(2);
    }
    counters->ready = 1;
    for (;;)
        pause();
}

int main(int argc, char **argv) {
    arguments = argv;
    if (argc < 2)
        return 2;
    int threads = argc > 2 ? atoi(argv[2]) : 0;
    // Replaced by exec: the descriptor is there already.
    if (fcntl(COUNTERS_FD, F_GETFD) != -1) {
        map_counters();
        work(argv[1], threads);
    }

    int file = memfd_create("counters", 0);
    if (file < 0 || ftruncate(file, (off_t)page_size()) != 0 || dup2(file, COUNTERS_FD) < 0)
        fail("counters");
    close(file);
    map_counters();
    pid_t child = fork();
    if (child < 0)
        fail("fork");
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        work(argv[1], threads);
    }
    if (strcmp(argv[1], "traced") == 0 && ptrace(PTRACE_SEIZE, child, 0, 0) != 0)
        fail("ptrace");
    while (!counters->ready)
        if (waitpid(child, NULL, WNOHANG) == child)
            return 1;
        else
            usleep(1000);
    printf("child %d\n", child);
    region_of("counters", counters, SHARED_MEMORY("4K"), 1);
    puts("READY");
    fflush(stdout);
    char byte;
    while (read(STDIN_FILENO, &byte, 1) > 0)
        ;
    kill(child, SIGKILL);
    return waitpid(child, NULL, 0) != child;
}
