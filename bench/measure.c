// measure ROUNDS COMMAND [ARGUMENT…] [-- COMMAND …]…: runs the commands in turn, their output to /dev/null.
// Prints a line for each run: number of the command, wall ns, CPU ns, peak KiB. The first round warms up, unprinted.
// It is C, and small: a child's peak memory is never below that of the process which it was forked from.
#include <fcntl.h>
#include <spawn.h>
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

static void run(int number, char **command, const posix_spawn_file_actions_t *actions, int print) {
    pid_t pid;
    struct rusage usage;
    int status;
    long long start = now();
    int error = posix_spawn(&pid, command[0], actions, NULL, command, environ);
    if (error != 0 || wait4(pid, &status, 0, &usage) != pid) {
        fprintf(stderr, "measure: can't run %s: %s\n", command[0], strerror(error));
        exit(1);
    }
    long long wall = now() - start;
    if (status != 0) {
        fprintf(stderr, "measure: %s failed with status 0x%x\n", command[0], (unsigned)status);
        exit(1);
    }
    long long cpu = nanoseconds(usage.ru_utime) + nanoseconds(usage.ru_stime);
    if (print)
        printf("%d %lld %lld %ld\n", number, wall, cpu, usage.ru_maxrss);
}

int main(int argc, char **argv) {
    int rounds = argc > 2 ? atoi(argv[1]) : 0;
    if (rounds <= 0) {
        fprintf(stderr, "usage: measure ROUNDS COMMAND [ARGUMENT...] [-- COMMAND ...]...\n");
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
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    for (int round = 0; round <= rounds; round++)
        for (int i = 0; i < count; i++)
            run(i, commands[i], &actions, round > 0);
    return 0;
}
