/* server_page.c: pages as parts of bytes: encoded once, when the run ends, and sent as they are.
 * Invariant: a part is within the protocol's limit, and holds at least one cell. */
#include "server_model.h"

#include <stdlib.h>

#define CELL_BYTES 32u /* of a cell beside its texts, at most */

static pe_wire_area wire_area(const pe_area *a)
{
    return (pe_wire_area){a->row_first, a->column_first, a->row_last - a->row_first + 1,
                          a->column_last - a->column_first + 1};
}

/* ---- styles
 * ------------------------------------------------------------------------------------------ */

static pe_wire_style style_of(const pe_page_style *s)
{
    static const char *const aligns[] = {"", "left", "center", "right"};
    const char *border = s->border_all ? "all" : "bottom";
    return (pe_wire_style){
        .format = pe_wire_text_of(s->number_format != NULL ? s->number_format : "General"),
        .color = s->color,
        .has_color = s->color != PE_PAGE_COLOR_NONE,
        .background = s->background,
        .has_background = s->background != PE_PAGE_COLOR_NONE,
        .size = s->size,
        .has_size = s->size != 0,
        .align = pe_wire_text_of(aligns[s->align & 3]),
        .has_align = s->align != PE_ALIGN_BY_KIND,
        .bold = true,
        .has_bold = s->bold,
        .italic = true,
        .has_italic = s->italic,
        .underline = true,
        .has_underline = s->underline,
        .wrap = true,
        .has_wrap = s->wrap,
        .indent = s->indent,
        .has_indent = s->indent != 0,
        .at_bottom = true,
        .has_at_bottom = s->bottom,
        .border = pe_wire_text_of(border),
        .has_border = s->border_all || s->border_bottom,
        .entry = true,
        .has_entry = s->entry};
}

/* ---- charts
 * ------------------------------------------------------------------------------------------ */

static pe_wire_chart_axis axis_of(const pe_chart_axis *a)
{
    return (pe_wire_chart_axis){.title = pe_wire_text_of(a->title),
                                .has_title = a->title != NULL,
                                .reverse = a->reverse,
                                .gridlines = a->gridlines,
                                .labels_low = a->labels_low,
                                .ticks = a->ticks,
                                .min = a->min,
                                .max = a->max,
                                .major = a->major,
                                .crossing = a->crossing,
                                .number_format = pe_wire_text_of(a->number_format),
                                .has_number_format = a->number_format != NULL,
                                .label_degrees = a->label_degrees,
                                .has_label_degrees = a->label_degrees != PE_AXIS_DEGREES_AUTO,
                                .label_every = a->label_every};
}

static pe_wire_chart_series series_of(const pe_chart_series *s)
{
    static const char *const dashes[] = {"solid", "dash", "long"};
    bool labels = s->label_format != NULL;
    return (pe_wire_chart_series){.name = pe_wire_text_of(s->name),
                                  .x = wire_area(&s->x),
                                  .y = wire_area(&s->y),
                                  .color = s->color,
                                  .width = s->width_points,
                                  .dash = pe_wire_text_of(dashes[s->dash % 3]),
                                  .drop_line = true,
                                  .has_drop_line = s->drop_line,
                                  .label_format = pe_wire_text_of(s->label_format),
                                  .has_label_format = labels,
                                  .label_color = s->label_color,
                                  .has_label_color = labels,
                                  .label_bold = true,
                                  .has_label_bold = labels && s->label_bold,
                                  .label_white = true,
                                  .has_label_white = labels && s->label_white};
}

static bool chart_of(const pe_page_chart *c, pe_arena *arena, pe_wire_chart *chart)
{
    static const char *const kinds[] = {"columns", "bars", "lines"};
    *chart = (pe_wire_chart){.kind = pe_wire_text_of(kinds[c->kind % 3]),
                             .title = pe_wire_text_of(c->title),
                             .row = c->row,
                             .column = c->column,
                             .width = c->width,
                             .height = c->height,
                             .x = axis_of(&c->x),
                             .y = axis_of(&c->y),
                             .legend = c->legend,
                             .gap_percent = c->gap_percent,
                             .overlap_percent = c->overlap_percent};
    chart->series.items = PE_PUSH(arena, pe_wire_chart_series, c->series_count);
    chart->series.count = c->series_count;
    for (uint32_t i = 0; chart->series.items != NULL && i < c->series_count; i++)
        chart->series.items[i] = series_of(&c->series[i]);
    return chart->series.items != NULL;
}

/* ---- the first part's own
 * ----------------------------------------------------------------------------- */

static bool fill_lists(const pe_pages *pages, const pe_page *page, pe_arena *arena,
                       pe_wire_page_reply *r)
{
    r->styles.items = PE_PUSH(arena, pe_wire_style, pages->style_count);
    r->styles.count = pages->style_count;
    r->merges.items = PE_PUSH(arena, pe_wire_area, page->merge_count);
    r->merges.count = page->merge_count;
    r->charts.items = PE_PUSH(arena, pe_wire_chart, page->chart_count);
    r->charts.count = page->chart_count;
    if (pe_arena_failed(arena)) return false;
    for (uint32_t i = 0; i < pages->style_count; i++)
        r->styles.items[i] = style_of(&pages->styles[i]);
    for (uint32_t i = 0; i < page->merge_count; i++)
        r->merges.items[i] = wire_area(&page->merges[i]);
    for (uint32_t i = 0; i < page->chart_count; i++)
        if (!chart_of(&page->charts[i], arena, &r->charts.items[i])) return false;
    return true;
}

static bool fill_first(const pe_pages *pages, const pe_page *page, pe_arena *arena,
                       pe_wire_page_reply *r)
{
    r->has_styles = r->has_merges = r->has_widths = r->has_heights = r->has_charts = true;
    r->widths.items = page->widths;
    r->widths.count = page->width_count;
    r->heights.items = page->heights;
    r->heights.count = page->height_count;
    r->has_freeze_row = r->has_freeze_column = r->has_print_area = r->has_pages_high = true;
    r->freeze_row = page->freeze_row;
    r->freeze_column = page->freeze_column;
    r->print_area = wire_area(&page->print_area);
    r->has_repeat_rows = page->repeat_last >= page->repeat_first && page->repeat_last > 0;
    r->repeat_rows = (pe_wire_range){page->repeat_first, page->repeat_last};
    r->pages_high = page->pages_high;
    return fill_lists(pages, page, arena, r);
}

/* ---- cells
 * ------------------------------------------------------------------------------------------- */

static pe_wire_value text_value(const char *text)
{
    const pe_wire_text t = pe_wire_text_of(text);
    return (pe_wire_value){.kind = PE_WIRE_TEXT, .length = t.length, .text = t.bytes};
}

static pe_wire_value number_value(double number)
{
    return (pe_wire_value){.kind = PE_WIRE_NUMBER, .number = number};
}

static pe_wire_page_cell cell_of(const pe_page_cell *c)
{
    pe_wire_page_cell cell = {
        .row = c->row, .column = c->column, .style = c->style, .kind = c->kind};
    switch ((pe_page_kind)c->kind) {
    case PE_PAGE_NUMBER:
        cell.value = number_value(c->number);
        break;
    case PE_PAGE_TEXT:
        cell.value = text_value(c->text);
        break;
    case PE_PAGE_FORMULA:
        cell.value = text_value(c->text);
        cell.extra = number_value(c->number);
        break;
    case PE_PAGE_LINK:
        cell.value = text_value(c->text);
        cell.extra = text_value(c->link);
        break;
    }
    return cell;
}

static size_t cell_bytes(const pe_page_cell *c)
{
    return CELL_BYTES + (c->text != NULL ? strlen(c->text) : 0) +
           (c->link != NULL ? strlen(c->link) : 0);
}

/* Cells from `first` on that fit into a part. */
static uint32_t part_end(const pe_page *page, uint32_t first, size_t bytes)
{
    uint32_t end = first;
    while (end < page->cell_count) {
        bytes += cell_bytes(&page->cells[end]);
        if (end > first && bytes > PE_LIMIT_page_part_bytes) break;
        end++;
    }
    return end;
}

static pe_status put_part(pei_run *run, pei_page *to, uint32_t first, const pe_wire_page_reply *r,
                          pe_diag *diag)
{
    msgpack_sbuffer bytes;
    msgpack_packer packer;
    msgpack_sbuffer_init(&bytes);
    msgpack_packer_init(&packer, &bytes, msgpack_sbuffer_write);
    if (pe_wire_encode(&packer, PE_WIRE_page_reply, r, NULL) != PE_WIRE_OK ||
        PE_GROW(&to->parts, &to->part_capacity, to->part_count + 1) != PE_OK) {
        msgpack_sbuffer_destroy(&bytes);
        return pei_out_of_memory(diag);
    }
    to->parts[to->part_count].first = first;
    to->parts[to->part_count].length = bytes.size;
    to->parts[to->part_count++].bytes = (uint8_t *)msgpack_sbuffer_release(&bytes);
    run->bytes += bytes.size;
    return PE_OK;
}

static pe_status encode_page(pei_run *run, const pe_pages *pages, uint32_t index, pe_arena *arena,
                             pe_diag *diag)
{
    const pe_page *page = &pages->pages[index];
    pei_page *to = &run->pages[index];
    pe_status status = PE_OK;
    uint32_t first = 0;
    do {
        pe_wire_page_reply r = {.name = pe_wire_text_of(page->name),
                                .key = pe_wire_text_of(page->key)};
        uint32_t end = part_end(page, first, first == 0 ? PE_LIMIT_page_part_bytes / 8 : 0);
        r.cells.items = PE_PUSH(arena, pe_wire_page_cell, end - first);
        r.cells.count = end - first;
        if (r.cells.items == NULL || (first == 0 && !fill_first(pages, page, arena, &r)))
            return pei_out_of_memory(diag);
        for (uint32_t i = first; i < end; i++) r.cells.items[i - first] = cell_of(&page->cells[i]);
        r.next = end;
        r.has_next = end < page->cell_count;
        status = put_part(run, to, first, &r, diag);
        first = end;
    } while (status == PE_OK && first < page->cell_count);
    to->name = pe_arena_text(run->arena, page->name, strlen(page->name));
    to->key = pe_arena_text(run->arena, page->key, strlen(page->key));
    to->cells = page->cell_count;
    to->charts = page->chart_count;
    return status == PE_OK && pe_arena_failed(run->arena) ? pei_out_of_memory(diag) : status;
}

pe_status pei_run_pages(pei_run *run, const pe_pages *pages, pe_diag *diag)
{
    pe_status status = PE_OK;
    pe_arena *arena = pe_arena_new(SIZE_MAX / 2);
    run->pages = PE_PUSH(run->arena, pei_page, pages->page_count);
    if (arena == NULL || run->pages == NULL) PE_TRY(pei_out_of_memory(diag));
    for (uint32_t i = 0; i < pages->page_count; i++) {
        run->page_count = i + 1;
        PE_TRY(encode_page(run, pages, i, arena, diag));
    }
fail:
    pe_arena_free(arena);
    return status;
}

pe_status pei_do_page(pei_task *task, const pe_wire_page *params)
{
    pei_run *run = NULL;
    pe_status status = pei_run_find(task->model, params->run, &run, task->diag);
    if (status != PE_OK) return status;
    if (params->page >= run->page_count)
        return pe_fail(task->diag, PE_E_NOT_FOUND, "page", "the run has %u pages", run->page_count);
    const pei_page *page = &run->pages[params->page];
    uint64_t first = params->has_first ? params->first : 0;
    for (size_t i = 0; i < page->part_count; i++) {
        if (page->parts[i].first != first) continue;
        pe_wire_reply_begin(&task->out, task->request->id);
        pe_wire_append(&task->out, page->parts[i].bytes, page->parts[i].length);
        return pe_wire_frame_end(&task->out, NULL) == PE_WIRE_OK ? PE_OK
                                                                 : pei_out_of_memory(task->diag);
    }
    return pe_fail(task->diag, PE_E_ARGUMENT, "first",
                   "no part begins with cell %llu: give `next` of the part before",
                   (unsigned long long)first);
}
