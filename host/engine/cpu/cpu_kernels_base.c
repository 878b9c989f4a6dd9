/* cpu_kernels_base.c: the vector loops for x86-64; the flags stand in CMakeLists.txt. */
#define PEI_ISA pei_isa_base
#define PEI_ISA_NAME "x86-64"
#include "cpu_kernels.inc"
