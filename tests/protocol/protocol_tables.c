/* protocol_tables.c: the tables of PROTOCOL.md from messages.def, limits.def and the codes.
 *   protocol_tables FILE           exit 1 where the part of FILE after the mark differs
 *   protocol_tables FILE --write   rewrites that part */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol_internal.h"

#define MARK "<!-- from messages.def, limits.def: written by protocol_tables -->\n"
#define SIZE_MAX_BYTES (1u << 20)

typedef struct text {
    char *bytes;
    size_t length;
} text;

static void add(text *t, const char *bytes)
{
    size_t n = strlen(bytes);
    if (t->length + n >= SIZE_MAX_BYTES) exit(2);
    memcpy(t->bytes + t->length, bytes, n + 1);
    t->length += n;
}

static const char *type_words(const pei_field *field, char *out, size_t size)
{
    static const char *const words[] = {"integer",
                                        "integer",
                                        "integer, may be negative",
                                        "number",
                                        "number or nil",
                                        "boolean",
                                        "text",
                                        "value",
                                        "area",
                                        "[first, last]",
                                        "integer or `\"new\"`",
                                        "",
                                        "",
                                        "[integer]",
                                        "[number]",
                                        "[text]",
                                        "[text or nil]",
                                        "[value]",
                                        "[area]",
                                        "[[first, last]]",
                                        "map of text to number"};
    if (field->type == PEI_TYPE_RECORD || field->type == PEI_TYPE_LIST) {
        const char *name = pei_record_get((pe_wire_record)field->of)->name;
        snprintf(out, size, field->type == PEI_TYPE_LIST ? "[*%s*]" : "*%s*", name);
        return out;
    }
    return words[field->type];
}

static void add_fields(text *t, const pei_record *record)
{
    char type[96];
    if (record->field_count == 0) {
        add(t, " {}\n\n");
        return;
    }
    add(t, record->tuple ? "An array of\n\n" : "");
    add(t, "| field | type | |\n|---|---|---|\n");
    for (uint32_t i = 0; i < record->field_count; i++) {
        const pei_field *field = &record->fields[i];
        add(t, "| ");
        add(t, field->name);
        add(t, field->has_offset == PEI_REQUIRED ? " | " : "? | ");
        add(t, type_words(field, type, sizeof type));
        add(t, " | ");
        add(t, field->doc);
        add(t, " |\n");
    }
    add(t, "\n");
}

static void add_methods(text *t)
{
    add(t, "## Methods\n\nA field marked ? may be left out.\n\n");
    for (int i = 0; i < PE_WIRE_METHOD_COUNT; i++) {
        const pe_wire_method *method = pe_wire_method_get((pe_wire_method_id)i);
        add(t, "### ");
        add(t, method->name);
        add(t, "\n");
        add(t, method->doc);
        add(t, method->flags & PE_WIRE_OVERTAKES ? " Overtakes waiting requests.\n\n" : "\n\n");
        add(t, "Parameters:");
        add(t, pei_record_get(method->params)->field_count > 0 ? "\n\n" : "");
        add_fields(t, pei_record_get(method->params));
        add(t, "Result:");
        add(t, pei_record_get(method->result)->field_count > 0 ? "\n\n" : "");
        add_fields(t, pei_record_get(method->result));
    }
}

static void add_notes(text *t)
{
    size_t count;
    const pe_wire_note *notes = pe_wire_note_list(&count);
    add(t, "## Notifications\n\n");
    for (size_t i = 0; i < count; i++) {
        add(t, "### ");
        add(t, notes[i].name);
        add(t, notes[i].from_host ? " (from the host)\n" : " (from the client)\n");
        add(t, notes[i].doc);
        add(t, "\n\n");
        add_fields(t, pei_record_get(notes[i].params));
    }
}

/* What is no method's nor notification's own. */
static bool is_shared(pe_wire_record record)
{
    size_t count;
    const pe_wire_note *notes = pe_wire_note_list(&count);
    for (size_t i = 0; i < count; i++)
        if (notes[i].params == record) return false;
    for (int i = 0; i < PE_WIRE_METHOD_COUNT; i++) {
        const pe_wire_method *method = pe_wire_method_get((pe_wire_method_id)i);
        if (method->params == record || method->result == record) return false;
    }
    return true;
}

static void add_records(text *t)
{
    add(t, "## Records\n\nMaps and arrays that stand in the fields above.\n\n");
    for (int i = 0; i < PE_WIRE_RECORD_COUNT; i++) {
        if (!is_shared((pe_wire_record)i)) continue;
        const pei_record *record = pei_record_get((pe_wire_record)i);
        add(t, "### *");
        add(t, record->name);
        add(t, "*\n");
        add(t, record->doc);
        add(t, record->doc[0] != '\0' ? "\n\n" : "\n");
        add_fields(t, record);
    }
}

static void add_limits_and_codes(text *t)
{
    char row[256];
    size_t count;
    const pe_wire_limit *limits = pe_wire_limits(&count);
    add(t, "## Limits\n\n| limit | value | of what, and why |\n|---|---|---|\n");
    for (size_t i = 0; i < count; i++) {
        snprintf(row, sizeof row, "| %s | %d | %s |\n", limits[i].name, limits[i].value,
                 limits[i].reason);
        add(t, row);
    }
    add(t, "\n## Errors\n\n| code | meaning |\n|---|---|\n");
#define ADD_CODE(name, wire, meaning) add(t, "| " wire " | " meaning " |\n");
    PE_WIRE_CODES(ADD_CODE)
#undef ADD_CODE
}

static bool read_file(const char *path, text *t)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) return false;
    t->length = fread(t->bytes, 1, SIZE_MAX_BYTES - 1, file);
    t->bytes[t->length] = '\0';
    return fclose(file) == 0;
}

int main(int argc, char **argv)
{
    text page = {calloc(1, SIZE_MAX_BYTES), 0}, tables = {calloc(1, SIZE_MAX_BYTES), 0};
    char *mark = NULL;
    if (argc < 2 || page.bytes == NULL || tables.bytes == NULL || !read_file(argv[1], &page) ||
        (mark = strstr(page.bytes, MARK)) == NULL) {
        fprintf(stderr, "usage: protocol_tables PROTOCOL.md [--write]; the page has a mark\n");
        return 2;
    }
    mark += strlen(MARK);
    add(&tables, "\n");
    add_methods(&tables);
    add_notes(&tables);
    add_records(&tables);
    add_limits_and_codes(&tables);
    int result = strcmp(mark, tables.bytes) != 0;
    if (argc > 2 && strcmp(argv[2], "--write") == 0) {
        FILE *file = fopen(argv[1], "wb");
        if (file == NULL) return 2;
        fwrite(page.bytes, 1, (size_t)(mark - page.bytes), file);
        fwrite(tables.bytes, 1, tables.length, file);
        result = fclose(file) != 0;
    } else if (result != 0) {
        fprintf(stderr,
                "%s: its tables are not those of messages.def and limits.def; run "
                "protocol_tables %s --write\n",
                argv[1], argv[1]);
    }
    free(page.bytes);
    free(tables.bytes);
    return result;
}
