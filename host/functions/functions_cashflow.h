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

#define PEI_IRR_STEPS_MAX 60
#define PEI_IRR_STEP_DONE                                                                          \
    1e-9 /* relative step of w; convergence is quadratic, so the next one is below rounding */
#define PEI_IRR_LANES 16

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

/* The same for `lanes` lanes at once: flow t of lane l is flows[t][l]; out[l] is a NaN where it
 * does not converge. */
PE_INLINE void pei_irr_lanes(const double *const *flows, size_t count, const double *guess,
                             size_t lanes, double *out)
{
    for (size_t from = 0; from < lanes; from += PEI_IRR_LANES) {
        size_t width = lanes - from < PEI_IRR_LANES ? lanes - from : PEI_IRR_LANES;
        double w[PEI_IRR_LANES], a[PEI_IRR_LANES], d[PEI_IRR_LANES], rate[PEI_IRR_LANES];
        uint64_t open[PEI_IRR_LANES]; /* all ones until the lane has converged */
        for (size_t l = 0; l < PEI_IRR_LANES; l++) {
            w[l] = 1.0 / (1.0 + (l < width ? guess[from + l] : 0));
            rate[l] = PEN_NAN;
            open[l] = l < width ? ~0ull : 0;
        }
        for (int step = 0; step < PEI_IRR_STEPS_MAX; step++) {
            const double *last = flows[count - 1] + from;
            for (size_t l = 0; l < width; l++) {
                a[l] = last[l];
                d[l] = 0;
            }
            for (size_t t = count - 1; t-- > 0;) {
                const double *flow = flows[t] + from;
                if (width == PEI_IRR_LANES) {
                    for (size_t l = 0; l < PEI_IRR_LANES; l++) {
                        d[l] = d[l] * w[l] + a[l];
                        a[l] = a[l] * w[l] + flow[l];
                    }
                } else {
                    for (size_t l = 0; l < width; l++) {
                        d[l] = d[l] * w[l] + a[l];
                        a[l] = a[l] * w[l] + flow[l];
                    }
                }
            }
            uint64_t any = 0;
            for (size_t l = 0; l < width; l++) {
                double next = pei_irr_next(w[l], a[l], d[l], flows[0][from + l]);
                uint64_t more = pei_irr_done(w[l], next) ? 0 : ~0ull;
                double found = more ? PEN_NAN : 1.0 / next - 1.0;
                rate[l] = open[l] ? found : rate[l];
                open[l] &= more;
                w[l] = open[l] ? next : w[l];
                any |= open[l];
            }
            if (any == 0) break;
        }
        for (size_t l = 0; l < width; l++) out[from + l] = rate[l];
    }
}

#if !defined(__CUDACC__)
/* IRR of Excel: Newton's method, then a search for the change of sign nearest to the guess. A boxed
 * #NUM! where the flows do not have both signs, the guess is not above -1, or no rate is found
 * (pe_error_double). */
double pei_irr(const double *flows, size_t count, size_t stride, double guess);
#endif

#endif
