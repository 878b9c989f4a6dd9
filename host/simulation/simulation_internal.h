/* simulation_internal.h: what the files of this module share. */
#ifndef PE_SIMULATION_INTERNAL_H
#define PE_SIMULATION_INTERNAL_H

#include "simulation.h"

#define PEI_SETTINGS_SHEET "Power Engine"

/* The text of a stored value, NULL if it is no text. */
static inline const char *pei_text_of(pe_value v)
{
    return pe_is(v, PE_KIND_TEXT) ? pe_as_text(v)->bytes : NULL;
}

/* Adds what the workbook saves to settings (fields not given by the user). */
pe_status pei_settings_from_workbook(const pe_workbook *workbook, pe_arena *arena,
                                     pe_settings *settings, pe_diag *diag);

/* A cell's name by the rules: defined name, label left and label above, address. Labels above are
 * searched incrementally: call with ascending cells. In arena; NULL: out of memory. */
typedef struct pei_namer pei_namer;
pei_namer *pei_namer_new(const pe_workbook *workbook, pe_arena *arena);
const char *pei_namer_name(pei_namer *namer, uint32_t cell);
/* The defined name of exactly this cell, or NULL. */
const char *pei_namer_defined(const pei_namer *namer, uint32_t cell);
void pei_namer_free(pei_namer *namer);
/* Makes names unique by adding the address to duplicates: name(i) and cell(i) of `stride`-sized
 * records. */
pe_status pei_names_unique(const pe_workbook *workbook, pe_arena *arena, void *records,
                           uint32_t count, size_t stride, size_t name_offset, size_t cell_offset);

/* Candidates for outputs when none is declared: named ones, then unread ones, in cell order. */
pe_status pei_outputs_propose(const pe_graph *graph, const uint64_t *varying,
                              const uint64_t *random, pe_arena *arena, uint32_t **cells,
                              uint32_t *count, pe_diag *diag);
/* The same as lines to read: neighbours as one area, each with the name of its first cell, as many
 * as fit. */
void pei_outputs_list(const pe_workbook *workbook, pei_namer *namer, const uint32_t *cells,
                      uint32_t cell_count, char *out, size_t size);

#endif
