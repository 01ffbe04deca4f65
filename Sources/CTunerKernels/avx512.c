// x86-64 with AVX-512: a tile of 8 x 16 hides the latency of two multiply-add units.
#if defined(__x86_64__)
#include "table.h"
#include "vectors.h"
#define NAME(name) name##_avx512
#define ROWS 8
#pragma clang attribute push(__attribute__((target("avx2,fma,avx512f,avx512dq,avx512bw,avx512vl"))), \
                             apply_to = function)
#include "kernels.inc"
#pragma clang attribute pop
#endif
