/* numeric_erf.h: error function and normal distribution. Invariant: no branches, so that loops
 * vectorise. Tails are e^(-x^2) erfcx(x), with erfcx(x) (1 + 2x) a polynomial of (x - 4) / (x + 4)
 * and the exponent in double-double. */
#ifndef PE_NUMERIC_ERF_H
#define PE_NUMERIC_ERF_H

#include "numeric_exp.h"

/* e^(-square) erfcx(x) 2^k_extra for x >= 0.45, given t = (x - 4) / (x + 4) and d = 1 + 2x. */
PE_INLINE double pen_erfc_tail(pen_dd square, double t, pen_dd d, double k_extra)
{
    double p = 2.6046428370106442e-11;
    p = pen_fma(p, t, 3.208932488793927e-09);
    p = pen_fma(p, t, -9.412466593250411e-09);
    p = pen_fma(p, t, -2.2680974199812877e-08);
    p = pen_fma(p, t, 1.024143357156158e-07);
    p = pen_fma(p, t, 8.182692799511284e-08);
    p = pen_fma(p, t, -8.183797410139869e-07);
    p = pen_fma(p, t, 2.8764020819499033e-07);
    p = pen_fma(p, t, 5.705666216053084e-06);
    p = pen_fma(p, t, -1.1218732856276364e-05);
    p = pen_fma(p, t, -2.4397685178156264e-05);
    p = pen_fma(p, t, 0.00015062054077845123);
    p = pen_fma(p, t, -0.00019925707193968773);
    p = pen_fma(p, t, -0.0007577730366934494);
    p = pen_fma(p, t, 0.005031970037934385);
    p = pen_fma(p, t, -0.016197734092827053);
    p = pen_fma(p, t, 0.037167515531626);
    p = pen_fma(p, t, -0.06633036580936001);
    p = pen_fma(p, t, 0.09373283499867169);
    p = pen_fma(p, t, -0.10103906603642447);
    p = pen_fma(p, t, 0.06809705425468433);
    p = pen_fma(p, t, 0.015379652102621719);
    p = pen_fma(p, t, -0.13962111684056244);
    pen_dd v = pen_fast_two_sum(1.2329951186255526, t * p);
    v.lo -= 5.090063158122477e-17;
    double k;
    pen_dd e = pen_exp_parts(-square.hi, -square.lo, &k);
    pen_dd n = pen_two_prod(e.hi, v.hi);
    n.lo = pen_fma(e.hi, v.lo, pen_fma(e.lo, v.hi, n.lo));
    double r = 1.0 / d.hi, q = n.hi * r;
    double rest = pen_fma(-q, d.lo, pen_fma(-q, d.hi, n.hi) + n.lo);
    return pen_scale(pen_fma(rest, r, q), k + k_extra);
}
/* erfc(x) for x >= 0.45. */
PE_INLINE double pen_erfc_large(double x)
{
    x = x > 28.0 ? 28.0 : x;
    pen_dd d = pen_fast_two_sum(2.0 * x, 1.0);
    d.lo = x > 0.5 ? d.lo : (1.0 - d.hi) + 2.0 * x;
    return pen_erfc_tail(pen_two_prod(x, x), (x - 4.0) / (x + 4.0), d, 0.0);
}
/* erf(x) for |x| <= 1. */
PE_INLINE double pen_erf_small(double x)
{
    double w = x * x, p = 5.957176147748911e-11;
    p = pen_fma(p, w, -1.1372848856791674e-09);
    p = pen_fma(p, w, 1.4659775274047436e-08);
    p = pen_fma(p, w, -1.6350312701054695e-07);
    p = pen_fma(p, w, 1.6461000484121368e-06);
    p = pen_fma(p, w, -1.4925595266831182e-05);
    p = pen_fma(p, w, 0.0001205533111164271);
    p = pen_fma(p, w, -0.000854832698083379);
    p = pen_fma(p, w, 0.0052239776248180145);
    p = pen_fma(p, w, -0.026866170645076792);
    p = pen_fma(p, w, 0.11283791670954879);
    p = pen_fma(p, w, -0.3761263890318375);
    p = pen_fma(p, w, 0.1283791670955126);
    return pen_fma(x, p, x);
}
PE_INLINE double pen_erf(double x)
{
    double size = pen_abs(x);
    double tail = 1.0 - pen_erfc_large(size < 0.85 ? 0.85 : size);
    return size < 0.85 ? pen_erf_small(x) : pen_copysign(tail, x);
}
PE_INLINE double pen_erfc(double x)
{
    double size = pen_abs(x);
    double tail = pen_erfc_large(size < 0.5 ? 0.5 : size);
    double far = x < 0 ? 2.0 - tail : tail;
    return x > -1.0 && x < 0.5 ? 1.0 - pen_erf_small(x) : far;
}

/* ---- the standard normal distribution ---------------------------------------------------- */

PE_INLINE double pen_norm_pdf(double z)
{
    double c = pen_abs(z);
    c = c > 40.0 ? 40.0 : c;
    pen_dd w = pen_two_prod(c, c);
    double k;
    pen_dd e = pen_exp_parts(-0.5 * w.hi, -0.5 * w.lo, &k);
    double low = pen_fma(e.hi, -2.49232720227773e-17, e.lo * 0.3989422804014327);
    return pen_scale(pen_fma(e.hi, 0.3989422804014327, low), k);
}
PE_INLINE double pen_norm_cdf(double z)
{
    double size = pen_abs(z);
    /* the middle: 1/2 + z p(z^2) */
    double w = z * z, p = 5.142040589350598e-15;
    p = pen_fma(p, w, -1.9633346064568034e-13);
    p = pen_fma(p, w, 5.0615363803465915e-12);
    p = pen_fma(p, w, -1.1290446274840148e-10);
    p = pen_fma(p, w, 2.27337598973384e-09);
    p = pen_fma(p, w, -4.122652197821158e-08);
    p = pen_fma(p, w, 6.659692483196657e-07);
    p = pen_fma(p, w, -9.444656212417968e-06);
    p = pen_fma(p, w, 0.00011543468760236287);
    p = pen_fma(p, w, -0.0011873282154780476);
    p = pen_fma(p, w, 0.009973557010035598);
    p = pen_fma(p, w, -0.06649038006690544);
    p = pen_fma(p, w, 0.3989422804014327);
    double middle = pen_fma(z, p, 0.5);
    /* the tails: erfc(|z| / sqrt(2)) / 2 */
    double c = size < 0.65 ? 0.65 : size;
    c = c > 39.0 ? 39.0 : c;
    pen_dd square = pen_two_prod(c, c), d = pen_two_prod(c, 1.4142135623730951);
    d.lo = pen_fma(c, -9.667293313452913e-17, d.lo);
    pen_dd sum = pen_two_sum(1.0, d.hi);
    sum.lo += d.lo;
    double t = (c - 5.656854249492381) / (c + 5.656854249492381);
    double tail = pen_erfc_tail(pen_dd_of(0.5 * square.hi, 0.5 * square.lo), t, sum, -1.0);
    double far = z < 0 ? tail : 1.0 - tail;
    return (z > -0.65 && z < 1.0) || z != z ? middle : far;
}
/* z with norm_cdf(z) = p, by a rational function r(v) for each of five regions. In the middle, with
 * q = p - 1/2:
 *   |q| <= 0.36    z = q (sqrt(2 pi) + q^2 r), v = 0.1296 - q^2
 *   |q| <= 0.425   z = q r, v = 0.425^2 - q^2 */
PE_INLINE double pen_norm_inv_middle(double p)
{
    pen_dd q = pen_two_sum(p, -0.5);
    double square = q.hi * q.hi;
    bool centre = pen_abs(q.hi) <= 0.36;
    double v = (centre ? 0.1296 : 0.180625) - square;
#define PEN_ROW(c, m) (centre ? (c) : (m))
    double a = PEN_ROW(0.0, 21686.5655246859);
    a = pen_fma(a, v, PEN_ROW(15.864454981972361, 108567.21141391326));
    a = pen_fma(a, v, PEN_ROW(1012.6809981644362, 141386.87016733713));
    a = pen_fma(a, v, PEN_ROW(2448.8027820827765, 74148.36520620814));
    a = pen_fma(a, v, PEN_ROW(1833.7854164687133, 18542.34948302176));
    a = pen_fma(a, v, PEN_ROW(571.157115816951, 2340.5477062795135));
    a = pen_fma(a, v, PEN_ROW(77.69168618473616, 143.49092133777546));
    a = pen_fma(a, v, PEN_ROW(3.813725178922238, 3.387132872796367));
    double b = PEN_ROW(0.0, 1236.5381010507294);
    b = pen_fma(b, v, PEN_ROW(0.0, 27276.696084855674));
    b = pen_fma(b, v, PEN_ROW(549.5189260160689, 78606.05265101948));
    b = pen_fma(b, v, PEN_ROW(1935.925864546534, 75918.83238051165));
    b = pen_fma(b, v, PEN_ROW(2100.3789762299352, 32710.823044129123));
    b = pen_fma(b, v, PEN_ROW(988.083727211833, 7102.027451793956));
    b = pen_fma(b, v, PEN_ROW(224.76600831695382, 805.2983835515724));
    b = pen_fma(b, v, PEN_ROW(24.301200599589027, 45.368792011994685));
    b = pen_fma(b, v, 1.0);
#undef PEN_ROW
    double r = a / b;
    double z = q.hi * (centre ? pen_fma(square, r, 2.5066282746310007) : r);
    /* the bits that p - 1/2 lost, times dz/dp */
    double y = 0.5 * z * z, slope = 2.5066282746310002 * (1.0 + y * (1.0 + y * (0.5 + y * 0.17)));
    return pen_fma(q.lo, slope, z);
}
/* In the tails, with w = sqrt(-2 log p) for p < 1/2 and its mirror image above:
 *   w <= 6.5       z = r - w, v = w - 2.275...
 *   w <= 14        z = w r - w, v = w - 6.5
 *   w > 14         z = w r - w, v = w - 14 */
PE_INLINE double pen_norm_inv_tail(double p)
{
    double w = pen_sqrt(-2.0 * pen_log(p < 0.5 ? p : 1.0 - p));
    bool far = w > 6.5, extreme = w > 14.0;
#define PEN_ROW(t, f, e) (far ? (extreme ? (e) : (f)) : (t))
    double v = w - PEN_ROW(2.2754932301424446, 6.5, 14.0);
    double a = PEN_ROW(6.409465890748331e-09, 0.0, 0.0);
    a = pen_fma(a, v,
                PEN_ROW(8.247696328769225e-06, -1.9697082854303456e-12, -1.746146903148285e-15));
    a = pen_fma(a, v, PEN_ROW(0.0005393194964863015, 8.601197202146997e-10, 1.963017526704004e-12));
    a = pen_fma(a, v, PEN_ROW(0.011027582906235326, 1.0387608851834877e-06, 6.851270012522247e-09));
    a = pen_fma(a, v, PEN_ROW(0.10013732510771801, 8.373719130162205e-05, 1.4238126840200212e-06));
    a = pen_fma(a, v, PEN_ROW(0.45340294432274697, 0.002125593810143632, 9.181250395502564e-05));
    a = pen_fma(a, v, PEN_ROW(0.994659222837328, 0.020675224714157853, 0.002248434878041515));
    a = pen_fma(a, v, PEN_ROW(0.8366678373899045, 0.06727258418544109, 0.01825228817239604));
    double b = PEN_ROW(1.3058484013261187e-06, 0.0, 0.0);
    b = pen_fma(b, v,
                PEN_ROW(0.00011779426263505688, 1.6180107909184148e-07, 9.334432445473164e-10));
    b = pen_fma(b, v,
                PEN_ROW(0.0031737693037135473, 1.9036672462872637e-05, 2.6973514715299004e-07));
    b = pen_fma(b, v, PEN_ROW(0.03829373115203002, 0.0007505519831260238, 2.5617137178581647e-05));
    b = pen_fma(b, v, PEN_ROW(0.24116104693086823, 0.013607590512973135, 0.0011008410952422362));
    b = pen_fma(b, v, PEN_ROW(0.8225967318983392, 0.12481409405199255, 0.02360688441377849));
    b = pen_fma(b, v, PEN_ROW(1.4350500140676004, 0.5642365319850416, 0.24659732115393318));
    b = pen_fma(b, v, 1.0);
#undef PEN_ROW
    double z = pen_fma(far ? w : 1.0, a / b, -w);
    return p < 0.5 ? z : -z;
}
PE_INLINE bool pen_norm_inv_is_middle(double p)
{
    return pen_abs(p - 0.5) <= 0.425;
}
PE_INLINE double pen_norm_inv(double p)
{
    bool middle = pen_norm_inv_is_middle(p), inside = p > 0 && p < 1.0;
    double m = pen_norm_inv_middle(middle ? p : 0.5);
    double t = pen_norm_inv_tail(middle || !inside ? 0.05 : p);
    double z = middle ? m : t;
    z = p == 0 ? -PEN_INF : z;
    z = p == 1.0 ? PEN_INF : z;
    return p >= 0 && p <= 1.0 ? z : PEN_NAN;
}
#define PEN_NORM_PART 128 /* lanes at a time */
/* z[i] = pen_norm_inv(p[i]), the same bits, faster: the tails (15% of uniform p) are collected and
 * done together. z may be p. */
PE_INLINE void pen_norm_inv_many(const double *p, double *z, uint64_t count)
{
    for (uint64_t first = 0; first < count; first += PEN_NORM_PART) {
        int width = count - first < PEN_NORM_PART ? (int)(count - first) : PEN_NORM_PART;
        const double *in = p + first;
        double out[PEN_NORM_PART], tails[PEN_NORM_PART];
        int at[PEN_NORM_PART], tail_count = 0;
        for (int i = 0; i < width; i++) {
            at[tail_count] = i;
            tail_count += !pen_norm_inv_is_middle(in[i]);
        }
        for (int i = 0; i < tail_count; i++) tails[i] = in[at[i]];
        for (int i = 0; i < width; i++)
            out[i] = pen_norm_inv_middle(pen_norm_inv_is_middle(in[i]) ? in[i] : 0.5);
        for (int i = 0; i < tail_count; i++) {
            double t = tails[i];
            bool inside = t > 0 && t < 1.0;
            double y = pen_norm_inv_tail(inside ? t : 0.05);
            y = t == 0 ? -PEN_INF : t == 1.0 ? PEN_INF : y;
            tails[i] = t >= 0 && t <= 1.0 ? y : PEN_NAN;
        }
        for (int i = 0; i < tail_count; i++) out[at[i]] = tails[i];
        for (int i = 0; i < width; i++) z[first + (unsigned)i] = out[i];
    }
}

#endif
