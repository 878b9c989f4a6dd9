/* functions_depreciation.c: SLN, SYD, DB, DDB, VDB: an asset's loss of value over periods. What a
 * method takes never goes below the salvage value. */
#include "functions_internal.h"

static double failed(pe_error_code code)
{
    return pe_error_double(code);
}

double pei_fn_SLN(const double *x, int n)
{
    PE_UNUSED(n);
    return x[2] == 0 ? failed(PE_ERROR_DIV0) : (x[0] - x[1]) / x[2];
}

double pei_fn_SYD(const double *x, int n)
{
    double life = x[2], per = x[3];
    PE_UNUSED(n);
    if (life <= 0 || per < 1 || per > life) return failed(PE_ERROR_NUM);
    return (x[0] - x[1]) * (life - per + 1) * 2 / (life * (life + 1));
}

/* DB(cost, salvage, life, period, [month]): the rate is rounded to three decimals; the first and
 * the last year are parts of one. */
double pei_fn_DB(const double *x, int n)
{
    double cost = x[0], salvage = x[1], life = x[2], period = pen_trunc(x[3]),
           month = n > 4 ? pen_trunc(x[4]) : 12;
    if (cost < 0 || salvage < 0 || !(life > 0) || !(period >= 1)) return failed(PE_ERROR_NUM);
    if (!(month >= 1 && month <= 12) || period > life + (month == 12 ? 0 : 1))
        return failed(PE_ERROR_NUM);
    if (cost == 0) return 0;
    double rate = pen_floor((1 - pen_pow(salvage / cost, 1 / life)) * 1000 + 0.5) / 1000;
    double taken = cost * rate * month / 12;
    if (period == 1) return taken;
    double left = (cost - taken) * pen_pow(1 - rate, period - 2); /* at the start of the period */
    return left * rate * (period > life ? (12 - month) / 12 : 1);
}

/* Declining balance in one period (not necessarily whole). */
static double declining(double cost, double salvage, double life, double period, double factor)
{
    double rate = factor / life, before, after;
    if (rate >= 1) {
        before = period == 1 ? cost : 0;
        after = 0;
    } else {
        before = cost * pen_pow(1 - rate, period - 1);
        after = cost * pen_pow(1 - rate, period);
    }
    double taken = before - (after < salvage ? salvage : after);
    return taken < 0 ? 0 : taken;
}

double pei_fn_DDB(const double *x, int n)
{
    double factor = n > 4 ? x[4] : 2;
    if (x[0] < 0 || x[1] < 0 || !(x[2] > 0) || !(x[3] > 0) || x[3] > x[2] || !(factor > 0))
        return failed(PE_ERROR_NUM);
    return declining(x[0], x[1], x[2], x[3], factor);
}

/* Declining balance over periods 1 ... `periods` that changes to straight line where that takes
 * more; life_left is counted from the first of them. A last part of a period counts in part. */
static double declining_then_straight(double cost, double salvage, double life, double life_left,
                                      double periods, double factor)
{
    double total = 0, left = cost - salvage, straight = 0;
    bool switched = false;
    int last = (int)pen_ceil(periods);
    for (int i = 1; i <= last; i++) {
        double taken = straight;
        if (!switched) {
            taken = declining(cost, salvage, life, i, factor);
            straight = left / (life_left - (i - 1));
            switched = straight > taken;
            if (switched)
                taken = straight;
            else
                left -= taken;
        }
        total += i == last ? taken * (periods + 1 - last) : taken;
    }
    return total;
}

/* Without a change to straight line: whole periods, the first and the last in part. */
static double declining_between(double cost, double salvage, double life, double start, double end,
                                double factor)
{
    double total = 0;
    int first = (int)pen_floor(start) + 1, last = (int)pen_ceil(end);
    for (int i = first; i <= last; i++) {
        double from = i == first ? start : i - 1.0, to = i == last ? end : i;
        total += declining(cost, salvage, life, i, factor) * (to - from);
    }
    return total;
}

/* What the periods 0 ... whole take, and the value left for those after. */
static double value_after(double cost, double salvage, double life, double whole, double factor)
{
    return cost - declining_then_straight(cost, salvage, life, life, whole, factor);
}

double pei_fn_VDB(const double *x, int n)
{
    double cost = x[0], salvage = x[1], life = x[2], start = x[3], end = x[4],
           factor = n > 5 ? x[5] : 2;
    bool keep = n > 6 && x[6] != 0;
    if (cost < 0 || salvage < 0 || !(life > 0 && life <= 1e5) ||
        !(start >= 0 && end >= start && end <= life) || !(factor > 0))
        return failed(PE_ERROR_NUM);
    if (salvage > cost) return 0;
    if (keep) return declining_between(cost, salvage, life, start, end, factor);
    double first = pen_floor(start), last = pen_ceil(end), outside = 0;
    if (start > first) { /* the part of the first period before start */
        double value = value_after(cost, salvage, life, first, factor);
        outside += (start - first) *
                   declining_then_straight(value, salvage, life, life - first, 1, factor);
    }
    if (end < last) { /* the part of the last period after end */
        double value = value_after(cost, salvage, life, last - 1, factor);
        outside += (last - end) *
                   declining_then_straight(value, salvage, life, life - last + 1, 1, factor);
    }
    double value = value_after(cost, salvage, life, first, factor);
    return declining_then_straight(value, salvage, life, life - first, last - first, factor) -
           outside;
}
