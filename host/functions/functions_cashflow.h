/* functions_cashflow.h: present value and internal rate of return over series of payments, as plain
 * arithmetic that the scalar bodies and the vectorised engines share: flow t of a lane is flows[t *
 * stride] (or flows[t][lane]). Equal bits in all forms: every lane does the same operations in the
 * same order and freezes at its own convergence.
 *
 * IRR works on w = 1 / (1 + rate), where the value is a polynomial: a Horner pass gives value and
 * slope. Where the first flow and the rest have opposite signs (an investment and its returns),
 * Newton's step is taken on the logarithm of the rest, by w * (2 + s) / (2 - s): it converges from
 * afar, which the plain step does not for many periods. */
#ifndef PE_FUNCTIONS_CASHFLOW_H
#define PE_FUNCTIONS_CASHFLOW_H

#include "numeric.h"
#include "value.h"

#define PEI_IRR_STEPS_MAX 60
#define PEI_IRR_STEP_DONE                                                                          \
    1e-9 /* relative step of w; convergence is quadratic, so the next one is below rounding */

/* Sum of flow t / (1 + rate)^(t + 1). */
PE_INLINE double pei_npv(double rate, const double *flows, size_t count, size_t stride)
{
    double w = 1.0 / (1.0 + rate), sum = 0;
    for (size_t t = count; t-- > 0;) sum = (sum + flows[t * stride]) * w;
    return sum;
}

/* One step from w, given value a and slope d of the polynomial there and its first flow: selects
 * only. */
PE_INLINE double pei_irr_next(double w, double a, double d, double first)
{
    double rest = a - first;
    double s = -2.0 * a * rest / ((rest - first) * (w * d));
    s = s > 1.0 ? 1.0 : s;
    s = s < -1.0 ? -1.0 : s;
    double logarithmic = w * ((2.0 + s) / (2.0 - s));
    double plain = w - a / d;
    plain = plain > w * 1.5 ? w * 1.5 : plain;
    plain = plain < w * 0.5 ? w * 0.5 : plain;
    return first * rest < 0 ? logarithmic : plain;
}

/* Whether the step from w to next is the last one; also where it has led to no number. */
PE_INLINE bool pei_irr_done(double w, double next)
{
    return !(pen_abs(next - w) > PEI_IRR_STEP_DONE * w);
}

/* The rate by Newton's method from `guess` (> -1): a NaN where it does not converge; then see
 * pei_irr. count >= 2. */
PE_INLINE double pei_irr_newton(const double *flows, size_t count, size_t stride, double guess)
{
    double w = 1.0 / (1.0 + guess);
    for (int step = 0; step < PEI_IRR_STEPS_MAX; step++) {
        double a = flows[(count - 1) * stride], d = 0;
        for (size_t t = count - 1; t-- > 0;) {
            d = d * w + a;
            a = a * w + flows[t * stride];
        }
        double next = pei_irr_next(w, a, d, flows[0]);
        if (pei_irr_done(w, next)) return 1.0 / next - 1.0;
        w = next;
    }
    return PEN_NAN;
}

#if !defined(__CUDACC__)
/* A vector of the processor: four of them, with their values and slopes, fit into its registers. */
#if defined(__AVX512F__)
#define PEI_IRR_VECTOR 8
#elif defined(__AVX__)
#define PEI_IRR_VECTOR 4
#else
#define PEI_IRR_VECTOR 2
#endif
#define PEI_IRR_LANES (4 * PEI_IRR_VECTOR)
typedef double pei_irr_vector __attribute__((vector_size(8 * PEI_IRR_VECTOR)));

static inline pei_irr_vector pei_irr_load(const double *from)
{
    pei_irr_vector v;
    memcpy(&v, from, sizeof v);
    return v;
}

/* Values and slopes of PEI_IRR_LANES polynomials, of the lanes from `from` on. The variables have
 * names because compilers keep arrays of vectors in memory. */
static inline void pei_irr_horner(const double *const *flows, size_t count, size_t from,
                                  const double *w, double *a, double *d)
{
    enum { N = PEI_IRR_VECTOR };
    const double *flow = flows[count - 1] + from;
    pei_irr_vector w0 = pei_irr_load(w), w1 = pei_irr_load(w + N);
    pei_irr_vector w2 = pei_irr_load(w + 2 * N), w3 = pei_irr_load(w + 3 * N);
    pei_irr_vector a0 = pei_irr_load(flow), a1 = pei_irr_load(flow + N);
    pei_irr_vector a2 = pei_irr_load(flow + 2 * N), a3 = pei_irr_load(flow + 3 * N);
    pei_irr_vector d0 = w0 - w0, d1 = d0, d2 = d0, d3 = d0;
    for (size_t t = count - 1; t-- > 0;) {
        flow = flows[t] + from;
        d0 = d0 * w0 + a0;
        d1 = d1 * w1 + a1;
        d2 = d2 * w2 + a2;
        d3 = d3 * w3 + a3;
        a0 = a0 * w0 + pei_irr_load(flow);
        a1 = a1 * w1 + pei_irr_load(flow + N);
        a2 = a2 * w2 + pei_irr_load(flow + 2 * N);
        a3 = a3 * w3 + pei_irr_load(flow + 3 * N);
    }
    memcpy(a, &a0, sizeof a0);
    memcpy(a + N, &a1, sizeof a1);
    memcpy(a + 2 * N, &a2, sizeof a2);
    memcpy(a + 3 * N, &a3, sizeof a3);
    memcpy(d, &d0, sizeof d0);
    memcpy(d + N, &d1, sizeof d1);
    memcpy(d + 2 * N, &d2, sizeof d2);
    memcpy(d + 3 * N, &d3, sizeof d3);
}

/* One step of the lanes that are still open (all ones); rate takes those that arrive. False: none
 * is left open. */
static inline bool pei_irr_advance(const double *first, const double *a, const double *d, double *w,
                                   uint64_t *open, double *rate)
{
    uint64_t any = 0;
    for (size_t l = 0; l < PEI_IRR_LANES; l++) {
        double next = pei_irr_next(w[l], a[l], d[l], first[l]);
        uint64_t more = pei_irr_done(w[l], next) ? 0 : ~0ull;
        double found = more ? PEN_NAN : 1.0 / next - 1.0;
        rate[l] = open[l] ? found : rate[l];
        open[l] &= more;
        w[l] = open[l] ? next : w[l];
        any |= open[l];
    }
    return any != 0;
}

/* pei_irr_newton where the flows of a lane lie in as many rows. */
static inline double pei_irr_of_rows(const double *const *flows, size_t count, size_t lane,
                                     double guess)
{
    double w = 1.0 / (1.0 + guess);
    for (int step = 0; step < PEI_IRR_STEPS_MAX; step++) {
        double a = flows[count - 1][lane], d = 0;
        for (size_t t = count - 1; t-- > 0;) {
            d = d * w + a;
            a = a * w + flows[t][lane];
        }
        double next = pei_irr_next(w, a, d, flows[0][lane]);
        if (pei_irr_done(w, next)) return 1.0 / next - 1.0;
        w = next;
    }
    return PEN_NAN;
}

/* pei_irr_newton for `lanes` lanes at once: flow t of lane l is flows[t][l]; out[l] is a NaN where
 * it does not converge. */
static inline void pei_irr_lanes(const double *const *flows, size_t count, const double *guess,
                                 size_t lanes, double *out)
{
    size_t whole = lanes - lanes % PEI_IRR_LANES;
    for (size_t from = 0; from < whole; from += PEI_IRR_LANES) {
        double w[PEI_IRR_LANES], a[PEI_IRR_LANES], d[PEI_IRR_LANES], rate[PEI_IRR_LANES];
        uint64_t open[PEI_IRR_LANES];
        for (size_t l = 0; l < PEI_IRR_LANES; l++) {
            w[l] = 1.0 / (1.0 + guess[from + l]);
            rate[l] = PEN_NAN;
            open[l] = ~0ull;
        }
        for (int step = 0; step < PEI_IRR_STEPS_MAX; step++) {
            pei_irr_horner(flows, count, from, w, a, d);
            if (!pei_irr_advance(flows[0] + from, a, d, w, open, rate)) break;
        }
        memcpy(out + from, rate, sizeof rate);
    }
    for (size_t l = whole; l < lanes; l++) out[l] = pei_irr_of_rows(flows, count, l, guess[l]);
}

/* ---- where Newton's method does not converge ---------------------------------------------------
 */

PE_INLINE double pei_irr_value(const double *flows, size_t count, size_t stride, double w)
{
    double a = flows[(count - 1) * stride];
    for (size_t t = count - 1; t-- > 0;) a = a * w + flows[t * stride];
    return a;
}

/* Halves [low, high] of w, whose ends differ in sign, to a rate. */
PE_INLINE double pei_irr_bisect(const double *flows, size_t count, size_t stride, double low,
                                double high)
{
    bool low_negative = pei_irr_value(flows, count, stride, low) < 0;
    for (int i = 0; i < 200 && high - low > 1e-16 * high; i++) {
        double middle = 0.5 * (low + high);
        if ((pei_irr_value(flows, count, stride, middle) < 0) == low_negative)
            low = middle;
        else
            high = middle;
    }
    return 2.0 / (low + high) - 1.0;
}

/* pei_irr_value for PEI_IRR_SEARCH_WIDTH points at a time: one pass over the flows serves them all.
 */
#define PEI_IRR_SEARCH_WIDTH 16
#define PEI_IRR_SEARCH_STEPS 608 /* in each direction: w by 1e-8 and 6e7 */
PE_INLINE void pei_irr_values(const double *flows, size_t count, size_t stride, const double *w,
                              double *value)
{
    double a[PEI_IRR_SEARCH_WIDTH];
    for (int i = 0; i < PEI_IRR_SEARCH_WIDTH; i++) a[i] = flows[(count - 1) * stride];
    for (size_t t = count - 1; t-- > 0;)
        for (int i = 0; i < PEI_IRR_SEARCH_WIDTH; i++) a[i] = a[i] * w[i] + flows[t * stride];
    for (int i = 0; i < PEI_IRR_SEARCH_WIDTH; i++) value[i] = a[i];
}

/* Whether the flow of lowest power outweighs all others at w, and so below it: no sign changes
 * there. */
PE_INLINE bool pei_irr_settled_below(const double *flows, size_t count, size_t stride, double w)
{
    size_t first = 0;
    while (first + 1 < count && flows[first * stride] == 0) first++;
    double sum = 0;
    for (size_t t = count; t-- > first + 1;) sum = (sum + pen_abs(flows[t * stride])) * w;
    return sum * 2.0 < pen_abs(flows[first * stride]);
}
/* The same for the highest power, above w. */
PE_INLINE bool pei_irr_settled_above(const double *flows, size_t count, size_t stride, double w)
{
    size_t last = count - 1;
    while (last > 0 && flows[last * stride] == 0) last--;
    double sum = 0, v = 1.0 / w;
    for (size_t t = 0; t < last; t++) sum = (sum + pen_abs(flows[t * stride])) * v;
    return sum * 2.0 < pen_abs(flows[last * stride]);
}

/* Steps outwards from the guess in both directions, w by some percent each, to the nearest change
 * of sign, or to where there can be none. */
PE_INLINE double pei_irr_search(const double *flows, size_t count, size_t stride, double guess)
{
    enum { N = PEI_IRR_SEARCH_WIDTH };
    double start = 1.0 / (1.0 + guess), below = start, above = start;
    bool negative = pei_irr_value(flows, count, stride, start) < 0;
    bool low_open = true, high_open = true;
    for (int step = 0; step < PEI_IRR_SEARCH_STEPS && (low_open || high_open); step += N) {
        double lower[N], upper[N], at_lower[N], at_upper[N];
        for (int i = 0; i < N; i++) {
            lower[i] = (i > 0 ? lower[i - 1] : below) * 0.97;
            upper[i] = (i > 0 ? upper[i - 1] : above) * 1.03;
        }
        if (low_open) pei_irr_values(flows, count, stride, lower, at_lower);
        if (high_open) pei_irr_values(flows, count, stride, upper, at_upper);
        for (int i = 0; i < N; i++) {
            if (low_open && (at_lower[i] < 0) != negative)
                return pei_irr_bisect(flows, count, stride, lower[i], i > 0 ? lower[i - 1] : below);
            if (high_open && (at_upper[i] < 0) != negative && pen_is_finite(at_upper[i]))
                return pei_irr_bisect(flows, count, stride, i > 0 ? upper[i - 1] : above, upper[i]);
        }
        below = lower[N - 1];
        above = upper[N - 1];
        low_open = low_open && !pei_irr_settled_below(flows, count, stride, below);
        high_open = high_open && !pei_irr_settled_above(flows, count, stride, above);
    }
    return pe_error_double(PE_ERROR_NUM);
}

/* Flows of both signs and a guess above -1: otherwise IRR is #NUM!. */
PE_INLINE bool pei_irr_possible(const double *flows, size_t count, size_t stride, double guess)
{
    bool positive = false, negative = false;
    for (size_t t = 0; t < count; t++) {
        positive |= flows[t * stride] > 0;
        negative |= flows[t * stride] < 0;
    }
    return positive && negative && guess > -1;
}

/* IRR of Excel: Newton's method, then a search for the change of sign nearest to the guess. A boxed
 * #NUM! where the flows do not have both signs, the guess is not above -1, or no rate is found
 * (pe_error_double). */
double pei_irr(const double *flows, size_t count, size_t stride, double guess);
#endif

#endif
