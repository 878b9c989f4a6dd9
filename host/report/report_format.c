/* report_format.c: how numbers are shown: in the output cell's own format, with as many digits as
 * the spread needs. */
#include "report_internal.h"

#include <math.h>
#include <stdio.h>

#include "functions.h"

/* Where one section's last digit placeholder is, and whether a decimal point stands before it;
 * SIZE_MAX: none, or a format (scientific, General) that decimals cannot be added to. */
static size_t last_digit(const char *section, size_t n, bool *point)
{
    size_t last = SIZE_MAX;
    *point = false;
    for (size_t i = 0; i < n; i++) {
        char c = section[i];
        if (c == '\\' || c == '_' || c == '*') {
            i++;
        } else if (c == '"' || c == '[') {
            const char *end = memchr(section + i + 1, c == '"' ? '"' : ']', n - i - 1);
            if (end == NULL) return SIZE_MAX;
            i = (size_t)(end - section);
        } else if (c == '.') {
            *point = true;
        } else if (c == '0' || c == '#' || c == '?') {
            last = i;
        } else if (c == '/' || (c | 32) == 'e') {
            return SIZE_MAX;
        }
    }
    return last;
}

static size_t section_length(const char *format)
{
    size_t n = 0;
    for (bool quoted = false; format[n] != '\0' && (quoted || format[n] != ';'); n++) {
        if (format[n] == '"') quoted = !quoted;
        if (format[n] == '\\' && format[n + 1] != '\0') n++;
    }
    return n;
}

/* Adds `more` decimals after the last digit placeholder of each section: "#,##0" to "#,##0.00",
 * "0.0%" to "0.000%". NULL: none to add to. */
static const char *with_decimals(pe_arena *arena, const char *format, int more)
{
    char out[300];
    size_t used = 0;
    bool added = false;
    for (;;) {
        size_t n = section_length(format);
        bool point, first = used == 0;
        size_t last = last_digit(format, n, &point);
        if (used + n + (size_t)more + 3 > sizeof out) return NULL;
        if (last == SIZE_MAX) {
            if (first) return NULL;
            memcpy(out + used, format, n);
            used += n;
        } else {
            memcpy(out + used, format, last + 1);
            used += last + 1;
            if (!point) out[used++] = '.';
            for (int i = 0; i < more; i++) out[used++] = '0';
            memcpy(out + used, format + last + 1, n - last - 1);
            used += n - last - 1;
            added = true;
        }
        if (format[n] == '\0') break;
        out[used++] = ';';
        format += n + 1;
    }
    return added ? pe_arena_text(arena, out, used) : NULL;
}

/* General: three significant digits of the spread. */
static const char *general_format(pe_arena *arena, const pe_summary *s)
{
    double spread = s->sd > 0 ? s->sd : fabs(s->mean);
    if (!(spread > 0) || s->kind == PE_SUMMARY_CONSTANT) return "General";
    if (spread >= 1e12 || spread < 1e-6) return "0.000E+00";
    int exponent;
    pe_power_of_ten(spread, &exponent);
    int decimals = 2 - exponent;
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

const char *pei_format_apart(pe_arena *arena, const char *format, double a, double b, bool date1904)
{
    const char *best = format;
    for (int more = 1; more <= 6 && a != b && look_alike(best, a, b, date1904); more++) {
        const char *wider = with_decimals(arena, format, more);
        if (wider == NULL) break;
        best = wider;
    }
    return best;
}

const char *pei_count_text(pe_arena *arena, uint64_t n)
{
    char digits[24], out[32];
    int length = snprintf(digits, sizeof digits, "%llu", (unsigned long long)n);
    size_t used = 0;
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0) out[used++] = ',';
        out[used++] = digits[i];
    }
    return pe_arena_text(arena, out, used);
}

const char *pei_share_text(pe_arena *arena, const pe_summary *s)
{
    double percent = 100 * (1 - (double)s->error_count / (double)s->trials);
    int decimals = 1;
    char text[32];
    for (; decimals < 9; decimals++) {
        snprintf(text, sizeof text, "%.*f", decimals, percent);
        if (s->error_count == 0 || strncmp(text, "100", 3) != 0) break;
    }
    return pe_arena_printf(arena, "%s%%", text);
}

bool pei_is_incomplete(const pe_report *report)
{
    return report->trials < report->trials_asked;
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
    double low = pe_summary_percentile(s, 5), high = pe_summary_percentile(s, 95);
    if (!isfinite(low) || is_date(output)) return output->format;
    return pei_format_apart(arena, output->format, low, high, report->date1904);
}

const char *pei_spread_format(pe_arena *arena, const pe_report *report,
                              const pe_report_output *output)
{
    const pe_summary *s = &output->summary;
    const char *format =
        is_date(output) ? "0.0 \"days\"" : pei_number_format(arena, report, output);
    /* to within a tenth of itself */
    return format != NULL && s->sd > 0
               ? pei_format_apart(arena, format, s->sd, 1.1 * s->sd, report->date1904)
               : format;
}

const char *pei_error_format(pe_arena *arena, const pe_report *report,
                             const pe_report_output *output)
{
    double error = output->summary.standard_error;
    const char *format = pei_spread_format(arena, report, output);
    return format != NULL && error > 0
               ? pei_format_apart(arena, format, error, 1.1 * error, report->date1904)
               : format;
}

const char *pei_mean_format(pe_arena *arena, const pe_report *report,
                            const pe_report_output *output)
{
    const pe_summary *s = &output->summary;
    const char *format = pei_number_format(arena, report, output);
    return format != NULL && s->mean_low < s->mean_high && !is_date(output)
               ? pei_format_apart(arena, format, s->mean_low, s->mean_high, report->date1904)
               : format;
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
