/* cli_command.c: the command line that reproduces a run, quoted for a POSIX shell. */
#include "cli.h"

#include <stdlib.h>

typedef struct builder {
    char *text;
    size_t used, capacity;
    bool failed;
} builder;

static void add_bytes(builder *b, const char *bytes, size_t n)
{
    if (b->failed || PE_GROW(&b->text, &b->capacity, b->used + n + 1) != PE_OK) {
        b->failed = true;
        return;
    }
    memcpy(b->text + b->used, bytes, n);
    b->used += n;
    b->text[b->used] = '\0';
}

static void add_word(builder *b, const char *word)
{
    bool plain = word[0] != '\0';
    for (const char *p = word; *p != '\0'; p++) {
        bool safe = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
                    (*p >= '0' && *p <= '9') || strchr("-_./:,+%@", *p) != NULL;
        plain = plain && safe;
    }
    if (b->used > 0) add_bytes(b, " ", 1);
    if (plain) {
        add_bytes(b, word, strlen(word));
        return;
    }
    add_bytes(b, "'", 1);
    for (const char *p = word; *p != '\0'; p++) {
        if (*p == '\'')
            add_bytes(b, "'\\''", 4);
        else
            add_bytes(b, p, 1);
    }
    add_bytes(b, "'", 1);
}

static void add_pair(builder *b, const char *option, const char *first, const char *separator,
                     const char *second)
{
    char joined[4096];
    snprintf(joined, sizeof joined, "%s%s%s", first, separator, second);
    add_word(b, option);
    add_word(b, joined);
}

const char *pe_cli_command(pe_arena *arena, const pe_cli_options *options, const pe_report *report)
{
    const pe_settings *s = &options->job.settings;
    builder b = {NULL, 0, 0, false};
    char number[32];
    add_word(&b, "power-engine");
    add_word(&b, "run");
    add_word(&b, options->workbook);
    snprintf(number, sizeof number, "%llu", (unsigned long long)report->trials_asked);
    add_word(&b, "--trials");
    add_word(&b, number);
    snprintf(number, sizeof number, "%llu", (unsigned long long)report->seed);
    add_word(&b, "--seed");
    add_word(&b, number);
    add_word(&b, "--sampling");
    add_word(&b, report->sampling == PE_LATIN_HYPERCUBE ? "lhs" : "mc");
    add_word(&b, "--now");
    add_word(&b, report->now_text);
    for (uint32_t i = 0; i < s->input_count; i++)
        add_pair(&b, "--input", s->inputs[i].cell, "=", s->inputs[i].formula);
    for (uint32_t i = 0; i < s->output_count; i++) {
        bool named = s->outputs[i].name != NULL;
        add_pair(&b, "--output", s->outputs[i].cells, named ? "=" : "",
                 named ? s->outputs[i].name : "");
    }
    if (s->outputs_all) add_pair(&b, "--output", "all", "", "");
    for (uint32_t i = 0; i < s->target_count; i++) {
        pe_decimal_shortest(s->targets[i].operand, number);
        char op[8];
        snprintf(op, sizeof op, "%s", s->targets[i].op);
        add_pair(&b, "--target", s->targets[i].output, op, number);
    }
    for (uint32_t i = 0; i < s->freeze_count; i++) add_pair(&b, "--freeze", s->freeze[i], "", "");
    for (uint32_t i = 0; i < s->ignore_count; i++) add_pair(&b, "--ignore", s->ignore[i], "", "");
    const char *text = b.failed ? NULL : pe_arena_text(arena, b.text, b.used);
    free(b.text);
    return text != NULL ? text : "power-engine run";
}
