/* Criterion runs each test in a process of its own and hands it a mapping that it puts anywhere between
 * 0x200000000000 and 0x7f0000000000 where mincore() finds no page. ThreadSanitizer has most of that for
 * itself. So the search is told that the place is free, and the mapping is put into the part of the range
 * that ThreadSanitizer leaves to programs. These run before ThreadSanitizer is ready and are not
 * instrumented. */
#undef _FILE_OFFSET_BITS
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define UNINSTRUMENTED __attribute__((no_sanitize("thread")))

enum { ALLOWED_SIZE_LOG2 = 39 };
static const uintptr_t allowed_start = 0x7e8000000000;

extern void *__interceptor_mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset);

UNINSTRUMENTED static bool is_taken(const void *address)
{
    return (uintptr_t)address >= 0x200000000000 && (uintptr_t)address < allowed_start;
}

UNINSTRUMENTED void *mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
    if ((flags & MAP_SHARED) != 0 && fd >= 0 && is_taken(address)) {
        address = (void *)(allowed_start + ((uintptr_t)address & ((UINT64_C(1) << ALLOWED_SIZE_LOG2) - 1)));
        flags &= ~MAP_FIXED;
    }
    return __interceptor_mmap(address, size, protection, flags, fd, offset);
}

void *mmap64(void *address, size_t size, int protection, int flags, int fd, off_t offset)
    __attribute__((alias("mmap")));

UNINSTRUMENTED int mincore(void *address, size_t size, unsigned char *pages)
{
    if (!is_taken(address))
        return (int)syscall(SYS_mincore, address, size, pages);
    errno = ENOMEM;
    return -1;
}
