/* sha1: the hash of FIPS 180-4, for UUIDs of version 5 (RFC 9562, 5.5). Not for security.
 *
 * An execution has five such ids, and libuuid's own SHA-1 takes four times as many instructions for one,
 * which was a fifth of all that the engine did. */
#ifndef ENGINE_VALUE_SHA1_H
#define ENGINE_VALUE_SHA1_H

#include <stddef.h>

enum { SHA1_SIZE = 20 };

/* The hash of `first` followed by `second`. */
void sha1(const void *first, size_t first_size, const void *second, size_t second_size,
          unsigned char hash[SHA1_SIZE]);

#endif
