/* fuzz_parts.c: see fuzz_parts.h. */
#include "fuzz_parts.h"

#include <stdlib.h>
#include <string.h>
#include <zip.h>

static void add(zip_t *zip, const char *name, const void *bytes, size_t size)
{
    zip_source_t *source = zip_source_buffer(zip, bytes, size, 0);
    zip_int64_t index = zip_file_add(zip, name, source, 0);
    if (index >= 0) zip_set_file_compression(zip, (zip_uint64_t)index, ZIP_CM_STORE, 0);
}

void *fuzz_package(const fuzz_part *parts, size_t part_count, const uint8_t *data, size_t size,
                   size_t *length)
{
    zip_source_t *source = zip_source_buffer_create(NULL, 0, 0, NULL);
    zip_source_keep(source);
    zip_t *zip = zip_open_from_source(source, ZIP_TRUNCATE, NULL);
    for (size_t i = 0; i < part_count; i++) {
        size_t piece = 0;
        if (parts[i].from_input) {
            const uint8_t *end = size > 0 ? memchr(data, 0xFF, size) : NULL;
            piece = end != NULL ? (size_t)(end - data) : size;
            if (piece > 0) add(zip, parts[i].name, data, piece);
            data += piece + (end != NULL);
            size -= piece + (end != NULL);
        }
        if (piece == 0 && parts[i].text != NULL)
            add(zip, parts[i].name, parts[i].text, strlen(parts[i].text));
    }
    zip_stat_t stat;
    if (zip_close(zip) != 0 || zip_source_stat(source, &stat) != 0 || zip_source_open(source) != 0)
        abort();
    void *bytes = malloc(stat.size + 1);
    zip_source_read(source, bytes, stat.size);
    zip_source_close(source);
    zip_source_free(source);
    *length = stat.size;
    return bytes;
}
