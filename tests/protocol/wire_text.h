/* wire_text.h: MessagePack from a readable text, for tests: JSON with !2 for the spreadsheet error
 * 2, ? for an omitted argument, 1.5 and 1e3 as doubles, 7 as an integer. */
#ifndef PE_TEST_WIRE_TEXT_H
#define PE_TEST_WIRE_TEXT_H

#include <stdlib.h>
#include <string.h>

#include "protocol.h"

typedef struct wire_text {
    const char *at;
    msgpack_sbuffer *out;
} wire_text;

static void wire_text_object(wire_text *t);

static uint32_t wire_text_items(wire_text *t, char end)
{
    uint32_t count = 0;
    while (*t->at != end) {
        wire_text_object(t);
        count++;
        if (*t->at == ',' || *t->at == ':') t->at++;
        while (*t->at == ' ') t->at++;
    }
    t->at++;
    return count;
}

static void wire_text_container(wire_text *t)
{
    msgpack_sbuffer inner, *outer = t->out;
    msgpack_packer packer;
    bool is_map = *t->at++ == '{';
    msgpack_sbuffer_init(&inner);
    t->out = &inner;
    uint32_t count = wire_text_items(t, is_map ? '}' : ']');
    t->out = outer;
    msgpack_packer_init(&packer, outer, msgpack_sbuffer_write);
    if (is_map)
        msgpack_pack_map(&packer, count / 2);
    else
        msgpack_pack_array(&packer, count);
    if (inner.size > 0) msgpack_sbuffer_write(outer, inner.data, inner.size);
    msgpack_sbuffer_destroy(&inner);
}

static void wire_text_number(wire_text *t, msgpack_packer *packer)
{
    char *end;
    size_t length = strspn(t->at, "0123456789+-.e");
    if (memchr(t->at, '.', length) != NULL || memchr(t->at, 'e', length) != NULL)
        msgpack_pack_double(packer, strtod(t->at, &end));
    else if (*t->at == '-')
        msgpack_pack_int64(packer, strtoll(t->at, &end, 10));
    else
        msgpack_pack_uint64(packer, strtoull(t->at, &end, 10));
    t->at = end;
}

static void wire_text_object(wire_text *t)
{
    msgpack_packer packer;
    msgpack_packer_init(&packer, t->out, msgpack_sbuffer_write);
    while (*t->at == ' ') t->at++;
    if (*t->at == '{' || *t->at == '[') {
        wire_text_container(t);
    } else if (*t->at == '"') {
        size_t length = strcspn(t->at + 1, "\"");
        msgpack_pack_str(&packer, length);
        msgpack_pack_str_body(&packer, t->at + 1, length);
        t->at += length + 2;
    } else if (strncmp(t->at, "null", 4) == 0) {
        msgpack_pack_nil(&packer);
        t->at += 4;
    } else if (strncmp(t->at, "true", 4) == 0) {
        msgpack_pack_true(&packer);
        t->at += 4;
    } else if (strncmp(t->at, "false", 5) == 0) {
        msgpack_pack_false(&packer);
        t->at += 5;
    } else if (*t->at == '!') {
        char code = (char)strtol(t->at + 1, (char **)(uintptr_t)&t->at, 10);
        msgpack_pack_ext(&packer, 1, PE_WIRE_EXT_ERROR);
        msgpack_pack_ext_body(&packer, &code, 1);
    } else if (*t->at == '?') {
        msgpack_pack_ext(&packer, 0, PE_WIRE_EXT_OMITTED);
        t->at++;
    } else {
        wire_text_number(t, &packer);
    }
    while (*t->at == ' ') t->at++;
}

/* Free with msgpack_sbuffer_destroy. */
static msgpack_sbuffer wire_text_pack(const char *text)
{
    msgpack_sbuffer out;
    msgpack_sbuffer_init(&out);
    wire_text t = {text, &out};
    wire_text_object(&t);
    return out;
}

#endif
