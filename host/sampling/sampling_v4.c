/* sampling_v4.c: the lane loops for one instruction set; the flags stand in CMakeLists.txt. */
#define PEI_SAMPLING_ISA pei_sampling_v4
#include "sampling_lanes.inc"
