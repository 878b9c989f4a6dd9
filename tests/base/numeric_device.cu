/* numeric_device.cu: the numeric bodies as device code: compiled to PTX where nvcc is found, so that they stay CUDA C++. */
#include "numeric.h"

__global__ void elementary(const double *x, double *y, int n)
{
    int i = (int)(blockIdx.x * blockDim.x + threadIdx.x);
    if (i >= n) return;
    double v = x[i];
    y[i] = pen_exp(v) + pen_log(v) + pen_pow(v, 0.3) + pen_sin(v) + pen_cos(v) + pen_tan(v) + pen_atan(v) + pen_erf(v) +
           pen_erfc(v) + pen_norm_cdf(v) + pen_norm_inv(v) + pen_expm1(v) + pen_log1p(v);
}

__global__ void special(const double *x, double *y, int n)
{
    int i = (int)(blockIdx.x * blockDim.x + threadIdx.x);
    if (i < n) y[i] = pen_lgamma(x[i]) + pen_gamma_p(2.5, x[i]) + pen_beta_inc(2.0, 3.0, x[i]);
}
