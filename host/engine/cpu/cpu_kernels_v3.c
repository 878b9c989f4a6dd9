/* cpu_kernels_v3.c: the vector loops for x86-64-v3; the flags stand in CMakeLists.txt. */
#define PEI_ISA pei_isa_v3
#define PEI_ISA_NAME "x86-64-v3"
#include "cpu_kernels.inc"
