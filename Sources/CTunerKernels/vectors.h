#pragma once
// Sixteen floats at once, whatever the instruction set: the compiler splits them where its registers are narrower.
#include <string.h>

#include "CTunerKernels.h"

typedef float v16 __attribute__((ext_vector_type(16)));
typedef int32_t i16 __attribute__((ext_vector_type(16)));
typedef v16 __attribute__((aligned(4))) u16;  // the same at any address

#define INLINE static inline __attribute__((always_inline))

// Vectors are passed to functions that are always inlined, so their calling convention does not matter.
#pragma clang diagnostic ignored "-Wpsabi"
#pragma clang fp contract(fast)

#define LOAD(p) (*(const u16 *)(p))
#define STORE(p, value) (*(u16 *)(p) = (value))
#define ALL(value) ((v16)(value))
#define INDEX ((i16){0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15})

// `count` floats (at most 16) followed by zeros; used on the rest of a row.
#define LOAD_PART(value, p, count)                       \
    float value##_part[16] = {0};                        \
    memcpy(value##_part, (p), (count) * sizeof(float));  \
    v16 value = LOAD(value##_part)
#define STORE_PART(p, value, count)                      \
    do {                                                 \
        float stored_part[16];                           \
        STORE(stored_part, value);                       \
        memcpy((p), stored_part, (count) * sizeof(float)); \
    } while (0)
