// x86-64 with AVX-512: a tile of 12 x 16 is long enough to hide the latency of the multiply-adds.
#if defined(__x86_64__)
#include "table.h"
#include "vectors.h"
#define NAME(name) name##_avx512
#define ROWS 12
#pragma clang attribute push(__attribute__((target("avx2,fma,avx512f,avx512dq,avx512bw,avx512vl"))), \
                             apply_to = function)
#include "kernels.inc"
#pragma clang attribute pop
#endif
