#pragma once
// Single-precision loops of the engine, compiled for several instruction sets and chosen when they are called.
//
// Swift packages are built for the oldest x86-64, which has neither fused multiply-adds nor vectors of eight floats;
// a package cannot ask for more, but a C function can. Every loop here has a naive twin in Swift, which tests compare
// it with. All matrices are row-major. No function allocates, and the order of every sum depends on sizes only.
#include <stddef.h>
#include <stdint.h>

/// Coefficients of one Adam step; see `tuner_adam_step`.
struct tuner_adam {
    float coupled_decay, keep1, take1, keep2, take2, rate, inverse_correction2, epsilon, shrink;
};

/// d = g + coupled_decay x;  m = keep1 m + take1 d;  v = keep2 v + take2 d^2;
/// x = shrink x - rate m / (sqrt(v inverse_correction2) + epsilon), in one pass.
void tuner_adam_step(float *x, float *m, float *v, const float *g, size_t count, const struct tuner_adam *c);

/// h += bias; y = gelu(h) in its tanh form; h is left as the derivative. Shapes: h, y (rows, columns); bias (columns).
void tuner_gelu_forward(float *h, const float *bias, float *y, size_t rows, size_t columns);

/// d *= slope, and d_bias += column sums of the new d. Shapes: (rows, columns), d_bias (columns).
void tuner_gelu_backward(const float *slope, float *d, float *d_bias, size_t rows, size_t columns);

/// sums += column sums of y (rows, columns).
void tuner_add_column_sums(const float *y, float *sums, size_t rows, size_t columns);

/// y = gain (x - mean) inverse + bias for each row; mean and inverse deviation of each row are kept.
void tuner_norm_forward(const float *x, const float *gain, const float *bias, float *y, float *mean, float *inverse,
                        size_t rows, size_t columns, float epsilon);

/// Adds to dx, d_gain and d_bias.
void tuner_norm_backward(const float *x, const float *gain, const float *mean, const float *inverse, const float *dy,
                         float *dx, float *d_gain, float *d_bias, size_t rows, size_t columns);

/// row <- exp(row - max) / sum; returns max + ln sum.
float tuner_softmax(float *row, size_t count);

/// Logistic loss of z against the probability t of the positive class; z <- scale (1 / (1 + exp -z) - t).
/// Returns the summed loss. A z beyond +-80 counts as 80 in the logarithm's small term.
double tuner_logistic(float *z, const float *t, size_t count, float scale);

/// Sizes of one attention call: `head_width` is a multiple of 16.
struct tuner_attention {
    size_t sequences, length, heads, head_width;
};

/// Row stride of the probabilities and of both scratch matrices: the length, rounded up to 16.
size_t tuner_attention_stride(size_t length);

/// Causal attention. Shapes, with C = heads * head_width and S the stride: qkv (sequences, length, 3C), probabilities
/// (sequences, heads, length, S), out (sequences, length, C), scratch (head_width, S). Blocks above the diagonal are
/// neither computed nor written.
void tuner_attention_forward(const float *qkv, float *probabilities, float *out, float *scratch,
                             const struct tuner_attention *shape);

/// Overwrites dqkv. `scratch` holds (head_width + length) * S.
void tuner_attention_backward(const float *qkv, const float *probabilities, const float *dout, float *dqkv,
                              float *scratch, const struct tuner_attention *shape);

/// The loops above for one instruction set, in the same order.
struct tuner_kernels {
    void (*adam_step)(float *, float *, float *, const float *, size_t, const struct tuner_adam *);
    void (*gelu_forward)(float *, const float *, float *, size_t, size_t);
    void (*gelu_backward)(const float *, float *, float *, size_t, size_t);
    void (*add_column_sums)(const float *, float *, size_t, size_t);
    void (*norm_forward)(const float *, const float *, const float *, float *, float *, float *, size_t, size_t, float);
    void (*norm_backward)(const float *, const float *, const float *, const float *, const float *, float *, float *,
                          float *, size_t, size_t);
    float (*softmax)(float *, size_t);
    double (*logistic)(float *, const float *, size_t, float);
    void (*attention_forward)(const float *, float *, float *, float *, const struct tuner_attention *);
    void (*attention_backward)(const float *, const float *, const float *, float *, float *,
                               const struct tuner_attention *);
};

/// The loops for 0: whatever the package is built for, 1: AVX2 with fused multiply-add, 2: AVX-512; null where the
/// processor does not have it. The functions above use the last one that is there; tests call them all.
const struct tuner_kernels *tuner_kernels_at(int level);
