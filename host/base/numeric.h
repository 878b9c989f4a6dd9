/* numeric.h: the project's own elementary functions, written once with IEEE operations and explicit
 * fma, for the host's scalar code, its vectorised loops and CUDA alike. Equal bits everywhere:
 * compile with -ffp-contract=off (nvcc --fmad=false), no fast-math. Selects instead of branches, no
 * conversions between 64-bit integers and doubles and no signed 64-bit shifts in pen_exp ...
 * pen_norm_inv, so that gcc and clang vectorise loops over them. Domain errors give a NaN, overflow
 * an infinity; callers turn those into #NUM!. The bound after each name is the largest error in
 * ulp, held by tests/base/test_numeric against MPFR. */
#ifndef PE_NUMERIC_H
#define PE_NUMERIC_H

/* fma, bit casts, floor ceil trunc rint round, fmod, ldexp, frexp, hypot, sqrt; double-double */
#include "numeric_core.h"
/* exp 1, exp2 1, expm1 1, log 1, log1p 1, log2 1, log10 1, cbrt 1; pow 1 (integral |n| <= 1024:
 * 0.5, or 0.75 where the result is subnormal) */
#include "numeric_exp.h"
/* sin cos tan 1 (full range), asin acos atan atan2 1, sinh cosh tanh asinh acosh atanh 2 */
#include "numeric_trig.h"
/* erf 1, erfc 2, norm_cdf 3, norm_pdf 2, norm_inv 3 (of the true value, whole of (0,1)) */
#include "numeric_erf.h"
/* lgamma, gamma, digamma, lbeta, gamma_p, gamma_q, beta_inc and their inverses: 1e-13 relative for
 * parameters up to 1e4 */
#include "numeric_special.h"

#endif
