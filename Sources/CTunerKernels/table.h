#pragma once
#include "CTunerKernels.h"

extern const struct tuner_kernels tuner_kernels_baseline;
#if defined(__x86_64__)
extern const struct tuner_kernels tuner_kernels_avx2;
extern const struct tuner_kernels tuner_kernels_avx512;
#endif
