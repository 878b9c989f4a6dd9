/* cpu_kernels_v4.c: the vector loops for x86-64-v4; the flags stand in CMakeLists.txt. */
#define PEI_ISA pei_isa_v4
#define PEI_ISA_NAME "x86-64-v4"
#include "cpu_kernels.inc"
