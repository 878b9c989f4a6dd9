/* cli_process.c: the program as a process, and its results read back: see cli_model.h. */
#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli_model.h"

#define ARGUMENTS_MAX 64

/* The processor time that a process has taken. */
static double worked_seconds(pid_t process)
{
    clockid_t clock;
    struct timespec t = {0, 0};
    if (clock_getcpuclockid(process, &clock) == 0) clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double usage_seconds(const struct rusage *usage)
{
    return (double)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) +
           1e-6 * (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec);
}

/* Words as a POSIX shell makes them of '...' and \\x; text is changed. */
static void split(char *text, char **arguments)
{
    int n = 1;
    while (*text != '\0' && n < ARGUMENTS_MAX - 1) {
        while (*text == ' ') text++;
        if (*text == '\0') break;
        char *to = text;
        bool quoted = false;
        arguments[n++] = text;
        for (; *text != '\0' && (quoted || *text != ' '); text++) {
            if (*text == '\'')
                quoted = !quoted;
            else if (!quoted && *text == '\\' && text[1] != '\0')
                *to++ = *++text;
            else
                *to++ = *text;
        }
        if (*text != '\0') text++;
        *to = '\0';
    }
    arguments[n] = NULL;
}

char *cli_file_read(const char *folder, const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL) return NULL;
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    char *bytes = malloc((size_t)size + 1);
    if (bytes == NULL || fread(bytes, 1, (size_t)size, file) != (size_t)size) abort();
    bytes[size] = '\0';
    fclose(file);
    return bytes;
}

static void start_child(const char *folder, char **arguments)
{
    if (chdir(folder) != 0) _exit(126);
    int out = open(".stdout", O_WRONLY | O_CREAT | O_TRUNC, 0600);
    int err = open(".stderr", O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (out < 0 || err < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0) _exit(126);
    execv(PE_EXECUTABLE, arguments);
    _exit(127);
}

/* The process, when it is the program: not before, so that what comes meets the program. */
static pid_t program_started(const char *folder, char **arguments)
{
    int ends[2];
    char none;
    if (pipe2(ends, O_CLOEXEC) != 0) abort();
    pid_t child = fork();
    if (child == 0) start_child(folder, arguments);
    close(ends[1]);
    if (child < 0 || read(ends[0], &none, 1) != 0) abort(); /* the end of it is exec's */
    close(ends[0]);
    return child;
}

cli_result cli_run(const char *folder, const char *arguments, double interrupt_s)
{
    char *copy = strdup(arguments), *list[ARGUMENTS_MAX] = {(char[]){"power-engine"}};
    char path[512];
    split(copy, list);
    double before = 0;
    pid_t child = program_started(folder, list);
    if (interrupt_s > 0) {
        struct timespec wait = {(time_t)interrupt_s, (long)(1e9 * fmod(interrupt_s, 1))};
        nanosleep(&wait, NULL);
        before = worked_seconds(child);
        kill(child, SIGINT);
    }
    int state = 0;
    struct rusage usage;
    if (wait4(child, &state, 0, &usage) != child) abort();
    cli_result result = {.worked_s = usage_seconds(&usage) - before};
    result.exit_code = WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
    result.out = cli_file_read(folder, ".stdout");
    result.err = cli_file_read(folder, ".stderr");
    snprintf(path, sizeof path, "%s/.stdout", folder);
    unlink(path);
    snprintf(path, sizeof path, "%s/.stderr", folder);
    unlink(path);
    free(copy);
    return result;
}

void cli_result_free(cli_result *result)
{
    free(result->out);
    free(result->err);
    *result = (cli_result){.exit_code = 0};
}

void cli_folder_new(char *out)
{
    strcpy(out, "/tmp/pe-cli-XXXXXX"); /* TIDY: the name pattern of mkdtemp */
    if (mkdtemp(out) == NULL) abort();
}

static int each_entry(const char *folder, bool erase)
{
    DIR *list = opendir(folder);
    int n = 0;
    for (struct dirent *e; list != NULL && (e = readdir(list)) != NULL;) {
        char path[512];
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) continue;
        snprintf(path, sizeof path, "%s/%.200s", folder, e->d_name);
        if (erase) unlink(path);
        n++;
    }
    if (list != NULL) closedir(list);
    return n;
}

int cli_folder_count(const char *folder)
{
    return each_entry(folder, false);
}

void cli_folder_remove(const char *folder)
{
    each_entry(folder, true);
    rmdir(folder);
}

/* ---- facts
 * ------------------------------------------------------------------------------------------- */

static const json_t *walk(const json_t *at, const char *path, size_t length, bool *size)
{
    *size = false;
    for (size_t i = 0; i < length && at != NULL;) {
        char part[64] = "";
        size_t n = strcspn(path + i, ".");
        if (n > length - i) n = length - i;
        snprintf(part, sizeof part, "%.*s", (int)n, path + i);
        i += n + 1;
        if (strcmp(part, "#") == 0)
            *size = true;
        else if (json_is_array(at))
            at = json_array_get(at, (size_t)strtoull(part, NULL, 10));
        else
            at = json_object_get(at, part);
    }
    return at;
}

static bool contains(const json_t *at, const char *wanted)
{
    size_t index;
    const char *key;
    json_t *value;
    if (json_is_string(at)) return strstr(json_string_value(at), wanted) != NULL;
    json_array_foreach((json_t *)(uintptr_t)at, index,
                       value) if (contains(value, wanted)) return true;
    json_object_foreach((json_t *)(uintptr_t)at, key,
                        value) if (contains(value, wanted)) return true;
    return false;
}

void cli_fact(const json_t *document, const char *fact, char *wrong, size_t size)
{
    size_t length = strcspn(fact, " ");
    const char *op = fact + length + 1, *wanted = op + 2;
    bool counted;
    const json_t *at = walk(document, fact, length, &counted);
    char *shown = at != NULL ? json_dumps(at, JSON_ENCODE_ANY | JSON_COMPACT) : NULL, *end;
    double value = counted
                       ? (double)(json_is_array(at) ? json_array_size(at) : json_object_size(at))
                       : json_number_value(at);
    bool good = false;
    if (op[0] == '?' || op[0] == '!') {
        good = at != NULL && contains(at, wanted) == (op[0] == '?');
    } else if (json_is_string(at)) {
        good = strcmp(json_string_value(at), wanted) == 0;
    } else if (json_is_null(at)) {
        good = strcmp(wanted, "null") == 0;
    } else if (json_is_boolean(at)) {
        good = strcmp(wanted, json_is_true(at) ? "true" : "false") == 0;
    } else if (at != NULL) {
        double expected = strtod(wanted, &end);
        double tolerance = strncmp(end, " ~ ", 3) == 0 ? strtod(end + 3, NULL) : 0;
        good = fabs(value - expected) <= tolerance;
    }
    snprintf(wrong, size, "%s", "");
    if (!good)
        snprintf(wrong, size, "expected %s, found %.400s (%g)", fact, shown ? shown : "nothing",
                 value);
    free(shown);
}

/* ---- trials
 * ------------------------------------------------------------------------------------------- */

double *cli_column(const char *csv, int column, size_t *count)
{
    size_t n = 0, capacity = 1024;
    double *x = malloc(capacity * sizeof *x);
    const char *line = strchr(csv, '\n');
    for (; x != NULL && line != NULL && line[1] != '\0'; line = strchr(line + 1, '\n')) {
        const char *field = line + 1;
        char *end;
        for (int i = 0; i <= column; i++) field = strchr(field, ',') + 1;
        if (n == capacity) x = realloc(x, (capacity *= 2) * sizeof *x);
        if (x == NULL) abort();
        x[n] = strtod(field, &end);
        if (end == field) x[n] = NAN;
        n++;
    }
    *count = n;
    return x;
}

double cli_mean(const double *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += x[i];
    return sum / (double)n;
}

double cli_correlation(const double *x, const double *y, size_t n)
{
    double mx = cli_mean(x, n), my = cli_mean(y, n), xy = 0, xx = 0, yy = 0;
    for (size_t i = 0; i < n; i++) {
        xy += (x[i] - mx) * (y[i] - my);
        xx += (x[i] - mx) * (x[i] - mx);
        yy += (y[i] - my) * (y[i] - my);
    }
    return xy / sqrt(xx * yy);
}
