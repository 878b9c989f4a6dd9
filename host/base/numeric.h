/* numeric.h: the project's own elementary functions, written once with IEEE operations and explicit fma, for the
 * host's scalar code, its vectorised loops and CUDA alike. Equal bits everywhere: compile with
 * -ffp-contract=off (nvcc --fmad=false), no fast-math. Selects instead of branches, no conversions between
 * 64-bit integers and doubles and no signed 64-bit shifts in pen_exp ... pen_norm_inv, so that gcc and clang vectorise
 * loops over them. Domain errors give a NaN, overflow an infinity; callers turn those into #NUM!.
 * The bound after each name is the largest error in ulp, held by tests/base/test_numeric against MPFR. */
#ifndef PE_NUMERIC_H
#define PE_NUMERIC_H

#include "numeric_core.h"    /* pen_fma, pen_select, bit casts, double-double helpers, pen_floor ..., pen_fmod, pen_sqrt */
#include "numeric_exp.h"     /* pen_exp 1, pen_expm1 1, pen_log 1, pen_log1p 1, pen_log2 1, pen_log10 1, pen_pow 1 (integral |n| <= 1024: 0.5) */
#include "numeric_trig.h"    /* pen_sin cos tan 1 (full range), asin acos atan atan2 1, sinh cosh tanh asinh acosh atanh 2 */
#include "numeric_erf.h"     /* pen_erf 1, pen_erfc 2, pen_norm_cdf 3, pen_norm_pdf 2, pen_norm_inv 3 (of the true value, whole of (0,1)) */
#include "numeric_special.h" /* pen_lgamma, pen_gamma, gamma_p, gamma_q, beta_inc, their inverses (tests state the relative bounds), digamma */

#endif
