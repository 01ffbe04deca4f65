// Whatever the package is built for: SSE2 on x86-64, NEON on arm64.
#include "table.h"
#include "vectors.h"
#define NAME(name) name##_baseline
#define ROWS 2
#include "kernels.inc"
