/* cli_progress.c: one line on a terminal: stage, bar, rate, time left. */
#include "cli.h"

#include <math.h>

#define BAR_CELLS 24

static int write_rate(char *out, size_t size, double rate, const char *unit)
{
    const char *scale = rate >= 1e9 ? "G" : rate >= 1e6 ? "M" : rate >= 1e3 ? "k" : "";
    double shown = rate >= 1e9   ? rate / 1e9
                   : rate >= 1e6 ? rate / 1e6
                   : rate >= 1e3 ? rate / 1e3
                                 : rate;
    return snprintf(out, size, "%.3g%s %s/s", shown, scale, unit);
}

static void draw(pe_cli_progress *p, const char *stage, uint64_t done, uint64_t total, double now)
{
    char rate[48] = "", bar[BAR_CELLS + 1];
    double share = total > 0 ? (double)done / (double)total : 0, elapsed = now - p->started;
    int filled = (int)(share * BAR_CELLS);
    for (int i = 0; i < BAR_CELLS; i++) bar[i] = i < filled ? '#' : '.';
    bar[BAR_CELLS] = '\0';
    if (elapsed > 0.2 && done > 0)
        write_rate(rate, sizeof rate, (double)done / elapsed,
                   strcmp(stage, "simulate") == 0 ? "trials" : "");
    double left = share > 0 ? elapsed * (1 - share) / share : 0;
    int width = fprintf(stderr, "\r%-10s [%s] %3.0f%%  %s", stage, bar, 100 * share, rate) - 1;
    if (elapsed > 0.5 && share > 0) width += fprintf(stderr, "  %.0f s left", ceil(left));
    for (int i = width; i < p->width; i++) fputc(' ', stderr);
    p->width = width;
    fflush(stderr);
}

void pe_cli_progress_call(void *context, const char *stage, uint64_t done, uint64_t total)
{
    pe_cli_progress *p = context;
    if (!p->on || atomic_exchange(&p->busy, true)) return;
    double now = pe_clock_seconds();
    if (strncmp(p->stage, stage, sizeof p->stage - 1) != 0) {
        snprintf(p->stage, sizeof p->stage, "%s", stage);
        p->started = now;
        p->drawn = now; /* short stages are not drawn at all */
    }
    if (now - p->drawn >= 0.1) {
        p->drawn = now;
        draw(p, stage, done, total, now);
    }
    atomic_store(&p->busy, false);
}

void pe_cli_progress_clear(pe_cli_progress *progress)
{
    if (!progress->on || progress->width == 0) return;
    fprintf(stderr, "\r%*s\r", progress->width, "");
    progress->width = 0;
}
