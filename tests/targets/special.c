// Memory with a keeper of its own: secretmem, an I/O ring, a device, userfaultfd write protection.
#include "target.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef __NR_memfd_secret
#define __NR_memfd_secret 447
#endif
#ifndef UFFD_FEATURE_WP_UNPOPULATED
#define UFFD_FEATURE_WP_UNPOPULATED (1 << 13)
#endif
#ifndef UFFD_FEATURE_WP_ASYNC
#define UFFD_FEATURE_WP_ASYNC (1 << 15)
#endif

static void secret(int argc, char **argv) {
    (void)argc, (void)argv;
    int file = (int)syscall(__NR_memfd_secret, 0);
    if (file < 0)
        skip("this kernel has no secret memory");
    if (ftruncate(file, (off_t)(8 * page_size())) != 0)
        fail("memfd_secret");
    char *p = mmap(NULL, 8 * page_size(), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (p == MAP_FAILED)
        skip("memory cannot be locked");
    write_pages(p, 3);
    region("secret", p, 8);
    holds(FILE_PAGE("4K"), 3);
    holds(NOT_PRESENT, 5);
    region_end();
}

// The ring of asynchronous I/O is a file of its own kind, made by the kernel.
static void io_ring(int argc, char **argv) {
    (void)argc, (void)argv;
    aio_context_t ring = 0;
    if (syscall(SYS_io_setup, 16, &ring) != 0)
        skip("this kernel has no asynchronous I/O");
    read_page((void *)ring);
    region_of("ioRing", (void *)ring, FILE_PAGE("4K"), 1);
}

// A private mapping of the device is plain anonymous memory with a file's name.
static void zero_device(int argc, char **argv) {
    (void)argc, (void)argv;
    int device = open("/dev/zero", O_RDWR | O_CLOEXEC);
    if (device < 0)
        fail("/dev/zero");
    char *p = map(8 * page_size(), PROT_READ | PROT_WRITE, MAP_PRIVATE, device, 0);
    write_pages(p, 3);
    region("zeroDevice", p, 8);
    holds(ANONYMOUS("4K"), 3);
    holds(NOT_PRESENT, 5);
    region_end();
}

static void write_protect(int uffd, char *p, size_t pages) {
    struct uffdio_writeprotect range = {
        .range = {.start = (uintptr_t)p, .len = pages * page_size()},
        .mode = UFFDIO_WRITEPROTECT_MODE_WP,
    };
    if (ioctl(uffd, UFFDIO_WRITEPROTECT, &range) != 0)
        fail("UFFDIO_WRITEPROTECT");
}

// Protecting pages that were never touched leaves markers in the page table, which pagemap shows as swapped.
static void write_protected(int argc, char **argv) {
    (void)argc, (void)argv;
    const size_t pages = 32;
    int uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY);
    struct uffdio_api api = {.api = UFFD_API, .features = UFFD_FEATURE_WP_UNPOPULATED | UFFD_FEATURE_WP_ASYNC};
    if (uffd < 0 || ioctl(uffd, UFFDIO_API, &api) != 0)
        skip("this kernel has no asynchronous userfaultfd write protection");
    char *p = reserve(pages);
    write_pages(p, 6);
    for (size_t i = 6; i < 10; i++)
        read_page(page_at(p, i));
    struct uffdio_register registration = {
        .range = {.start = (uintptr_t)p, .len = pages * page_size()}, .mode = UFFDIO_REGISTER_MODE_WP};
    if (ioctl(uffd, UFFDIO_REGISTER, &registration) != 0)
        fail("UFFDIO_REGISTER");
    write_protect(uffd, p, 28);
    write_page(page_at(p, 0));
    write_page(page_at(p, 20));
    region("writeProtected", p, pages);
    holds(ANONYMOUS("4K"), 6);
    holds(ZERO, 4);
    holds(NOT_PRESENT, 10);
    holds(ANONYMOUS("4K"), 1);
    holds(NOT_PRESENT, 11);
    region_end();
}

const struct situation special_situations[] = {
    {"secret", secret}, {"ioRing", io_ring}, {"zeroDevice", zero_device}, {"writeProtected", write_protected},
    {NULL, NULL},
};
