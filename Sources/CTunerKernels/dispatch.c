// Chooses the loops by what the processor has. The answer never changes within a machine, so neither do the bits.
#include "table.h"

const struct tuner_kernels *tuner_kernels_at(int level) {
#if defined(__x86_64__)
    if (level == 2)
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                       __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")
                   ? &tuner_kernels_avx512
                   : NULL;
    if (level == 1)
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &tuner_kernels_avx2 : NULL;
#endif
    return level == 0 ? &tuner_kernels_baseline : NULL;
}

static const struct tuner_kernels *kernels(void) {
    const struct tuner_kernels *best = tuner_kernels_at(2);
    if (!best) best = tuner_kernels_at(1);
    return best ? best : tuner_kernels_at(0);
}

void tuner_adam_step(float *x, float *m, float *v, const float *g, size_t count, const struct tuner_adam *c) {
    kernels()->adam_step(x, m, v, g, count, c);
}

void tuner_gelu_forward(float *h, const float *bias, float *y, size_t rows, size_t columns) {
    kernels()->gelu_forward(h, bias, y, rows, columns);
}

void tuner_gelu_backward(const float *slope, float *d, float *d_bias, size_t rows, size_t columns) {
    kernels()->gelu_backward(slope, d, d_bias, rows, columns);
}

void tuner_add_column_sums(const float *y, float *sums, size_t rows, size_t columns) {
    kernels()->add_column_sums(y, sums, rows, columns);
}

void tuner_norm_forward(const float *x, const float *gain, const float *bias, float *y, float *mean, float *inverse,
                        size_t rows, size_t columns, float epsilon) {
    kernels()->norm_forward(x, gain, bias, y, mean, inverse, rows, columns, epsilon);
}

void tuner_norm_backward(const float *x, const float *gain, const float *mean, const float *inverse, const float *dy,
                         float *dx, float *d_gain, float *d_bias, size_t rows, size_t columns) {
    kernels()->norm_backward(x, gain, mean, inverse, dy, dx, d_gain, d_bias, rows, columns);
}

float tuner_softmax(float *row, size_t count) { return kernels()->softmax(row, count); }

double tuner_logistic(float *z, const float *t, size_t count, float scale) {
    return kernels()->logistic(z, t, count, scale);
}

size_t tuner_attention_stride(size_t length) { return (length + 15) & ~(size_t)15; }

void tuner_attention_forward(const float *qkv, float *probabilities, float *out, float *scratch,
                             const struct tuner_attention *shape) {
    kernels()->attention_forward(qkv, probabilities, out, scratch, shape);
}

void tuner_attention_backward(const float *qkv, const float *probabilities, const float *dout, float *dqkv,
                              float *scratch, const struct tuner_attention *shape) {
    kernels()->attention_backward(qkv, probabilities, dout, dqkv, scratch, shape);
}
