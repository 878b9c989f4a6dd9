/* report_format.c: how numbers are shown: in the output cell's own format, with as many digits as
 * the spread needs. */
#include "report_internal.h"

#include <math.h>

#include "functions.h"

double pei_percentile(const pe_summary *summary, double percent)
{
    for (int i = 0; i < PE_PERCENTILES; i++)
        if (summary->percentiles[i].percent == percent) return summary->percentiles[i].value;
    return NAN;
}

/* Adds `more` decimals to the first section's last digit placeholder: "#,##0" to "#,##0.00", "0.0%"
 * to "0.000%". NULL: none to add to. */
static const char *with_decimals(pe_arena *arena, const char *format, int more)
{
    char out[256];
    size_t n = strcspn(format, ";"), last = SIZE_MAX, used = 0;
    bool quoted = false, point = false;
    for (size_t i = 0; i < n; i++) {
        if (format[i] == '"') quoted = !quoted;
        if (quoted || (i > 0 && format[i - 1] == '\\')) continue;
        if (format[i] == '.') point = true;
        if (format[i] == '0' || format[i] == '#') last = i;
        if ((format[i] | 32) == 'e') return NULL;
    }
    if (last == SIZE_MAX || n + (size_t)more + 2 > sizeof out) return NULL;
    memcpy(out, format, last + 1);
    used = last + 1;
    if (!point) out[used++] = '.';
    for (int i = 0; i < more; i++) out[used++] = '0';
    memcpy(out + used, format + last + 1, n - last - 1);
    return pe_arena_text(arena, out, used + n - last - 1);
}

/* General: three significant digits of the spread. */
static const char *general_format(pe_arena *arena, const pe_summary *s)
{
    double spread = s->sd > 0 ? s->sd : fabs(s->mean);
    if (!(spread > 0) || s->kind == PE_SUMMARY_CONSTANT) return "General";
    if (spread >= 1e12 || spread < 1e-6) return "0.000E+00";
    int decimals = 2 - (int)floor(log10(spread));
    if (s->integers && decimals > 2) decimals = 2;
    if (decimals <= 0) return "#,##0";
    return pe_arena_printf(arena, "#,##0.%.*s", decimals, "0000000000");
}

static bool look_alike(const char *format, double a, double b, bool date1904)
{
    char x[64], y[64];
    pe_format_number(a, format, date1904, x, sizeof x);
    pe_format_number(b, format, date1904, y, sizeof y);
    return strcmp(x, y) == 0;
}

static bool is_date(const pe_report_output *output)
{
    return output->unit != NULL && strcmp(output->unit, "date") == 0;
}

const char *pei_number_format(pe_arena *arena, const pe_report *report,
                              const pe_report_output *output)
{
    const pe_summary *s = &output->summary;
    if (output->format[0] == '\0' || strcmp(output->format, "General") == 0 ||
        strcmp(output->format, "@") == 0)
        return general_format(arena, s);
    double low = pei_percentile(s, 5), high = pei_percentile(s, 95);
    const char *format = output->format;
    for (int more = 1; more <= 6 && isfinite(low) && low != high; more++) {
        if (!look_alike(format, low, high, report->date1904)) break;
        const char *wider = is_date(output) ? NULL : with_decimals(arena, output->format, more);
        if (wider == NULL) break;
        format = wider;
    }
    return format;
}

const char *pei_spread_format(pe_arena *arena, const pe_report *report,
                              const pe_report_output *output)
{
    const char *format =
        is_date(output) ? "0.0 \"days\"" : pei_number_format(arena, report, output);
    const pe_summary *s = &output->summary;
    /* a spread that the format would show as nothing */
    for (int more = 1; more <= 6 && s->sd > 0 && look_alike(format, s->sd, 0, report->date1904);
         more++) {
        const char *wider = with_decimals(arena, format, more);
        if (wider == NULL) break;
        format = wider;
    }
    return format;
}

size_t pe_report_value_text(double value, const char *format, bool date1904, char *out, size_t size)
{
    if (format[0] == '\0' || strcmp(format, "General") == 0) {
        double size_of = fabs(value);
        format = size_of >= 1e9 || (size_of > 0 && size_of < 1e-4) ? "0.0000E+00"
                 : size_of >= 1000                                 ? "#,##0.0"
                                                                   : "0.0000";
    }
    return pe_format_number(value, format, date1904, out, size);
}
