// x86-64 with AVX2 and fused multiply-add (2013 on): a tile of 4 x 16 is eight registers, which hides the
// latency of two multiply-add units.
#if defined(__x86_64__)
#include "table.h"
#include "vectors.h"
#define NAME(name) name##_avx2
#define ROWS 4
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "kernels.inc"
#pragma clang attribute pop
#endif
