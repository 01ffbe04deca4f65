// x86-64 with AVX2 and fused multiply-add (2013 on): twelve of sixteen registers hold a tile of 6 x 16.
#if defined(__x86_64__)
#include "table.h"
#include "vectors.h"
#define NAME(name) name##_avx2
#define ROWS 6
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "kernels.inc"
#pragma clang attribute pop
#endif
