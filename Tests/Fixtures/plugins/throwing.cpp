// An optimizer in C++ whose step lets an exception out where the learning rate is above 0.05.
#include <stdexcept>

#include "tunerd_plugin.h"

static const tunerd_setting settings[] = {
    {"learning_rate", "Step.", nullptr, TUNERD_REAL, TUNERD_LOG, 1e-10, 1e3, 0.01, nullptr, 0, 0},
};

static int64_t state_size(const tunerd_run *, tunerd_error *) { return 0; }

static int step(const tunerd_run *run, void *, const tunerd_step *now, tunerd_error *) {
    if (run->settings[0] > 0.05) throw std::runtime_error("too large a rate");
    for (uint32_t t = 0; t < run->tensor_count; t++)
        for (int64_t i = 0; i < run->tensors[t].count; i++)
            now->parameters[t][i] -= now->learning_rate * now->gradients[t][i];
    return 0;
}

static const tunerd_optimizer_v1 table = {
    TUNERD_PLUGIN_ABI, sizeof(tunerd_optimizer_v1), "throwing", "Gradient descent.", TUNERD_GEOMETRY_GRADIENT,
    TUNERD_EXPERIMENTAL, 1, 0, settings, nullptr, state_size, nullptr, nullptr, step, nullptr,
};

extern "C" const tunerd_optimizer_v1 *tunerd_plugin_v1() { return &table; }
