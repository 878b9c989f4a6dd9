/* functions_convert.c: CONVERT. Every unit has a factor to its kind's base unit; names are
 * case-sensitive. A metric prefix applies to the units marked so, with its power for squares and
 * cubes. An unknown unit or two kinds that do not fit are #N/A. */
#include "functions_internal.h"

typedef enum quantity {
    MASS,
    DISTANCE,
    DURATION,
    PRESSURE,
    FORCE,
    ENERGY,
    POWER,
    MAGNETISM,
    TEMPERATURE,
    VOLUME,
    AREA,
    INFORMATION,
    SPEED,
} quantity;

typedef struct unit {
    const char *name;
    quantity kind;
    double factor;
    int prefix;    /* power of the prefix that it takes; 0: none; 10: metric and binary */
    double offset; /* base = (x + offset) * factor: temperatures only */
} unit;

#define FOOT 0.3048
#define INCH 0.0254
#define YARD 0.9144
#define MILE 1609.344
#define NAUTICAL_MILE 1852.0
#define LIGHT_YEAR 9.46073047258e15
#define POINT (INCH / 72)
#define SQUARE(x) ((x) * (x))
#define CUBE(x) ((x) * (x) * (x))

/* Base units: g, m, s, Pa, N, J, W, T, K, m3, m2, bit, m/s. */
static const unit UNITS[] = {
    {"g", MASS, 1, 1, 0},
    {"sg", MASS, 14593.9029372064, 0, 0},
    {"lbm", MASS, 453.59237, 0, 0},
    {"u", MASS, 1.66053100460465e-24, 1, 0},
    {"ozm", MASS, 28.349523125, 0, 0},
    {"grain", MASS, 0.06479891, 0, 0},
    {"cwt", MASS, 45359.237, 0, 0},
    {"shweight", MASS, 45359.237, 0, 0},
    {"uk_cwt", MASS, 50802.34544, 0, 0},
    {"lcwt", MASS, 50802.34544, 0, 0},
    {"hweight", MASS, 50802.34544, 0, 0},
    {"stone", MASS, 6350.29318, 0, 0},
    {"ton", MASS, 907184.74, 0, 0},
    {"uk_ton", MASS, 1016046.9088, 0, 0},
    {"LTON", MASS, 1016046.9088, 0, 0},
    {"brton", MASS, 1016046.9088, 0, 0},
    {"m", DISTANCE, 1, 1, 0},
    {"mi", DISTANCE, MILE, 0, 0},
    {"Nmi", DISTANCE, NAUTICAL_MILE, 0, 0},
    {"in", DISTANCE, INCH, 0, 0},
    {"ft", DISTANCE, FOOT, 0, 0},
    {"yd", DISTANCE, YARD, 0, 0},
    {"ang", DISTANCE, 1e-10, 1, 0},
    {"ell", DISTANCE, 1.143, 0, 0},
    {"ly", DISTANCE, LIGHT_YEAR, 1, 0},
    {"parsec", DISTANCE, 3.08567758128155e16, 1, 0},
    {"pc", DISTANCE, 3.08567758128155e16, 1, 0},
    {"Picapt", DISTANCE, POINT, 0, 0},
    {"Pica", DISTANCE, POINT, 0, 0},
    {"pica", DISTANCE, INCH / 6, 0, 0},
    {"survey_mi", DISTANCE, 6336000.0 / 3937, 0, 0},
    {"yr", DURATION, 31557600, 0, 0},
    {"day", DURATION, 86400, 0, 0},
    {"d", DURATION, 86400, 0, 0},
    {"hr", DURATION, 3600, 0, 0},
    {"mn", DURATION, 60, 0, 0},
    {"min", DURATION, 60, 0, 0},
    {"sec", DURATION, 1, 1, 0},
    {"s", DURATION, 1, 1, 0},
    {"Pa", PRESSURE, 1, 1, 0},
    {"p", PRESSURE, 1, 1, 0},
    {"atm", PRESSURE, 101325, 1, 0},
    {"at", PRESSURE, 101325, 1, 0},
    {"mmHg", PRESSURE, 133.322, 1, 0},
    {"psi", PRESSURE, 6894.757293168361, 0, 0},
    {"Torr", PRESSURE, 101325.0 / 760, 0, 0},
    {"N", FORCE, 1, 1, 0},
    {"dyn", FORCE, 1e-5, 1, 0},
    {"dy", FORCE, 1e-5, 1, 0},
    {"lbf", FORCE, 4.4482216152605, 0, 0},
    {"pond", FORCE, 0.00980665, 1, 0},
    {"J", ENERGY, 1, 1, 0},
    {"e", ENERGY, 1e-7, 1, 0},
    {"c", ENERGY, 4.184, 1, 0},
    {"cal", ENERGY, 4.1868, 1, 0},
    {"eV", ENERGY, 1.60217648740644e-19, 1, 0},
    {"ev", ENERGY, 1.60217648740644e-19, 1, 0},
    {"HPh", ENERGY, 2684519.537696172792, 0, 0},
    {"hh", ENERGY, 2684519.537696172792, 0, 0},
    {"Wh", ENERGY, 3600, 1, 0},
    {"wh", ENERGY, 3600, 1, 0},
    {"flb", ENERGY, 1.3558179483314004, 0, 0},
    {"BTU", ENERGY, 1055.05585262, 0, 0},
    {"btu", ENERGY, 1055.05585262, 0, 0},
    {"HP", POWER, 745.69987158227022, 0, 0},
    {"h", POWER, 745.69987158227022, 0, 0},
    {"W", POWER, 1, 1, 0},
    {"w", POWER, 1, 1, 0},
    {"PS", POWER, 735.49875, 0, 0},
    {"T", MAGNETISM, 1, 1, 0},
    {"ga", MAGNETISM, 1e-4, 1, 0},
    {"C", TEMPERATURE, 1, 0, 273.15},
    {"cel", TEMPERATURE, 1, 0, 273.15},
    {"F", TEMPERATURE, 5.0 / 9, 0, 459.67},
    {"fah", TEMPERATURE, 5.0 / 9, 0, 459.67},
    {"K", TEMPERATURE, 1, 1, 0},
    {"kel", TEMPERATURE, 1, 1, 0},
    {"Rank", TEMPERATURE, 5.0 / 9, 0, 0},
    {"Reau", TEMPERATURE, 1.25, 0, 218.52},
    {"tsp", VOLUME, 4.92892159375e-6, 0, 0},
    {"tspm", VOLUME, 5e-6, 0, 0},
    {"tbs", VOLUME, 1.478676478125e-5, 0, 0},
    {"oz", VOLUME, 2.95735295625e-5, 0, 0},
    {"cup", VOLUME, 2.365882365e-4, 0, 0},
    {"pt", VOLUME, 4.73176473e-4, 0, 0},
    {"us_pt", VOLUME, 4.73176473e-4, 0, 0},
    {"uk_pt", VOLUME, 5.6826125e-4, 0, 0},
    {"qt", VOLUME, 9.46352946e-4, 0, 0},
    {"uk_qt", VOLUME, 1.1365225e-3, 0, 0},
    {"gal", VOLUME, 3.785411784e-3, 0, 0},
    {"uk_gal", VOLUME, 4.54609e-3, 0, 0},
    {"l", VOLUME, 1e-3, 1, 0},
    {"L", VOLUME, 1e-3, 1, 0},
    {"lt", VOLUME, 1e-3, 1, 0},
    {"ang3", VOLUME, 1e-30, 3, 0},
    {"barrel", VOLUME, 0.158987294928, 0, 0},
    {"bushel", VOLUME, 0.03523907016688, 0, 0},
    {"ft3", VOLUME, CUBE(FOOT), 0, 0},
    {"in3", VOLUME, CUBE(INCH), 0, 0},
    {"ly3", VOLUME, CUBE(LIGHT_YEAR), 0, 0},
    {"m3", VOLUME, 1, 3, 0},
    {"mi3", VOLUME, CUBE(MILE), 0, 0},
    {"yd3", VOLUME, CUBE(YARD), 0, 0},
    {"Nmi3", VOLUME, CUBE(NAUTICAL_MILE), 0, 0},
    {"Picapt3", VOLUME, CUBE(POINT), 0, 0},
    {"Pica3", VOLUME, CUBE(POINT), 0, 0},
    {"GRT", VOLUME, 100 * CUBE(FOOT), 0, 0},
    {"regton", VOLUME, 100 * CUBE(FOOT), 0, 0},
    {"MTON", VOLUME, 40 * CUBE(FOOT), 0, 0},
    {"uk_acre", AREA, 4046.8564224, 0, 0},
    {"us_acre", AREA, 4046.87260987425, 0, 0},
    {"ang2", AREA, 1e-20, 2, 0},
    {"ar", AREA, 100, 1, 0},
    {"ft2", AREA, SQUARE(FOOT), 0, 0},
    {"ha", AREA, 10000, 0, 0},
    {"in2", AREA, SQUARE(INCH), 0, 0},
    {"ly2", AREA, SQUARE(LIGHT_YEAR), 0, 0},
    {"m2", AREA, 1, 2, 0},
    {"Morgen", AREA, 2500, 0, 0},
    {"mi2", AREA, SQUARE(MILE), 0, 0},
    {"Nmi2", AREA, SQUARE(NAUTICAL_MILE), 0, 0},
    {"Picapt2", AREA, SQUARE(POINT), 0, 0},
    {"Pica2", AREA, SQUARE(POINT), 0, 0},
    {"yd2", AREA, SQUARE(YARD), 0, 0},
    {"bit", INFORMATION, 1, 10, 0},
    {"byte", INFORMATION, 8, 10, 0},
    {"admkn", SPEED, 0.514773333333333, 0, 0},
    {"kn", SPEED, NAUTICAL_MILE / 3600, 0, 0},
    {"m/h", SPEED, 1.0 / 3600, 1, 0},
    {"m/hr", SPEED, 1.0 / 3600, 1, 0},
    {"m/s", SPEED, 1, 1, 0},
    {"m/sec", SPEED, 1, 1, 0},
    {"mph", SPEED, 0.44704, 0, 0},
};

typedef struct prefix {
    const char *name;
    double factor;
} prefix;

static const prefix METRIC[] = {
    {"Y", 1e24}, {"Z", 1e21}, {"E", 1e18},  {"P", 1e15},  {"T", 1e12},  {"G", 1e9},   {"M", 1e6},
    {"k", 1e3},  {"h", 1e2},  {"da", 1e1},  {"e", 1e1},   {"d", 1e-1},  {"c", 1e-2},  {"m", 1e-3},
    {"u", 1e-6}, {"n", 1e-9}, {"p", 1e-12}, {"f", 1e-15}, {"a", 1e-18}, {"z", 1e-21}, {"y", 1e-24}};
static const prefix BINARY[] = {{"Yi", 0x1p80}, {"Zi", 0x1p70}, {"Ei", 0x1p60}, {"Pi", 0x1p50},
                                {"Ti", 0x1p40}, {"Gi", 0x1p30}, {"Mi", 0x1p20}, {"ki", 0x1p10}};

static bool same_name(const char *name, const char *text, size_t length)
{
    return strlen(name) == length && memcmp(name, text, length) == 0;
}

static const unit *find_plain(const char *text, size_t length)
{
    char plain[16];
    size_t n = 0;
    if (length >= sizeof plain) return NULL;
    for (size_t i = 0; i < length; i++)
        if (text[i] != '^') plain[n++] = text[i]; /* m^2 is m2 */
    for (size_t i = 0; i < PE_COUNT(UNITS); i++)
        if (same_name(UNITS[i].name, plain, n)) return &UNITS[i];
    return NULL;
}

static const unit *after_prefix(const prefix *p, const char *text, size_t length)
{
    size_t skip = strlen(p->name);
    if (length <= skip || memcmp(p->name, text, skip) != 0) return NULL;
    return find_plain(text + skip, length - skip);
}

/* The unit with the factor of its prefix; NULL: unknown. The plain name wins over a prefix. */
static const unit *find_unit(const char *text, size_t length, double *factor)
{
    const unit *u = find_plain(text, length);
    *factor = 1;
    if (u != NULL) return u;
    for (size_t i = 0; i < PE_COUNT(BINARY); i++) {
        u = after_prefix(&BINARY[i], text, length);
        if (u == NULL || u->prefix != 10) continue;
        *factor = BINARY[i].factor;
        return u;
    }
    for (size_t i = 0; i < PE_COUNT(METRIC); i++) {
        u = after_prefix(&METRIC[i], text, length);
        if (u == NULL || u->prefix == 0) continue;
        double f = METRIC[i].factor;
        *factor = u->prefix == 2 ? SQUARE(f) : u->prefix == 3 ? CUBE(f) : f;
        return u;
    }
    return NULL;
}

pe_value pei_fn_convert(pe_call *call, const pe_value *args, int n)
{
    double x, from_factor, to_factor;
    pe_value error;
    PE_UNUSED(n);
    if (!pei_toolpak_number(call, args[0], &x, &error)) return error;
    if (!pe_is(args[1], PE_KIND_TEXT) || !pe_is(args[2], PE_KIND_TEXT))
        return pe_error(PE_ERROR_NA);
    const pe_text *from_name = pe_as_text(args[1]), *to_name = pe_as_text(args[2]);
    const unit *from = find_unit(from_name->bytes, from_name->length, &from_factor);
    const unit *to = find_unit(to_name->bytes, to_name->length, &to_factor);
    if (from == NULL || to == NULL || from->kind != to->kind) return pe_error(PE_ERROR_NA);
    if (from == to && from_factor == to_factor) return pe_number_checked(x);
    if (from->kind == TEMPERATURE) {
        double kelvin = (x * from_factor + from->offset) * from->factor;
        if (from->factor == to->factor)
            return pe_number_checked((x * from_factor + (from->offset - to->offset)) / to_factor);
        return pe_number_checked((kelvin / to->factor - to->offset) / to_factor);
    }
    return pe_number_checked(x * (from->factor * from_factor) / (to->factor * to_factor));
}
