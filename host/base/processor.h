/* processor.h: which instruction sets the processor has, by features that gcc and clang both know
 * by name. Called once per plan, never in lane code. */
#ifndef PE_PROCESSOR_H
#define PE_PROCESSOR_H

#include <stdbool.h>

static inline bool pe_processor_v3(void) /* x86-64-v3 */
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
           __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
}

static inline bool pe_processor_v4(void) /* x86-64-v4 */
{
    return pe_processor_v3() && __builtin_cpu_supports("avx512f") &&
           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}

#endif
