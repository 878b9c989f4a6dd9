/* workbook_reader.c: bytes to workbook: the order of the passes. First the small parts that all
 * sheets need, then sheets, shared strings, links and the file's hash as tasks in parallel, then
 * the join. Invariant: the workbook is given out only when all of it was read. */
#include "workbook_ods.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

typedef enum task_kind { TASK_SHEET, TASK_STRINGS, TASK_EXTERNAL, TASK_HASH } task_kind;

typedef struct task {
    task_kind kind;
    uint32_t index;
    const char *part;
    uint64_t size;
    pei_texts texts; /* not of sheets */
    pe_diag diag;
} task;

/* All of one reading that tasks do not share. */
typedef struct reading {
    pei_reader reader;
    pei_texts texts;
    pei_relations package, main;
    pei_main parts;
    pei_sheet_data *sheets;
    pe_table *tables; /* of an OpenDocument file */
    size_t table_count;
    task *tasks;
    size_t task_count;
} reading;

pe_status pei_reader_take(pei_reader *reader, uint64_t bytes, pe_diag *diag)
{
    uint64_t all = atomic_fetch_add(&reader->memory, bytes) + bytes;
    if (reader->memory_max == 0 || all <= reader->memory_max) return PE_OK;
    return pe_fail(diag, PE_E_LIMIT, "workbook",
                   "needs more than the %llu MiB of memory it may use; raise the limit",
                   (unsigned long long)(reader->memory_max >> 20));
}

void pei_reader_warn(pei_reader *reader, const char *format, ...)
{
    if (reader->warning_count >= PEI_WARNINGS_MAX ||
        PE_GROW(&reader->warnings, &reader->warning_capacity, reader->warning_count + 1) != PE_OK)
        return;
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (length < 0) return;
    const char *copy = pe_arena_text(reader->owner->arena, text, strlen(text));
    if (copy != NULL) reader->warnings[reader->warning_count++] = copy;
}

static pe_status new_texts(reading *all, pei_texts *texts, pe_diag *diag)
{
    *texts = (pei_texts){.reader = &all->reader, .arena = pei_book_arena(all->reader.owner)};
    if (texts->arena == NULL)
        return pe_fail(diag, PE_E_MEMORY, "workbook", "no memory for its texts");
    return PE_OK;
}

/* ---- the small parts
 * ---------------------------------------------------------------------------------- */

/* Reads an optional part by its relationship's type. */
static pe_status read_by_type(reading *all, const pei_relations *relations, const char *type,
                              pe_status (*read)(pei_reader *, const char *, pe_diag *),
                              pe_diag *diag)
{
    const pei_relation *relation = pei_relations_type(relations, type);
    if (relation == NULL || relation->external) return PE_OK;
    if (pei_package_find(&all->reader, 0, relation->target) < 0) return PE_OK;
    return read(&all->reader, relation->target, diag);
}

static pe_status read_rich_values(reading *all, pe_diag *diag)
{
    const pei_relation *structures = pei_relations_type(&all->main, "rdRichValueStructure");
    const pei_relation *values = pei_relations_type(&all->main, "rdRichValue");
    if (structures == NULL || values == NULL || all->reader.rich_count == 0) return PE_OK;
    if (structures->external || values->external) return PE_OK;
    return pei_rich_values_read(&all->reader, structures->target, values->target, diag);
}

static pe_status find_main(reading *all, const char **part, pe_diag *diag)
{
    const pei_relation *main = pei_relations_type(&all->package, "officeDocument");
    if (main == NULL || main->external)
        return pe_fail(diag, PE_E_FORMAT, "_rels/.rels",
                       "names no workbook; give an .xlsx or .xlsm file");
    size_t length = strlen(main->target);
    if (length > 4 && strcmp(main->target + length - 4, ".bin") == 0)
        return pe_fail(diag, PE_E_FORMAT, "file",
                       "this is a binary workbook (.xlsb); save it as .xlsx or .xlsm");
    *part = main->target;
    return PE_OK;
}

static pe_status read_small_parts(reading *all, pe_diag *diag)
{
    pei_reader *reader = &all->reader;
    const char *part = NULL;
    pe_status status = PE_OK;
    PE_TRY(pei_relations_read(reader, 0, "", &all->texts, &all->package, diag));
    PE_TRY(find_main(all, &part, diag));
    PE_TRY(pei_main_read(reader, part, &all->texts, &all->parts, diag));
    PE_TRY(pei_relations_read(reader, 0, part, &all->texts, &all->main, diag));
    reader->owner->book.has_macros = pei_relations_type(&all->main, "vbaProject") != NULL;
    PE_TRY(read_by_type(all, &all->main, "styles", pei_styles_read, diag));
    PE_TRY(read_by_type(all, &all->main, "sheetMetadata", pei_metadata_read, diag));
    PE_TRY(read_rich_values(all, diag));
    PE_TRY(read_by_type(all, &all->package, "extended-properties", pei_properties_read, diag));
    if (all->parts.sheet_count == 0)
        PE_TRY(pe_fail(diag, PE_E_FORMAT, part, "the workbook has no sheets"));
fail:
    return status;
}

/* ---- what there is to read
 * ---------------------------------------------------------------------------- */

static pe_status make_sheets(reading *all, pe_diag *diag)
{
    pe_workbook *w = &all->reader.owner->book;
    size_t count = all->parts.sheet_count;
    w->sheets = PE_PUSH(all->reader.owner->arena, pe_sheet, count);
    all->sheets = calloc(count, sizeof *all->sheets);
    if (w->sheets == NULL || all->sheets == NULL)
        return pe_fail(diag, PE_E_MEMORY, "workbook", "no memory for %zu sheets", count);
    w->sheet_count = (uint32_t)count;
    for (size_t i = 0; i < count; i++) {
        const pei_sheet_entry *entry = &all->parts.sheets[i];
        const pei_relation *relation = pei_relations_id(&all->main, entry->id);
        pei_sheet_data *s = &all->sheets[i];
        s->index = (uint32_t)i;
        s->sorted = true;
        w->sheets[i].name = entry->name;
        w->sheets[i].visibility = entry->visibility;
        w->sheets[i].is_chart = relation != NULL && strcmp(relation->type, "worksheet") != 0;
        if (relation == NULL)
            return pe_fail(diag, PE_E_FORMAT, "workbook",
                           "sheet '%.60s' has no part (relationship '%.40s')", entry->name,
                           entry->id);
        if (w->sheets[i].is_chart) continue;
        s->part = relation->target;
        s->part_index = pei_package_find(&all->reader, 0, s->part);
        if (s->part_index < 0)
            return pe_fail(diag, PE_E_FORMAT, s->part,
                           "is missing from the package (sheet '%.60s')", entry->name);
    }
    return PE_OK;
}

static pe_status make_externals(reading *all, pe_diag *diag)
{
    pe_workbook *w = &all->reader.owner->book;
    w->externals = PE_PUSH(all->reader.owner->arena, pe_external, all->parts.link_count + 1);
    if (w->externals == NULL)
        return pe_fail(diag, PE_E_MEMORY, "workbook", "no memory for its links");
    w->external_count = (uint32_t)all->parts.link_count;
    for (uint32_t i = 0; i < w->external_count; i++) w->externals[i].target = "";
    return PE_OK;
}

static pe_status add_task(reading *all, task_kind kind, uint32_t index, const char *part,
                          uint64_t size, pe_diag *diag)
{
    task *t = &all->tasks[all->task_count++];
    *t = (task){.kind = kind, .index = index, .part = part, .size = size};
    return new_texts(all, kind == TASK_SHEET ? &all->sheets[index].texts : &t->texts, diag);
}

static int compare_tasks(const void *left, const void *right)
{
    const task *a = left, *b = right;
    if (a->size != b->size) return a->size > b->size ? -1 : 1;
    if (a->kind != b->kind) return a->kind < b->kind ? -1 : 1;
    return (a->index > b->index) - (a->index < b->index);
}

/* Largest first, so that no worker is left with a large one at the end. */
static pe_status make_tasks(reading *all, pe_diag *diag)
{
    pei_reader *reader = &all->reader;
    pe_status status = PE_OK;
    all->tasks = calloc(all->parts.sheet_count + all->parts.link_count + 2, sizeof *all->tasks);
    if (all->tasks == NULL) PE_TRY(pe_fail(diag, PE_E_MEMORY, "workbook", "no memory to read it"));
    for (size_t i = 0; i < all->parts.sheet_count; i++) {
        const pei_sheet_data *s = &all->sheets[i];
        if (s->part == NULL) continue;
        PE_TRY(add_task(all, TASK_SHEET, (uint32_t)i, s->part,
                        pei_package_size(reader, s->part_index), diag));
    }
    const pei_relation *strings = pei_relations_type(&all->main, "sharedStrings");
    int64_t found =
        strings != NULL && !strings->external ? pei_package_find(reader, 0, strings->target) : -1;
    if (found >= 0)
        PE_TRY(
            add_task(all, TASK_STRINGS, 0, strings->target, pei_package_size(reader, found), diag));
    for (size_t i = 0; i < all->parts.link_count; i++) {
        const pei_relation *link = pei_relations_id(&all->main, all->parts.links[i]);
        found = link != NULL && !link->external ? pei_package_find(reader, 0, link->target) : -1;
        if (found < 0) continue;
        PE_TRY(add_task(all, TASK_EXTERNAL, (uint32_t)i, link->target,
                        pei_package_size(reader, found), diag));
    }
    PE_TRY(add_task(all, TASK_HASH, 0, "file", reader->length / 2, diag));
    qsort(all->tasks, all->task_count, sizeof *all->tasks, compare_tasks);
fail:
    return status;
}

/* ---- tasks
 * -------------------------------------------------------------------------------------------- */

static pe_status hash_file(pei_reader *reader)
{
    pe_sha256 sha;
    pe_sha256_init(&sha);
    for (size_t at = 0; at < reader->length;) {
        size_t piece = reader->length - at < (1u << 20) ? reader->length - at : 1u << 20;
        pe_sha256_update(&sha, reader->bytes + at, piece);
        at += piece;
        if (pe_cancelled(reader->control)) return PE_E_CANCELLED;
    }
    pe_sha256_final(&sha, reader->owner->book.sha256);
    return PE_OK;
}

static pe_status run_task(void *context, size_t index, unsigned worker)
{
    reading *all = context;
    pei_reader *reader = &all->reader;
    task *t = &all->tasks[index];
    pe_status status = PE_OK;
    switch (t->kind) {
    case TASK_SHEET:
        status = pei_sheet_read(reader, worker, &all->sheets[t->index]);
        t->diag = all->sheets[t->index].diag;
        break;
    case TASK_STRINGS:
        status = pei_strings_read(reader, worker, t->part, &t->texts, &t->diag);
        break;
    case TASK_EXTERNAL:
        status = pei_external_read(reader, worker, t->part, &t->texts,
                                   &reader->owner->book.externals[t->index], &t->diag);
        break;
    case TASK_HASH:
        status = hash_file(reader);
        if (status != PE_OK) pe_fail(&t->diag, status, "file", "cancelled");
        break;
    }
    return status;
}

static pe_status run_tasks(reading *all, pe_pool *pool, pe_diag *diag)
{
    pe_status status = pe_pool_run(pool, all->task_count, run_task, all);
    if (status == PE_OK) return PE_OK;
    for (size_t i = 0; i < all->task_count; i++)
        if (all->tasks[i].diag.status == status) {
            if (diag != NULL) *diag = all->tasks[i].diag;
            return status;
        }
    return pe_fail(diag, status, "workbook", "%s", pe_status_text(status));
}

/* ---- what the tasks found, into the workbook
 * ---------------------------------------------------------- */

/* Names a table's columns by its header row. */
static pe_status name_columns(reading *all, pe_table *table, pe_diag *diag)
{
    const pe_workbook *w = &all->reader.owner->book;
    uint32_t count = table->area.column_last - table->area.column_first + 1;
    if (atomic_fetch_add(&all->reader.block_cells, count) + count > PEI_BLOCK_CELLS_MAX)
        return pe_fail(diag, PE_E_LIMIT, table->name, "the database ranges have too many columns");
    table->columns = PE_PUSH(all->reader.owner->arena, const char *, count);
    if (table->columns == NULL)
        return pe_fail(diag, PE_E_MEMORY, table->name, "no memory for its columns");
    table->column_count = count;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t cell =
            pe_workbook_cell(w, (pe_cell_ref){table->area.sheet_first, table->area.row_first,
                                              table->area.column_first + i});
        pe_value title = cell != PE_NO_CELL ? w->cells[cell].stored : pe_blank();
        table->columns[i] = pe_is(title, PE_KIND_TEXT) ? pe_as_text(title)->bytes : "";
        if (!pe_is_number(title)) continue; /* a year, say: its digits */
        char digits[PE_DECIMAL_BYTES];
        pe_decimal_shortest(pe_as_number(title), digits);
        table->columns[i] = pe_arena_text(all->reader.owner->arena, digits, strlen(digits));
        if (table->columns[i] == NULL)
            return pe_fail(diag, PE_E_MEMORY, table->name, "no memory for its columns");
    }
    return PE_OK;
}

static pe_status gather_tables(reading *all, pe_diag *diag)
{
    pe_workbook *w = &all->reader.owner->book;
    size_t count = all->table_count;
    for (uint32_t i = 0; i < w->sheet_count; i++) count += all->sheets[i].table_count;
    w->tables = PE_PUSH(all->reader.owner->arena, pe_table, count + 1);
    if (w->tables == NULL)
        return pe_fail(diag, PE_E_MEMORY, "workbook", "no memory for its tables");
    for (uint32_t i = 0; i < w->sheet_count; i++)
        for (size_t t = 0; t < all->sheets[i].table_count; t++)
            w->tables[w->table_count++] = all->sheets[i].tables[t];
    for (size_t i = 0; i < all->table_count; i++) {
        pe_status status = name_columns(all, &all->tables[i], diag);
        if (status != PE_OK) return status;
        w->tables[w->table_count++] = all->tables[i];
    }
    return PE_OK;
}

static const uint32_t *keep_rows(reading *all, const uint32_t *rows, size_t count)
{
    uint32_t *copy = PE_PUSH(all->reader.owner->arena, uint32_t, count + 1);
    if (copy != NULL && count > 0) memcpy(copy, rows, count * sizeof *rows);
    return copy;
}

static pe_status gather_rows(reading *all, pe_diag *diag)
{
    pe_workbook *w = &all->reader.owner->book;
    for (uint32_t i = 0; i < w->sheet_count; i++) {
        pei_sheet_data *s = &all->sheets[i];
        w->sheets[i].has_filter = s->has_filter;
        if (s->has_filter) w->sheets[i].filter = s->filter;
        if (s->hidden_count == 0) continue;
        w->sheets[i].rows_hidden = keep_rows(all, s->hidden, s->hidden_count);
        if (s->filtered_count > 0)
            w->sheets[i].rows_filtered = keep_rows(all, s->filtered, s->filtered_count);
        if (w->sheets[i].rows_hidden == NULL ||
            (s->filtered_count > 0 && w->sheets[i].rows_filtered == NULL))
            return pe_fail(diag, PE_E_MEMORY, s->part, "no memory for its rows");
        w->sheets[i].rows_filtered_count = (uint32_t)s->filtered_count;
        w->sheets[i].rows_known = w->semantics == PE_SEMANTICS_CALC;
        w->sheets[i].rows_hidden_count = (uint32_t)s->hidden_count;
    }
    return PE_OK;
}

static pe_status gather_names(reading *all, pe_diag *diag)
{
    pe_workbook *w = &all->reader.owner->book;
    w->names = PE_PUSH(all->reader.owner->arena, pe_name, all->parts.name_count + 1);
    if (w->names == NULL) return pe_fail(diag, PE_E_MEMORY, "workbook", "no memory for its names");
    for (size_t i = 0; i < all->parts.name_count; i++) {
        const pe_name *name = &all->parts.names[i];
        if (name->sheet != PE_SCOPE_WORKBOOK && name->sheet >= w->sheet_count)
            pei_reader_warn(&all->reader, "the name %s belongs to a sheet that does not exist",
                            name->name);
        else
            w->names[w->name_count++] = *name;
    }
    return PE_OK;
}

static pe_status apply_tables(reading *all, pe_diag *diag)
{
    pe_workbook *w = &all->reader.owner->book;
    bool calc = false;
    for (uint32_t i = 0; i < w->sheet_count; i++) {
        pei_sheet_data *s = &all->sheets[i];
        bool has_table = false;
        for (size_t f = 0; f < s->special_count; f++)
            has_table |= s->specials[f].kind == PE_FORMULA_TABLE;
        if (has_table) pei_tables_apply(w, i);
        calc |= s->has_calc_tables;
    }
    return calc ? pei_calc_tables_apply(w, diag) : PE_OK;
}

static pe_status finish(reading *all, pe_pool *pool, pe_diag *diag)
{
    pei_reader *reader = &all->reader;
    pe_workbook *w = &reader->owner->book;
    pe_status status = PE_OK;
    PE_TRY(pei_join(reader, pool, all->sheets, diag));
    PE_TRY(pei_book_index(reader->owner, diag));
    PE_TRY(apply_tables(all, diag));
    PE_TRY(gather_tables(all, diag));
    PE_TRY(gather_rows(all, diag));
    PE_TRY(gather_names(all, diag));
    for (uint32_t i = 0; i < w->sheet_count; i++)
        if (all->sheets[i].duplicates > 0)
            pei_reader_warn(reader, "sheet %s: %u cells were written twice; the later counts",
                            w->sheets[i].name, all->sheets[i].duplicates);
    const char **warnings = PE_PUSH(reader->owner->arena, const char *, reader->warning_count + 1);
    if (warnings == NULL)
        PE_TRY(pe_fail(diag, PE_E_MEMORY, "workbook", "no memory for its warnings"));
    if (reader->warning_count > 0)
        memcpy(warnings, reader->warnings, reader->warning_count * sizeof *warnings);
    w->warnings = warnings;
    w->warning_count = (uint32_t)reader->warning_count;
    w->file_bytes = reader->length;
fail:
    return status;
}

/* An OpenDocument file is one part, or one that holds nearly all: no tasks. */
static pe_status read_open_document(reading *all, bool flat, pe_diag *diag)
{
    pei_ods_result result = {0};
    pe_status status = pei_ods_read(&all->reader, flat, &all->texts, &result, diag);
    all->sheets = result.sheets;
    all->parts.sheet_count = result.sheet_count;
    all->parts.names = result.names;
    all->parts.name_count = result.name_count;
    all->tables = result.tables;
    all->table_count = result.table_count;
    if (status != PE_OK) return status;
    status = hash_file(&all->reader);
    return status == PE_OK ? status : pe_fail(diag, status, "file", "cancelled");
}

static pe_status read_all(reading *all, unsigned workers, pe_pool *pool, pe_diag *diag)
{
    pei_reader *reader = &all->reader;
    pe_status status = PE_OK;
    reader->owner = pei_book_new(reader->memory_max);
    reader->zips = calloc(workers, sizeof *reader->zips);
    reader->zip_count = workers;
    if (reader->owner == NULL || reader->zips == NULL)
        PE_TRY(pe_fail(diag, PE_E_MEMORY, "workbook", "no memory to read it"));
    pei_package_kind kind;
    PE_TRY(new_texts(all, &all->texts, diag));
    PE_TRY(pei_package_open(reader, &kind, diag));
    if (kind == PEI_OPEN_XML) {
        PE_TRY(read_small_parts(all, diag));
        PE_TRY(make_sheets(all, diag));
        PE_TRY(make_externals(all, diag));
        PE_TRY(make_tasks(all, diag));
        PE_TRY(run_tasks(all, pool, diag));
    } else {
        PE_TRY(read_open_document(all, kind == PEI_FLAT_OPEN_DOCUMENT, diag));
    }
    PE_TRY(finish(all, pool, diag));
fail:
    return status;
}

pe_status pe_workbook_read_bytes(const void *bytes, size_t length, const pe_read_options *options,
                                 pe_pool *pool, const pe_control *control, pe_workbook **workbook,
                                 pe_diag *diag)
{
    pe_diag local;
    if (diag == NULL) diag = &local;
    diag->status = PE_OK;
    reading all = {.reader = {.bytes = bytes,
                              .length = length,
                              .control = control,
                              .memory_max = options != NULL ? options->bytes_max : 0}};
    pthread_mutex_init(&all.reader.opening, NULL);
    pe_status status = read_all(&all, pe_pool_threads(pool), pool, diag);
    for (size_t i = 0; all.sheets != NULL && i < all.parts.sheet_count; i++)
        pei_sheet_clear(&all.sheets[i]);
    free(all.sheets);
    free(all.tasks);
    free(all.package.items);
    free(all.main.items);
    free(all.parts.sheets);
    free(all.parts.links);
    free(all.parts.names);
    free(all.tables);
    free(all.reader.styles);
    free(all.reader.dynamic);
    free(all.reader.rich);
    free(all.reader.warnings);
    pei_package_close(&all.reader);
    pthread_mutex_destroy(&all.reader.opening);
    if (status == PE_OK)
        *workbook = &all.reader.owner->book;
    else if (all.reader.owner != NULL)
        pe_workbook_free(&all.reader.owner->book);
    return status;
}

/* ---- files
 * -------------------------------------------------------------------------------------------- */

static pe_status read_whole(FILE *file, const char *path, uint8_t **bytes, size_t *length,
                            pe_diag *diag)
{
    size_t capacity = 0;
    *bytes = NULL;
    *length = 0;
    for (;;) {
        size_t wanted = *length + (1u << 20);
        if (wanted > capacity) wanted += capacity;
        if (PE_GROW(bytes, &capacity, wanted) != PE_OK)
            return pe_fail(diag, PE_E_MEMORY, path, "no memory to read the file");
        size_t got = fread(*bytes + *length, 1, capacity - *length, file);
        *length += got;
        if (got > 0) continue;
        if (ferror(file))
            return pe_fail(diag, PE_E_IO, path, "cannot be read: %s", strerror(errno));
        return PE_OK;
    }
}

pe_status pe_workbook_read_file(const char *path, const pe_read_options *options, pe_pool *pool,
                                const pe_control *control, pe_workbook **workbook, pe_diag *diag)
{
    uint8_t *bytes = NULL;
    size_t length;
    pe_workbook *w = NULL;
    FILE *file = fopen(path, "rb");
    if (file == NULL) return pe_fail(diag, PE_E_IO, path, "cannot be opened: %s", strerror(errno));
    pe_status status = read_whole(file, path, &bytes, &length, diag);
    fclose(file);
    if (status == PE_OK)
        status = pe_workbook_read_bytes(bytes, length, options, pool, control, &w, diag);
    free(bytes);
    if (status != PE_OK) return status;
    w->path = pe_arena_text(((pei_book *)w)->arena, path, strlen(path));
    if (w->path == NULL) {
        pe_workbook_free(w);
        return pe_fail(diag, PE_E_MEMORY, path, "no memory for its name");
    }
    *workbook = w;
    return PE_OK;
}
