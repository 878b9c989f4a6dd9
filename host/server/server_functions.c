/* server_functions.c: what the add-ins offer: worksheet functions to register, distributions for
 * Define Input. Both come from tables: the registry of functions, sampling's distributions, and how
 * they are shown (server_distributions.def). */
#include "server_model.h"

#include <stdlib.h>

typedef struct shown_parameter {
    pe_distribution_id id;
    const char *name, *label;
    double start;
    bool list;
    const char *help;
} shown_parameter;

typedef struct shown {
    pe_distribution_id id;
    const char *title, *group, *help;
} shown;

static const shown shown_list[] = {
#define PE_SHOW(id, title, group, help) {PE_DIST_##id, title, group, help},
#define PE_SHOW_P(id, name, label, start, list, help)
#include "server_distributions.def"
#undef PE_SHOW
#undef PE_SHOW_P
};

static const shown_parameter parameters[] = {
#define PE_SHOW(id, title, group, help)
#define PE_SHOW_P(id, name, label, start, list, help)                                              \
    {PE_DIST_##id, name, label, start, list, help},
#include "server_distributions.def"
#undef PE_SHOW
#undef PE_SHOW_P
};

/* The first parameter of a distribution and how many it has. */
static const shown_parameter *parameters_of(pe_distribution_id id, uint32_t *count)
{
    const shown_parameter *first = NULL;
    *count = 0;
    for (size_t i = 0; i < PE_COUNT(parameters); i++) {
        if (parameters[i].id != id) continue;
        if (first == NULL) first = &parameters[i];
        ++*count;
    }
    return first;
}

static const shown *shown_of(pe_distribution_id id)
{
    for (size_t i = 0; i < PE_COUNT(shown_list); i++)
        if (shown_list[i].id == id) return &shown_list[i];
    return NULL;
}

/* ---- distributions
 * -------------------------------------------------------------------------------------- */

static const char *lower(const char *name, pe_arena *arena)
{
    char *copy = pe_arena_text(arena, name, strlen(name));
    for (char *p = copy; p != NULL && *p != '\0'; p++)
        if (*p >= 'A' && *p <= 'Z') *p = (char)(*p + 32);
    return copy;
}

static bool show(const shown *s, pe_arena *arena, pe_wire_distribution *to)
{
    const char *name = pe_distribution_row_of(s->id)->name;
    uint32_t count = 0;
    const shown_parameter *p = parameters_of(s->id, &count);
    const char *key = lower(name, arena), *display = pe_arena_printf(arena, "Risk%s", name);
    *to = (pe_wire_distribution){.title = pe_wire_text_of(s->title),
                                 .group = pe_wire_text_of(s->group),
                                 .help = pe_wire_text_of(s->help)};
    to->parameters.items = PE_PUSH(arena, pe_wire_parameter, count);
    to->parameters.count = count;
    if (key == NULL || display == NULL || to->parameters.items == NULL) return false;
    to->name = pe_wire_text_of(key);
    to->display = pe_wire_text_of(display);
    for (uint32_t i = 0; i < count; i++)
        to->parameters.items[i] = (pe_wire_parameter){.name = pe_wire_text_of(p[i].name),
                                                      .label = pe_wire_text_of(p[i].label),
                                                      .help = pe_wire_text_of(p[i].help),
                                                      .start = p[i].start};
    return true;
}

pe_status pei_do_distributions(pei_task *task, const pe_wire_distributions *params)
{
    PE_UNUSED(params);
    pe_wire_distributions_reply reply = {0};
    reply.distributions.count = PE_COUNT(shown_list);
    reply.distributions.items = PE_PUSH(task->arena, pe_wire_distribution, PE_COUNT(shown_list));
    for (size_t i = 0; i < PE_COUNT(shown_list); i++)
        if (reply.distributions.items == NULL ||
            !show(&shown_list[i], task->arena, &reply.distributions.items[i]))
            return pei_out_of_memory(task->diag);
    return pei_reply(task, PE_WIRE_distributions_reply, &reply);
}

/* ---- functions
 * ----------------------------------------------------------------------------------------- */

#define CATEGORY "Power Engine"

/* A property or output function's arguments and what it does. */
typedef struct property {
    const char *aux, *help;
    struct {
        const char *name, *help, *type;
        bool optional;
    } arguments[2];
} property;

static const property properties[] = {
    {"OUTPUT",
     "Marks the cell as a result of the simulation; add it to the formula: it is 0.",
     {{"name", "what the result is called", "text", true}}},
    {"NAME", "Names an input: inside a distribution.", {{"name", "the name", "text", false}}},
    {"TRUNCATE",
     "Cuts a distribution at limits: inside it.",
     {{"min", "values below do not come", "number", true},
      {"max", "values above do not come", "number", true}}},
    {"SHIFT", "Moves a distribution: inside it.", {{"shift", "is added", "number", false}}},
    {"STATIC",
     "What the cell shows when no simulation runs: inside a distribution.",
     {{"value", "to show", "number", false}}},
};

static bool is_offered(const pe_function *row)
{
    return (row->flags & (PE_FN_RISK | PE_FN_RISK_OUTPUT | PE_FN_RISK_PROPERTY)) != 0 &&
           (row->flags & PE_FN_UNSUPPORTED) == 0;
}

static bool describe_property(const pe_function *row, pe_arena *arena, pe_wire_function *to)
{
    const property *p = NULL;
    for (size_t i = 0; i < PE_COUNT(properties); i++)
        if (strcmp(properties[i].aux, row->aux) == 0) p = &properties[i];
    to->arguments.items = PE_PUSH(arena, pe_wire_function_argument, 2);
    if (to->arguments.items == NULL || p == NULL) return p == NULL;
    to->help = pe_wire_text_of(p->help);
    for (int i = 0; i < 2 && p->arguments[i].name != NULL; i++)
        to->arguments.items[to->arguments.count++] =
            (pe_wire_function_argument){.name = pe_wire_text_of(p->arguments[i].name),
                                        .help = pe_wire_text_of(p->arguments[i].help),
                                        .type = pe_wire_text_of(p->arguments[i].type),
                                        .optional = p->arguments[i].optional};
    return true;
}

static bool describe_distribution(const pe_function *row, pe_arena *arena, pe_wire_function *to)
{
    uint32_t count = 0;
    pe_distribution_id id = pe_distribution_find(row->aux, strlen(row->aux));
    const shown *s = shown_of(id);
    const shown_parameter *p = parameters_of(id, &count);
    to->arguments.items = PE_PUSH(arena, pe_wire_function_argument, count);
    if (to->arguments.items == NULL || s == NULL) return s == NULL;
    to->help = pe_wire_text_of(s->help);
    to->arguments.count = count;
    to->variadic = true; /* RiskName(...), RiskTruncate(...) ... */
    for (uint32_t i = 0; i < count; i++)
        to->arguments.items[i] =
            (pe_wire_function_argument){.name = pe_wire_text_of(p[i].name),
                                        .help = pe_wire_text_of(p[i].help),
                                        .type = pe_wire_text_of(p[i].list ? "any" : "number"),
                                        .optional = false};
    return true;
}

pe_status pei_do_functions(pei_task *task, const pe_wire_functions *params)
{
    PE_UNUSED(params);
    pe_wire_functions_reply reply = {0};
    reply.functions.items = PE_PUSH(task->arena, pe_wire_function, PE_FUNCTION_COUNT);
    if (reply.functions.items == NULL) return pei_out_of_memory(task->diag);
    for (int i = 0; i < PE_FUNCTION_COUNT; i++) {
        const pe_function *row = pe_function_row((pe_function_id)i);
        if (!is_offered(row)) continue;
        const char *display = pe_risk_name(task->arena, row->name);
        if (display == NULL) return pei_out_of_memory(task->diag);
        pe_wire_function *to = &reply.functions.items[reply.functions.count++];
        *to = (pe_wire_function){.name = pe_wire_text_of(row->name),
                                 .display = pe_wire_text_of(display),
                                 .category = pe_wire_text_of(CATEGORY),
                                 .help = pe_wire_text_of("")};
        bool good = (row->flags & PE_FN_RISK) ? describe_distribution(row, task->arena, to)
                                              : describe_property(row, task->arena, to);
        if (!good) return pei_out_of_memory(task->diag);
    }
    return pei_reply(task, PE_WIRE_functions_reply, &reply);
}
