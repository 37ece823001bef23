// What the heap programs share: a register of live blocks that lies outside every heap, and the truth printed from it.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <stdnoreturn.h>

#define KIB ((size_t)1 << 10)
#define MIB ((size_t)1 << 20)
// The distance between the heaps of a thread arena, unless huge pages change it.
#define HEAP_MAX (sizeof(void *) == 8 ? 64 * MIB : MIB)

struct heap_situation {
    const char *name;
    void (*build)(int argc, char **argv);
};

// As mallinfo2 returns it; written out because it came with 2.33.
struct counts {
    size_t field[10];
};

// heap_truth.c: nothing here calls malloc, so telling the truth does not change it.
void *keep(void *block);
void *keep_at(void *place, size_t size);
void forget(void *block);
void drop(void *block);
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
void tell_blocks(void);
struct counts totals(void);
void tell_counts(struct counts counts);
void tell_totals(void);
void tell(void);
size_t usable(void *block);
noreturn void fail(const char *what);
noreturn void skip(const char *reason);
size_t number(int argc, char **argv, int index, size_t otherwise);

// heap_threads.c: threads that do some work at once and then stand still, alive, on stacks of their own or given ones; go on; or end.
void stand_still_after(size_t count, void (*work)(size_t index));
void keep_working(size_t count, void (*work)(size_t index));
void stand_still_on(size_t count, void **stacks, size_t stack_size, void (*work)(size_t index));
void let_end_after(size_t count, void (*work)(size_t index));
uint32_t random_of(uint64_t *state);
void *blank(size_t bytes);
