// The limit of what is written: bare_write BYTES writes so many bytes to standard output, and does nothing else.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv) {
    static char buffer[64 << 10];
    memset(buffer, '\n', sizeof buffer);
    if (argc != 2) {
        fprintf(stderr, "usage: bare_write BYTES\n");
        return 2;
    }
    for (size_t left = strtoull(argv[1], NULL, 0); left > 0;) {
        ssize_t n = write(STDOUT_FILENO, buffer, left < sizeof buffer ? left : sizeof buffer);
        if (n <= 0) {
            perror("write");
            return 1;
        }
        left -= (size_t)n;
    }
    return 0;
}
