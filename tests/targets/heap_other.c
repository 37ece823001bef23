// heap-other: a heap of whatever allocator it is started or linked with. It prints its blocks and READY, and stays until standard input ends.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void say(const char *format, size_t value) {
    char line[80];
    int length = snprintf(line, sizeof line, format, value);
    if (write(STDOUT_FILENO, line, (size_t)length) != length)
        _exit(1);
}

int main(void) {
    for (size_t size = 1; size < 1000000; size += 1 + size / 3) {
        char *block = malloc(size);
        if (!block)
            return 1;
        memset(block, 1, size);
        say("block 0x%zx\n", (size_t)(uintptr_t)block);
    }
    say("READY\n", 0);
    char bytes[256];
    while (read(STDIN_FILENO, bytes, sizeof bytes) > 0)
        ;
    return 0;
}
