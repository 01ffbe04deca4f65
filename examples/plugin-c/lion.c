// Lion: the sign of a mix of momentum and gradient, with decoupled weight decay.
//
//     u = sign(mix m + (1 - mix) g);  x = x - learning_rate (u + weight_decay x);  m = momentum m + (1 - momentum) g
//
// X. Chen et al., "Symbolic discovery of optimization algorithms", 2023, arXiv 2302.06675.
#include "tunerd_plugin.h"

enum { LEARNING_RATE, MOMENTUM, MIX, WEIGHT_DECAY };

static const tunerd_setting settings[] = {
    {.name = "learning_rate", .summary = "How far every coordinate moves in a step.", .kind = TUNERD_REAL,
     .scale = TUNERD_LOG, .minimum = 1e-10, .maximum = 1e3, .default_value = 3e-4},
    {.name = "momentum", .summary = "Fraction of the averaging buffer kept.", .kind = TUNERD_REAL,
     .scale = TUNERD_COMPLEMENT_LOG, .minimum = 0, .maximum = 0.999999, .default_value = 0.99},
    {.name = "mix", .summary = "Share of the buffer in the direction; the rest is the gradient.", .kind = TUNERD_REAL,
     .scale = TUNERD_COMPLEMENT_LOG, .minimum = 0, .maximum = 0.999999, .default_value = 0.9},
    {.name = "weight_decay", .summary = "Decoupled: parameters shrink by learning_rate * weight_decay.",
     .kind = TUNERD_REAL, .scale = TUNERD_LOG, .minimum = 0, .maximum = 100, .default_value = 0},
};

static const tunerd_reference references[] = {
    {"X. Chen et al., Symbolic discovery of optimization algorithms, 2023", "arXiv:2302.06675"},
};

static int64_t state_size(const tunerd_run *run, tunerd_error *error) {
    (void)error;
    return run->parameter_count * (int64_t)sizeof(float); // one momentum a parameter, zero at first
}

static int step(const tunerd_run *run, void *state, const tunerd_step *now, tunerd_error *error) {
    (void)error;
    const float keep = (float)run->settings[MOMENTUM], mix = (float)run->settings[MIX];
    const float rate = now->learning_rate, decay = (float)run->settings[WEIGHT_DECAY];
    float *m = state;
    for (uint32_t t = 0; t < run->tensor_count; t++) {
        float *x = now->parameters[t];
        const float *g = now->gradients[t];
        for (int64_t i = 0; i < run->tensors[t].count; i++) {
            const float direction = mix * m[i] + (1 - mix) * g[i];
            const float sign = (float)((direction > 0) - (direction < 0));
            x[i] -= rate * (sign + decay * x[i]);
            m[i] = keep * m[i] + (1 - keep) * g[i];
        }
        m += run->tensors[t].count;
    }
    return 0;
}

static const tunerd_optimizer_v1 lion = {
    .abi_version = TUNERD_PLUGIN_ABI,
    .struct_size = sizeof lion,
    .name = "lion-c",
    .summary = "Sign of a mix of momentum and gradient (Lion).",
    .geometry = TUNERD_GEOMETRY_SIGN,
    .maturity = TUNERD_ESTABLISHED,
    .settings = settings,
    .setting_count = sizeof settings / sizeof *settings,
    .references = references,
    .reference_count = sizeof references / sizeof *references,
    .state_size = state_size,
    .step = step,
};

const tunerd_optimizer_v1 *tunerd_plugin_v1(void) { return &lion; }
