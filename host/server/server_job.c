/* server_job.c: the job kept for a book: made, restarted with other settings and edited constants,
 * dropped. Invariant: after a failure that leaves its state in doubt, a kept job is gone, and the
 * next request makes one from the builder. */
#include "server_model.h"

#include <stdlib.h>
#include <string.h>

#define KEPT_TEXT_MAX (4u << 20) /* settings and edits of restarts; then a new job is made */
#define SEED_NEW_MAX 1000000000u /* a new seed has nine digits: it can be read and typed */

void pei_kept_free(pei_kept *kept)
{
    pe_job_free(kept->job);
    pe_arena_free(kept->arena);
    msgpack_sbuffer_destroy(&kept->came);
    memset(kept, 0, sizeof *kept);
}

/* ---- settings
 * ---------------------------------------------------------------------------------------- */

static const char *copy(pe_arena *arena, pe_wire_text text)
{
    return pe_arena_text(arena, text.bytes, text.length);
}

static pe_status read_seed(const pe_wire_seed *seed, uint64_t *number, pe_diag *diag)
{
    *number = seed->number;
    if (!seed->fresh) return PE_OK;
    if (uv_random(NULL, NULL, number, sizeof *number, 0, NULL) != 0)
        return pe_fail(diag, PE_E_IO, "seed", "the system gives no random bytes: give a seed");
    *number %= SEED_NEW_MAX;
    return PE_OK;
}

static pe_status read_sampling(const pe_wire_settings *p, pe_settings *s, pe_diag *diag)
{
    bool latin = strcmp(p->sampling.bytes, "latin_hypercube") == 0;
    if (!latin && strcmp(p->sampling.bytes, "monte_carlo") != 0)
        return pe_fail(diag, PE_E_ARGUMENT, "sampling",
                       "\"%.40s\" is neither monte_carlo nor latin_hypercube", p->sampling.bytes);
    s->sampling = latin ? PE_LATIN_HYPERCUBE : PE_MONTE_CARLO;
    s->sampling_given = true;
    return PE_OK;
}

static void read_cells(const pe_wire_settings *p, pe_arena *arena, pe_settings *s)
{
    if (p->has_inputs) s->inputs = PE_PUSH(arena, pe_input_setting, p->inputs.count);
    for (uint32_t i = 0; s->inputs != NULL && i < p->inputs.count; i++)
        s->inputs[s->input_count++] = (pe_input_setting){
            copy(arena, p->inputs.items[i].cell), copy(arena, p->inputs.items[i].formula),
            p->inputs.items[i].has_name ? copy(arena, p->inputs.items[i].name) : NULL};
    if (p->has_outputs) s->outputs = PE_PUSH(arena, pe_output_setting, p->outputs.count);
    for (uint32_t i = 0; s->outputs != NULL && i < p->outputs.count; i++)
        s->outputs[s->output_count++] = (pe_output_setting){
            copy(arena, p->outputs.items[i].cells),
            p->outputs.items[i].has_name ? copy(arena, p->outputs.items[i].name) : NULL};
    s->outputs_all = p->has_outputs_all && p->outputs_all;
}

static pe_status read_targets(const pe_wire_settings *p, pe_arena *arena, pe_settings *s,
                              pe_diag *diag)
{
    static const char *const known[] = {"<", "<=", ">", ">=", "="};
    if (!p->has_targets) return PE_OK;
    s->targets = PE_PUSH(arena, pe_target_setting, p->targets.count);
    for (uint32_t i = 0; s->targets != NULL && i < p->targets.count; i++) {
        const pe_wire_target_setting *t = &p->targets.items[i];
        pe_target_setting *target = &s->targets[s->target_count++];
        bool found = false;
        for (size_t k = 0; k < PE_COUNT(known) && !found; k++) {
            found = strcmp(t->op.bytes, known[k]) == 0;
            if (found) memcpy(target->op, known[k], strlen(known[k]));
        }
        if (!found)
            return pe_fail(diag, PE_E_ARGUMENT, "targets",
                           "\"%.8s\" is none of <, <=, >, >= and =", t->op.bytes);
        target->output = copy(arena, t->output);
        target->operand = t->operand;
    }
    return PE_OK;
}

static void read_lists(const pe_wire_settings *p, pe_arena *arena, pe_settings *s)
{
    if (p->has_freeze) s->freeze = PE_PUSH(arena, const char *, p->freeze.count);
    for (uint32_t i = 0; s->freeze != NULL && i < p->freeze.count; i++)
        s->freeze[s->freeze_count++] = copy(arena, p->freeze.items[i]);
    if (p->has_ignore) s->ignore = PE_PUSH(arena, const char *, p->ignore.count);
    for (uint32_t i = 0; s->ignore != NULL && i < p->ignore.count; i++)
        s->ignore[s->ignore_count++] = copy(arena, p->ignore.items[i]);
}

static pe_status settings_read(const pe_wire_settings *p, pe_arena *arena, pe_settings *result,
                               pe_diag *diag)
{
    pe_settings s = {.trials_given = p->has_trials, .trials = p->has_trials ? p->trials : 0};
    pe_status status = PE_OK;
    if (p->has_trials && (p->trials < 1 || p->trials > PE_TRIALS_MAX))
        return pe_fail(diag, PE_E_ARGUMENT, "trials",
                       "the number of trials must be between 1 and 2^40");
    if (p->has_seed) {
        PE_TRY(read_seed(&p->seed, &s.seed, diag));
        s.seed_given = true;
    }
    if (p->has_sampling) PE_TRY(read_sampling(p, &s, diag));
    read_cells(p, arena, &s);
    PE_TRY(read_targets(p, arena, &s, diag));
    read_lists(p, arena, &s);
    if (pe_arena_failed(arena)) PE_TRY(pei_out_of_memory(diag));
    *result = s;
fail:
    return status;
}

/* ---- the job
 * ----------------------------------------------------------------------------------------- */

/* Names of the model's own sheets: the results' may not be called so. */
static bool name_sheets(pei_kept *kept)
{
    const pe_workbook *w = kept->workbook;
    kept->sheet_names = PE_PUSH(kept->arena, const char *, w->sheet_count);
    for (uint32_t i = 0; kept->sheet_names != NULL && i < w->sheet_count; i++) {
        uint32_t title = pe_workbook_cell(w, (pe_cell_ref){i, 0, 0});
        const pe_text *text = title != PE_NO_CELL && pe_is(w->cells[title].stored, PE_KIND_TEXT)
                                  ? pe_as_text(w->cells[title].stored)
                                  : NULL;
        if (text != NULL && strncmp(text->bytes, "Power Engine: ", 14) == 0) continue; /* results */
        kept->sheet_names[kept->sheet_name_count++] =
            pe_arena_text(kept->arena, w->sheets[i].name, strlen(w->sheets[i].name));
    }
    return !pe_arena_failed(kept->arena);
}

static pe_status workbook_of(pei_task *task, pei_book *book, pe_workbook **workbook)
{
    *workbook = book->built;
    book->built = NULL;
    if (*workbook != NULL) return PE_OK;
    double start = pe_clock_seconds();
    pe_status status = PE_OK;
    if (book->builder != NULL) {
        status = pe_builder_build(book->builder, workbook, task->diag);
    } else {
        const pe_read_options options = {.bytes_max = (uint64_t)PE_LIMIT_session_memory_mib << 20};
        status = pe_workbook_read_file(book->path, &options, NULL, task->model->control, workbook,
                                       task->diag);
    }
    book->kept.build_s = pe_clock_seconds() - start;
    return status;
}

pe_status pei_book_values(pei_task *task, pei_book *book, const pe_workbook **workbook)
{
    pe_status status = pei_complete(book, task->diag);
    bool opened = book->builder == NULL && book->kept.job != NULL;
    if (status == PE_OK && book->built == NULL && !opened)
        status = workbook_of(task, book, &book->built);
    *workbook = opened ? book->kept.workbook : book->built;
    return status;
}

static pe_status make_job(pei_task *task, pei_book *book, const pe_wire_settings *settings)
{
    const pe_server_options *o = &task->model->server->options;
    pei_kept *kept = &book->kept;
    pe_workbook *workbook = NULL;
    pe_status status = PE_OK;
    kept->arena = pe_arena_new(SIZE_MAX / 2);
    if (kept->arena == NULL) PE_TRY(pei_out_of_memory(task->diag));
    PE_TRY(settings_read(settings, kept->arena, &kept->settings, task->diag));
    kept->now_1900 = settings->has_now ? settings->now : o->now != NULL ? o->now() : 0;
    const pe_job_options options = {.settings = kept->settings,
                                    .now_1900 = kept->now_1900,
                                    .threads = o->threads,
                                    .backend = o->backend,
                                    .folder = o->folder,
                                    .command = ""};
    PE_TRY(pe_job_new(&options, task->model->control, &kept->job, task->diag));
    PE_TRY(workbook_of(task, book, &workbook));
    kept->workbook = workbook;
    if (!name_sheets(kept)) {
        pe_workbook_free(workbook);
        PE_TRY(pei_out_of_memory(task->diag));
    }
    PE_TRY(pe_job_check_workbook(kept->job, workbook, book->path != NULL ? book->path : book->name,
                                 task->diag));
    kept->stage = PEI_STAGE_CHECKED;
    kept->fresh = true;
    book->stale = false;
    book->edit_count = 0;
fail:
    return status;
}

static pe_status restart_job(pei_task *task, pei_book *book, const pe_wire_settings *settings,
                             bool same)
{
    pei_kept *kept = &book->kept;
    pe_status status = PE_OK;
    if (!same) {
        PE_TRY(settings_read(settings, kept->arena, &kept->settings, task->diag));
        const pe_server_options *o = &task->model->server->options;
        kept->now_1900 = settings->has_now ? settings->now : o->now != NULL ? o->now() : 0;
    }
    kept->settings.now = kept->now_1900 - (kept->workbook->date1904 ? 1462 : 0);
    PE_TRY(pe_job_restart(kept->job, &kept->settings, book->edits, (uint32_t)book->edit_count,
                          task->diag));
    kept->stage = PEI_STAGE_CHECKED;
    kept->fresh = false;
    book->edit_count = 0;
fail:
    return status;
}

static pe_status encode_settings(const pe_wire_settings *settings, msgpack_sbuffer *came,
                                 pe_diag *diag)
{
    msgpack_packer packer;
    msgpack_sbuffer_init(came);
    msgpack_packer_init(&packer, came, msgpack_sbuffer_write);
    return pe_wire_encode(&packer, PE_WIRE_settings, settings, NULL) == PE_WIRE_OK
               ? PE_OK
               : pei_out_of_memory(diag);
}

pe_status pei_job_ready(pei_task *task, pei_book *book, const pe_wire_settings *settings, bool has)
{
    static const pe_wire_settings none = {0};
    pei_kept *kept = &book->kept;
    msgpack_sbuffer came;
    if (!has) settings = &none;
    pe_status status = pei_complete(book, task->diag);
    if (status != PE_OK) return status;
    status = encode_settings(settings, &came, task->diag);
    bool usable = kept->job != NULL && !book->stale && kept->stage >= PEI_STAGE_CHECKED &&
                  pe_arena_bytes(kept->arena) < KEPT_TEXT_MAX;
    bool same = usable && kept->came.size == came.size &&
                memcmp(kept->came.data, came.data, came.size) == 0 &&
                !(settings->has_seed && settings->seed.fresh);
    bool anew = !usable;
    if (status == PE_OK && usable &&
        !(same && book->edit_count == 0 && kept->stage < PEI_STAGE_USED)) {
        status = restart_job(task, book, settings, same);
        anew = status == PE_E_UNSUPPORTED; /* more than constants changed */
    }
    if (anew && status != PE_E_MEMORY) {
        double build_s = kept->build_s;
        pei_kept_free(kept);
        kept->build_s = build_s;
        status = make_job(task, book, settings);
    }
    if (status == PE_OK) status = pei_model_fit(task->model, book, 0, task->diag);
    msgpack_sbuffer_destroy(&kept->came);
    kept->came = came;
    if (status != PE_OK) pei_kept_free(kept);
    return status;
}

pe_status pei_job_compiled(pei_task *task, pei_book *book)
{
    pei_kept *kept = &book->kept;
    if (kept->stage == PEI_STAGE_COMPILED) return PE_OK;
    pe_status status = pe_job_compile(kept->job, task->diag);
    kept->stage = status == PE_OK ? PEI_STAGE_COMPILED : PEI_STAGE_USED;
    if (status != PE_OK) return status;
    status = pei_model_fit(task->model, book, 0, task->diag);
    if (status != PE_OK) pei_kept_free(kept);
    return status;
}
