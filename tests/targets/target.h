// What the target programs share: the truth they print, and memory made in a known state.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <stdnoreturn.h>
#include <sys/types.h>

// A state word as it stands in a region line; a size follows where the state has one.
#define NOT_PRESENT "notPresent"
#define SWAPPED "swapped"
#define ZERO "zero"
#define KSM "ksm"
#define GUARD "guard"
#define ANONYMOUS(size) "anonymous" size
#define FILE_PAGE(size) "file" size
#define SHARED_MEMORY(size) "sharedMemory" size

#define ANY_SIZE "*"
#define KIB ((size_t)1 << 10)
#define MIB ((size_t)1 << 20)
#define GIB ((size_t)1 << 30)
#define HUGE_BYTES (2 * MIB)

struct situation {
    const char *name;
    void (*build)(int argc, char **argv);
};

// truth.c: one line `region NAME 0xSTART 0xEND STATE:PAGES …` for each region; neighbours of one state become one run.
void region(const char *name, const void *start, size_t pages);
void holds(const char *state, size_t pages);
void region_end(void);
void region_of(const char *name, const void *start, const char *state, size_t pages);
const char *sized(const char *kind, size_t bytes);
noreturn void skip(const char *reason);
noreturn void fail(const char *what);

// memory.c: a base page's size, and private memory that never becomes huge by itself.
size_t page_size(void);
char *page_at(void *start, size_t index);
uintptr_t round_up(uintptr_t value, size_t alignment);
void *reserve(size_t pages);
void *reserve_aligned(size_t bytes, size_t alignment);
void *map(size_t bytes, int protection, int flags, int descriptor, off_t offset);
void write_page(void *address);
void write_pages(void *start, size_t pages);
void read_page(const void *address);
void advise(void *start, size_t bytes, int advice, const char *what);
void page_out(void *start, size_t pages);
size_t smaps_kilobytes(const void *address, const char *key);
