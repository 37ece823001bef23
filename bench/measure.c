// measure [--pipe] [--may STATUS] ROUNDS COMMAND [ARGUMENT…] [-- COMMAND …]…: runs the commands in turn, their output to
// /dev/null, or with --pipe to a pipe whose reader only reads. They must end with 0, or with the other status given. Prints a line for each run: number of the command, wall ns, CPU ns, peak KiB. The first round warms up, unprinted.
// It is C, and small: a child's peak memory is never below that of the process which it was forked from.
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static long long now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static long long nanoseconds(struct timeval t) {
    return t.tv_sec * 1000000000LL + t.tv_usec * 1000LL;
}

static void die(const char *what, int error) {
    fprintf(stderr, "measure: %s: %s\n", what, strerror(error));
    exit(1);
}

static void *drain(void *fd) {
    static char buffer[1 << 20];
    while (read((int)(intptr_t)fd, buffer, sizeof buffer) > 0) {
    }
    close((int)(intptr_t)fd);
    return NULL;
}

static void run(int number, char **command, int to_pipe, int may, int print) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    pthread_t reader;
    int ends[2], error;
    if (!to_pipe)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    else if (pipe2(ends, O_CLOEXEC) != 0)
        die("pipe", errno);
    else if ((error = pthread_create(&reader, NULL, drain, (void *)(intptr_t)ends[0])) != 0)
        die("pthread_create", error);
    else
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    pid_t pid;
    struct rusage usage;
    int status;
    long long start = now();
    error = posix_spawn(&pid, command[0], &actions, NULL, command, environ);
    if (error != 0)
        die(command[0], error);
    if (to_pipe)
        close(ends[1]);
    if (wait4(pid, &status, 0, &usage) != pid)
        die("wait4", errno);
    long long wall = now() - start;
    if (to_pipe)
        pthread_join(reader, NULL);
    posix_spawn_file_actions_destroy(&actions);
    if (!WIFEXITED(status) || (WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != may)) {
        fprintf(stderr, "measure: %s failed with status 0x%x\n", command[0], (unsigned)status);
        exit(1);
    }
    long long cpu = nanoseconds(usage.ru_utime) + nanoseconds(usage.ru_stime);
    if (print)
        printf("%d %lld %lld %ld\n", number, wall, cpu, usage.ru_maxrss);
}

int main(int argc, char **argv) {
    int to_pipe = argc > 1 && strcmp(argv[1], "--pipe") == 0, may = 0;
    argv += to_pipe, argc -= to_pipe;
    if (argc > 2 && strcmp(argv[1], "--may") == 0)
        may = atoi(argv[2]), argv += 2, argc -= 2;
    int rounds = argc > 2 ? atoi(argv[1]) : 0;
    if (rounds <= 0) {
        fprintf(stderr, "usage: measure [--pipe] [--may STATUS] ROUNDS COMMAND [ARGUMENT...] [-- COMMAND ...]...\n");
        return 2;
    }
    char **commands[argc];
    int count = 0;
    commands[count++] = argv + 2;
    for (int i = 3; i < argc; i++)
        if (strcmp(argv[i], "--") == 0) {
            argv[i] = NULL;
            commands[count++] = argv + i + 1;
        }
    for (int round = 0; round <= rounds; round++)
        for (int i = 0; i < count; i++)
            run(i, commands[i], to_pipe, may, round > 0);
    return 0;
}
