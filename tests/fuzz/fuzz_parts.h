/* fuzz_parts.h: a fuzz input as the parts of a package, to get past the zip's checksums. */
#ifndef FUZZ_PARTS_H
#define FUZZ_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct fuzz_part {
    const char *name;
    bool from_input;
    const char *text; /* what it is, or where it is from the input what it is instead of empty;
                         NULL: left out */
} fuzz_part;

/* Packs them without compression; those from the input are its pieces between bytes 0xFF. Free the
 * bytes with free(). */
void *fuzz_package(const fuzz_part *parts, size_t part_count, const uint8_t *data, size_t size,
                   size_t *length);

#endif
