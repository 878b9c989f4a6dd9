/* cpu_internal.h: what the files of the CPU backend share. */
#ifndef PE_CPU_INTERNAL_H
#define PE_CPU_INTERNAL_H

#include "engine.h"

/* Dependencies that trials lacked, in no order, each once. */
typedef struct pei_missing_set {
    pe_engine_missing *items;
    size_t count, capacity;
    uint32_t *slots; /* index + 1; 0: free */
    size_t slot_count;
} pei_missing_set;

#define PEI_MISSING_MAX (1u << 22) /* those beyond are found in the next run */

/* False: out of memory. */
bool pei_missing_add(pei_missing_set *set, pe_engine_missing item);
void pei_missing_clear(pei_missing_set *set);
void pei_missing_free(pei_missing_set *set);

/* One worker's view of the tile that it computes. Lane l is trial `trial` + l; lanes outside
 * [valid_first, valid_end) are computed like the others (their trials exist) but are not given to
 * the sink. */
typedef struct pei_frame {
    double *slots;
    size_t stride;  /* lanes from slot to slot: a multiple of 8 */
    uint32_t lanes; /* a multiple of 16 */
    uint32_t valid_first, valid_end;
    uint64_t trial; /* a multiple of 16 */
    const double *constants;
    const uint32_t *lists;
    const pe_program *program;
    double *scratch; /* PEI_SCRATCH_ROWS rows of stride lanes */
    unsigned worker;
    const pe_engine_sink *sink;
    const pe_engine_general *general;
    pe_arena *arena;  /* texts that conversions make; emptied after each tile */
    pe_status status; /* a failure inside a kernel */
    pe_diag diag;
    uint8_t *lost; /* by lane: it lacked a dependency, and what it computes since is void */
    bool any_lost;
    pei_missing_set missing; /* of all tiles of a run */
} pei_frame;

#define PEI_SCRATCH_ROWS 16u

/* Computes one instruction over the tile. Bit 63 of the result set: some lane held an error or may
 * need the exact form; the instruction is then redone lane by lane. Operands are never overwritten:
 * d differs from them all. */
typedef uint64_t (*pei_kernel)(pei_frame *frame, const pe_instruction *instruction);

typedef struct pei_isa {
    const char *name;
    const pei_kernel *kernels; /* by opcode; NULL: see pei_special_kernels */
} pei_isa;

extern const pei_isa pei_isa_base, pei_isa_v3, pei_isa_v4;
extern const pei_kernel pei_special_kernels[PE_OPCODE_COUNT];

/* The best that the processor has, or the one named; NULL: unknown or not available. */
const pei_isa *pei_isa_choose(const char *name);

static inline double *pei_slot(const pei_frame *f, uint32_t slot)
{
    return f->slots + (size_t)slot * f->stride;
}
static inline pe_value pei_lane(const double *slot, uint32_t lane)
{
    return pe_number(slot[lane]);
}
/* Redoes one lane of an instruction with a list by its exact form. */
void pei_redo_lane(pei_frame *frame, const pe_instruction *instruction, uint32_t lane);
/* Uniforms of a draw for the tile. */
void pei_draw_uniforms(const pei_frame *frame, uint32_t draw, double *u);

#endif
