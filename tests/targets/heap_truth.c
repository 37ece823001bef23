// The register of live blocks and the lines that say what the heap holds.
#include "heap.h"
#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { FIELDS = 10, MAX_BLOCKS = 1 << 20 };

struct int_counts {
    int field[FIELDS];
};

// Absent before 2.33; and a program built with old headers finds it in a newer library all the same.
extern struct counts wide_counts(void) __asm__("mallinfo2") __attribute__((weak));
extern struct int_counts narrow_counts(void) __asm__("mallinfo");

static void *blocks[MAX_BLOCKS];
static size_t block_count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static char line_buffer[64 * KIB];
static size_t line_used;
// The largest malloc_info seen has a line for each bin of each of some dozen arenas.
static char info_buffer[4 * MIB];

noreturn void fail(const char *what) {
    char text[256];
    int length = snprintf(text, sizeof text, "%s: %s\n", what, strerror(errno));
    _exit(write(STDERR_FILENO, text, (size_t)length) < 0 ? 2 : 1);
}

static void flush(void) {
    for (size_t at = 0; at < line_used;) {
        ssize_t written = write(STDOUT_FILENO, line_buffer + at, line_used - at);
        if (written < 0)
            fail("write");
        at += (size_t)written;
    }
    line_used = 0;
}

// A line of the truth; READY flushes.
void say(const char *format, ...) {
    if (sizeof line_buffer - line_used < 4 * KIB)
        flush();
    va_list arguments;
    va_start(arguments, format);
    line_used += (size_t)vsnprintf(line_buffer + line_used, 4 * KIB, format, arguments);
    va_end(arguments);
    line_buffer[line_used++] = '\n';
    if (strcmp(format, "READY") == 0)
        flush();
}

noreturn void skip(const char *reason) {
    say("skip %s", reason);
    flush();
    _exit(0);
}

void *keep(void *block) {
    if (!block)
        fail("out of memory");
    pthread_mutex_lock(&lock);
    if (block_count == MAX_BLOCKS)
        fail("too many blocks");
    blocks[block_count++] = block;
    pthread_mutex_unlock(&lock);
    return block;
}

// realloc of a block that may be NULL, registered under its new address.
void *keep_at(void *place, size_t size) {
    if (place)
        forget(place);
    return keep(realloc(place, size));
}

// The newest are looked at first: most blocks die young.
void forget(void *block) {
    pthread_mutex_lock(&lock);
    size_t i = block_count;
    while (i > 0 && blocks[i - 1] != block)
        i--;
    if (i == 0)
        fail("a block that nobody registered");
    blocks[i - 1] = blocks[--block_count];
    pthread_mutex_unlock(&lock);
}

void drop(void *block) {
    forget(block);
    free(block);
}

size_t usable(void *block) {
    return malloc_usable_size(block);
}

void tell_blocks(void) {
    for (size_t i = 0; i < block_count; i++)
        say("block 0x%zx %zu", (size_t)blocks[i], usable(blocks[i]));
}

void tell_counts(struct counts c) {
    static const char *const names[FIELDS] = {
        "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost",
    };
    char text[KIB];
    size_t length = 0;
    for (int i = 0; i < FIELDS; i++)
        if (i != 5)
            length += (size_t)snprintf(text + length, sizeof text - length, " %s=%zu", names[i], c.field[i]);
    say("mallinfo2%s", text);
}

static struct counts widen(struct int_counts narrow) {
    struct counts wide;
    for (int i = 0; i < FIELDS; i++)
        wide.field[i] = (unsigned)narrow.field[i];
    return wide;
}

#ifndef NO_SECOND_LIBC
// Where a debugging malloc stands in front, libc's own heap is a second one.
static void tell_hidden(void) {
    struct counts (*wide)(void) = NULL;
    void *libc = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
    if (libc)
        *(void **)&wide = dlsym(libc, "mallinfo2");
    if (wide && wide_counts && wide != wide_counts)
        tell_counts(wide());
}
#else
static void tell_hidden(void) {
}
#endif

static void tell_info(void) {
    // A stream without a buffer of its own would call malloc for one.
    static int prepared;
    if (!prepared++ && setvbuf(stdout, info_buffer, _IOFBF, sizeof info_buffer) != 0)
        fail("setvbuf");
    flush();
    static const char head[] = "malloc_info ";
    fputs(head, stdout);
    if (malloc_info(0, stdout) != 0)
        fail("malloc_info");
    size_t length = __fpending(stdout);
    if (length == sizeof info_buffer || memcmp(info_buffer, head, sizeof head - 1) != 0)
        fail("malloc_info is too long");
    for (size_t i = 0; i < length; i++)
        if (info_buffer[i] == '\n')
            info_buffer[i] = ' ';
    putchar('\n');
    fflush(stdout);
}

struct counts totals(void) {
    return wide_counts ? wide_counts() : widen(narrow_counts());
}

void tell_totals(void) {
    if (getenv("MALLOC_CHECK_"))
        tell_hidden();
    // The last call of both, so that they tell the same heap.
    tell_counts(totals());
    tell_info();
}

void tell(void) {
    tell_blocks();
    tell_totals();
}

size_t number(int argc, char **argv, int index, size_t otherwise) {
    if (index >= argc)
        return otherwise;
    size_t value = 0;
    for (const char *c = argv[index]; *c; c++)
        value = value * 10 + (size_t)(*c - '0');
    return value;
}
