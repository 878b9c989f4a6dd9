/* cli_options.c: GNU-style options to settings. */
#include "cli.h"

#include <getopt.h>
#include <stdlib.h>
#include <time.h>

enum {
    OPTION_LATIN = 256,
    OPTION_INPUT,
    OPTION_OUTPUT,
    OPTION_TARGET,
    OPTION_FREEZE,
    OPTION_IGNORE,
    OPTION_NOW,
    OPTION_JSON,
    OPTION_CSV,
    OPTION_TRIALS_SHEET,
    OPTION_ISA,
    OPTION_ALL,
    OPTION_SAMPLING
};

static const struct option long_options[] = {
    {"results", required_argument, NULL, 'o'},
    {"trials", required_argument, NULL, 'n'},
    {"seed", required_argument, NULL, 's'},
    {"threads", required_argument, NULL, 'j'},
    {"quiet", no_argument, NULL, 'q'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {"latin-hypercube", no_argument, NULL, OPTION_LATIN},
    {"sampling", required_argument, NULL, OPTION_SAMPLING},
    {"input", required_argument, NULL, OPTION_INPUT},
    {"output", required_argument, NULL, OPTION_OUTPUT},
    {"target", required_argument, NULL, OPTION_TARGET},
    {"freeze", required_argument, NULL, OPTION_FREEZE},
    {"ignore", required_argument, NULL, OPTION_IGNORE},
    {"now", required_argument, NULL, OPTION_NOW},
    {"json", required_argument, NULL, OPTION_JSON},
    {"csv", required_argument, NULL, OPTION_CSV},
    {"trials-sheet", no_argument, NULL, OPTION_TRIALS_SHEET},
    {"isa", required_argument, NULL, OPTION_ISA},
    {"all", no_argument, NULL, OPTION_ALL},
    {NULL, 0, NULL, 0},
};

void pe_cli_help(FILE *out)
{
    fputs(
        "Power Engine " PE_VERSION ": Monte Carlo simulation of spreadsheets.\n"
        "\n"
        "  power-engine run WORKBOOK [options]      simulate; write a results workbook\n"
        "  power-engine check WORKBOOK [options]    does every formula agree with the value stored "
        "in the file?\n"
        "  power-engine inspect WORKBOOK [options]  inputs, outputs, formula categories, what is "
        "not supported\n"
        "  power-engine serve | status | stop       the host that spreadsheets talk to; serve "
        "--help lists its options\n"
        "  power-engine install-libreoffice         add Run Simulation to LibreOffice Calc; "
        "uninstall-libreoffice: take it away\n"
        "\n"
        "WORKBOOK is an .xlsx, .xlsm, .ods or .fods file. It is never changed. Random cells are "
        "those that call RAND(), RANDBETWEEN(),\n"
        "RANDARRAY() or a risk function (RiskNormal, PsiNormal, VoseNormal ...), and the cells "
        "named by --input.\n"
        "\n"
        "What to simulate\n"
        "      --input CELL=DIST      make a number uncertain: --input 'Inputs!B3=pert(1,2,5)'; "
        "also a formula: 'P!B5==L5*2'\n"
        "      --output CELL[=NAME]   a result to report: a cell, a range or a defined name; 'all' "
        "takes every candidate.\n"
        "                             Without one: RiskOutput() cells, else named cells and cells "
        "that nothing reads\n"
        "      --target OUT<NUMBER    report the probability: --target 'NPV<0' (also <=, >, >=, "
        "=)\n"
        "      --freeze CELL          keep the stored value of a cell, range or name in every "
        "trial\n"
        "      --ignore NAME          run without a property function that is not implemented "
        "(RiskCorrmat ...)\n"
        "\n"
        "How\n"
        "  -n, --trials N             number of trials (default: the workbook's own setting, else "
        "10,000)\n"
        "  -s, --seed N               seed (default: the workbook's, else 1); 'new' takes one from "
        "the clock\n"
        "      --latin-hypercube      stratified sampling; --sampling mc for plain Monte Carlo\n"
        "      --now 'Y-M-D [H:M:S]'  what NOW() and TODAY() show (default: the start of the run)\n"
        "  -j, --threads N            worker threads (default: all processors); results do not "
        "depend on it\n"
        "      --isa NAME             x86-64, x86-64-v3 or x86-64-v4 (default: the best there is); "
        "nor on this\n"
        "\n"
        "Results\n"
        "  -o, --results FILE         results workbook (default: WORKBOOK-results.xlsx in the "
        "current folder)\n"
        "      --json FILE            the numbers for scripts; '-' is standard output\n"
        "      --csv FILE             every trial of every output\n"
        "      --trials-sheet         also a sheet with every trial\n"
        "      --all                  check, inspect: list everything, not only the first 20\n"
        "  -q, --quiet                print nothing but errors\n"
        "  -h, --help   -V, --version\n"
        "\n"
        "Exit codes: 0 done; 1 check found differences; 2 wrong options or settings; 3 the "
        "workbook cannot be read;\n"
        "4 nothing to simulate, or something unsupported would vary; 5 a result cannot be written; "
        "6 out of memory or a limit;\n"
        "7 internal error; 130 cancelled (Ctrl-C).\n",
        out);
}

static pe_exit wrong(const char *format, const char *text)
{
    fputs("power-engine: ", stderr);
    fprintf(stderr, format, text);
    fputs("\nTry 'power-engine --help'.\n", stderr);
    return PE_EXIT_USAGE;
}

static bool whole_number(const char *text, uint64_t *out)
{
    uint64_t n = 0;
    bool any = false;
    for (const char *p = text; *p != '\0'; p++) {
        if ((*p == ',' || *p == '_') && any) continue; /* 10,000 */
        if (*p < '0' || *p > '9' || n > (UINT64_MAX - 9) / 10) return false;
        n = n * 10 + (uint64_t)(*p - '0');
        any = true;
    }
    *out = n;
    return any;
}

static bool digits(const char **p, int count, int *out)
{
    *out = 0;
    for (int i = 0; i < count; i++, (*p)++) {
        if (**p < '0' || **p > '9') return false;
        *out = *out * 10 + (**p - '0');
    }
    return true;
}

/* Days since 1 March 0000 of the civil calendar. */
static int64_t civil_days(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year, era = y / 400, yoe = y - era * 400;
    int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy;
}

static double serial_of(int year, int month, int day, int hour, int minute, int second)
{
    double serial = (double)(civil_days(year, month, day) - 693899);
    if (serial < 61) serial -= 1; /* before the day that Excel invented */
    return serial + (hour * 3600 + minute * 60 + second) / 86400.0;
}

bool pe_cli_date(const char *text, double *serial)
{
    int year, month, day, hour = 0, minute = 0, second = 0;
    const char *p = text;
    if (!digits(&p, 4, &year) || *p++ != '-' || !digits(&p, 2, &month) || *p++ != '-' ||
        !digits(&p, 2, &day))
        return false;
    if (*p == ' ' || *p == 'T') {
        p++;
        if (!digits(&p, 2, &hour) || *p++ != ':' || !digits(&p, 2, &minute)) return false;
        if (*p == ':' && (p++, !digits(&p, 2, &second))) return false;
    }
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (*p != '\0' || year < 1900 || month < 1 || month > 12 || day < 1) return false;
    if (day > lengths[month - 1] + (month == 2 && leap) || hour > 23 || minute > 59 || second > 59)
        return false;
    *serial = serial_of(year, month, day, hour, minute, second);
    return true;
}

double pe_cli_now(void)
{
    time_t now = time(NULL);
    struct tm local;
    localtime_r(&now, &local);
    return serial_of(local.tm_year + 1900, local.tm_mon + 1, local.tm_mday, local.tm_hour,
                     local.tm_min, local.tm_sec);
}

static pe_exit set_sampling(pe_settings *s, const char *name)
{
    bool latin = strcmp(name, "lhs") == 0 || strcmp(name, "latin-hypercube") == 0;
    if (!latin && strcmp(name, "mc") != 0 && strcmp(name, "monte-carlo") != 0)
        return wrong("unknown sampling '%s': use mc or lhs", name);
    s->sampling = latin ? PE_LATIN_HYPERCUBE : PE_MONTE_CARLO;
    s->sampling_given = true;
    return PE_EXIT_OK;
}

static pe_exit set_isa(pe_cli_options *options, const char *name)
{
    static const char *const known[] = {"x86-64", "x86-64-v3", "x86-64-v4"};
    for (size_t i = 0; i < PE_COUNT(known); i++)
        if (strcmp(known[i], name) == 0) {
            options->job.isa = name;
            return PE_EXIT_OK;
        }
    return wrong("unknown instruction set '%s': x86-64, x86-64-v3 or x86-64-v4", name);
}

static pe_exit set_number(int option, const char *text, pe_cli_options *options)
{
    pe_settings *s = &options->job.settings;
    uint64_t n = 0;
    if (option == 's' && strcmp(text, "new") == 0) {
        s->seed =
            pe_hash_mix((uint64_t)time(NULL), (uint64_t)(pe_clock_seconds() * 1e9)) % 1000000000;
        s->seed_given = true;
        return PE_EXIT_OK;
    }
    if (!whole_number(text, &n)) return wrong("'%s' is not a whole number", text);
    if (option == 's') {
        s->seed = n;
        s->seed_given = true;
    } else if (option == 'n') {
        if (n < 1 || n > PE_TRIALS_MAX)
            return wrong("%s trials: give a number between 1 and 2^40", text);
        s->trials = n;
        s->trials_given = true;
    } else {
        if (n < 1 || n > 1024) return wrong("%s threads: give a number between 1 and 1024", text);
        options->job.threads = (unsigned)n;
    }
    return PE_EXIT_OK;
}

static pe_exit add_setting(int option, const char *text, pe_arena *arena, pe_settings *s)
{
    pe_diag diag;
    pe_status status = PE_OK;
    if (option == OPTION_INPUT)
        status = pe_settings_parse_input(arena, text, &s->inputs[s->input_count++], &diag);
    else if (option == OPTION_TARGET)
        status = pe_settings_parse_target(arena, text, &s->targets[s->target_count++], &diag);
    else if (option == OPTION_FREEZE)
        s->freeze[s->freeze_count++] = text;
    else if (option == OPTION_IGNORE)
        s->ignore[s->ignore_count++] = text;
    else if (strcmp(text, "all") == 0)
        s->outputs_all = true;
    else
        status = pe_settings_parse_output(arena, text, &s->outputs[s->output_count++], &diag);
    if (status == PE_OK) return PE_EXIT_OK;
    fprintf(stderr, "power-engine: '%s': %s\n", diag.where, diag.what);
    return PE_EXIT_USAGE;
}

static pe_exit one_option(int option, const char *text, pe_arena *arena, pe_cli_options *o)
{
    switch (option) {
    case 'n':
    case 's':
    case 'j':
        return set_number(option, text, o);
    case 'o':
        o->results = text;
        return PE_EXIT_OK;
    case 'q':
        o->quiet = true;
        return PE_EXIT_OK;
    case 'h':
        o->command = PE_COMMAND_HELP;
        return PE_EXIT_OK;
    case 'V':
        o->command = PE_COMMAND_VERSION;
        return PE_EXIT_OK;
    case OPTION_LATIN:
        return set_sampling(&o->job.settings, "lhs");
    case OPTION_SAMPLING:
        return set_sampling(&o->job.settings, text);
    case OPTION_NOW:
        return pe_cli_date(text, &o->job.now_1900)
                   ? PE_EXIT_OK
                   : wrong("'%s' is no date: write 2026-03-01 or '2026-03-01 12:30:00'", text);
    case OPTION_JSON:
        o->json = text;
        return PE_EXIT_OK;
    case OPTION_CSV:
        o->csv = text;
        return PE_EXIT_OK;
    case OPTION_TRIALS_SHEET:
        o->trials_sheet = true;
        return PE_EXIT_OK;
    case OPTION_ISA:
        return set_isa(o, text);
    case OPTION_ALL:
        o->all = true;
        return PE_EXIT_OK;
    case OPTION_INPUT:
    case OPTION_OUTPUT:
    case OPTION_TARGET:
    case OPTION_FREEZE:
    case OPTION_IGNORE:
        return add_setting(option, text, arena, &o->job.settings);
    default:
        fputs("Try 'power-engine --help'.\n", stderr); /* getopt has said what is wrong */
        return PE_EXIT_USAGE;
    }
}

static pe_exit find_command(int argc, char **argv, pe_cli_options *o)
{
    static const struct {
        const char *name;
        pe_command command;
    } commands[] = {{"run", PE_COMMAND_RUN},
                    {"check", PE_COMMAND_CHECK},
                    {"inspect", PE_COMMAND_INSPECT},
                    {"help", PE_COMMAND_HELP}};
    if (o->command == PE_COMMAND_HELP || o->command == PE_COMMAND_VERSION) return PE_EXIT_OK;
    if (optind >= argc) return wrong("%s", "no command: run, check or inspect");
    bool known = false;
    for (size_t i = 0; i < PE_COUNT(commands); i++)
        if (strcmp(argv[optind], commands[i].name) == 0) {
            o->command = commands[i].command;
            known = true;
        }
    if (!known) return wrong("unknown command '%s': run, check or inspect", argv[optind]);
    if (o->command == PE_COMMAND_HELP) return PE_EXIT_OK;
    if (optind + 1 >= argc) return wrong("%s needs a workbook", argv[optind]);
    if (optind + 2 < argc) return wrong("one workbook at a time: what is '%s'?", argv[optind + 2]);
    o->workbook = argv[optind + 1];
    return PE_EXIT_OK;
}

pe_exit pe_cli_parse(int argc, char **argv, pe_arena *arena, pe_cli_options *options)
{
    pe_cli_options o;
    memset(&o, 0, sizeof o);
    pe_settings *s = &o.job.settings;
    size_t most = (size_t)argc;
    s->inputs = PE_PUSH(arena, pe_input_setting, most);
    s->outputs = PE_PUSH(arena, pe_output_setting, most);
    s->targets = PE_PUSH(arena, pe_target_setting, most);
    s->freeze = PE_PUSH(arena, const char *, most);
    s->ignore = PE_PUSH(arena, const char *, most);
    if (pe_arena_failed(arena)) return wrong("%s", "out of memory");
    o.job.now_1900 = pe_cli_now();
    for (;;) {
        int option = getopt_long(argc, argv, "o:n:s:j:qhV", long_options, NULL);
        if (option == -1) break;
        pe_exit result = one_option(option, optarg, arena, &o);
        if (result != PE_EXIT_OK) return result;
    }
    pe_exit result = find_command(argc, argv, &o);
    if (result == PE_EXIT_OK) *options = o;
    return result;
}
