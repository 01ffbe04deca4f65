// Gradient descent with one fault, chosen by -DFAULT=NAME at compile time. The faults of `step` show only where the learning
// rate is above 0.05, so that a sweep has sound trials too. SOUND has none.
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tunerd_plugin.h"

enum {
    SOUND, REBUILT, WRONG_VERSION, SMALL_TABLE, NULL_TABLE, NULL_STEP, NULL_STATE_SIZE, BAD_DEFAULT, BAD_NAME,
    BAD_FIRST_SETTING, NAME_TAKEN, NO_ENTRY, NEWER_ENTRY, UNRESOLVED, CRASH_LOADING, ABORT_LOADING, HANG_LOADING,
    REFUSE_RUN, HUGE_STATE, WRITE_BEHIND, WRITE_BEFORE, WRITE_FAR, WRITE_STATE, WRITE_GRADIENT, RETURN_ERROR,
    RETURN_NO_MESSAGE, SEGFAULT, ABORT, OVERFLOW_STACK, EXIT, HANG, NOISE
};

int nowhere_defined(void);

static const tunerd_setting settings[] = {
    {.name = FAULT == BAD_FIRST_SETTING ? "rate" : "learning_rate", .summary = "Step.", .kind = TUNERD_REAL,
     .scale = TUNERD_LOG, .minimum = 1e-10, .maximum = 1e3, .default_value = FAULT == BAD_DEFAULT ? 1e9 : 0.01},
};

static int64_t state_size(const tunerd_run *run, tunerd_error *error) {
    if (FAULT == REFUSE_RUN && run->tensor_count > 0)
        return tunerd_fail(error, "cannot train '%s' of %lld", run->tensors[0].name,
                           (long long)run->tensors[0].count);
    if (FAULT == HUGE_STATE) return INT64_C(1) << 50;
    return 5; // of no particular alignment
}

static int recurse(volatile char *above) {
    volatile char frame[4096];
    frame[0] = above ? above[0] : 1;
    return recurse(frame) + frame[0];
}

static int misbehave(const tunerd_run *run, char *state, const tunerd_step *now, tunerd_error *error) {
    const int64_t count = run->tensors[0].count;
    switch ((int)FAULT) {
    case WRITE_BEHIND: now->parameters[0][count] = 1; break;
    case WRITE_BEFORE: now->parameters[0][-1] = 1; break;
    case WRITE_FAR: now->parameters[0][count + (1 << 16)] = 1; break;
    case WRITE_STATE: state[5] = 1; break;
    case WRITE_GRADIENT: ((float *)now->gradients[0])[0] = 1; break;
    case RETURN_ERROR: return tunerd_fail(error, "learning rate '%g' is\ntoo large", now->learning_rate);
    case RETURN_NO_MESSAGE: memset(error->message, 0, sizeof error->message); return 7;
    case SEGFAULT: *(volatile int *)8 = 1; break;
    case ABORT: abort();
    case OVERFLOW_STACK: return recurse(NULL);
    case EXIT: exit(0);
    case HANG: for (;;) pause();
    }
    return 0;
}

static int step(const tunerd_run *run, void *state, const tunerd_step *now, tunerd_error *error) {
    if (FAULT == NOISE) {
        printf("{\"finished\":{\"outcome\":\"completed\",\"metrics\":{\"validation_loss\":-1}}}\nand half a line");
        fflush(stdout);
    }
    ((char *)state)[4]++;
    for (uint32_t t = 0; t < run->tensor_count; t++)
        for (int64_t i = 0; i < run->tensors[t].count; i++)
            now->parameters[t][i] -= now->learning_rate * now->gradients[t][i];
    return run->settings[0] > 0.05 ? misbehave(run, state, now, error) : 0;
}

static const tunerd_optimizer_v1 table = {
    .abi_version = FAULT == WRONG_VERSION ? 9 : TUNERD_PLUGIN_ABI,
    .struct_size = FAULT == SMALL_TABLE ? 16 : sizeof table,
    .name = FAULT == NAME_TAKEN ? "sgd" : FAULT == BAD_NAME ? "No Good" : "faulty",
    .summary = FAULT == REBUILT ? "Gradient descent, rebuilt." : "Gradient descent.",
    .geometry = TUNERD_GEOMETRY_GRADIENT,
    .maturity = TUNERD_EXPERIMENTAL,
    .settings = settings,
    .setting_count = 1,
    .state_size = FAULT == NULL_STATE_SIZE ? NULL : state_size,
    .step = FAULT == NULL_STEP ? NULL : step,
};

__attribute__((constructor)) static void loading(void) {
    if (FAULT == CRASH_LOADING) *(volatile int *)8 = 1;
    if (FAULT == ABORT_LOADING) abort();
    if (FAULT == HANG_LOADING) for (;;) pause();
#ifdef CALLS_NOWHERE
    nowhere_defined();
#endif
}

#ifdef ENTRY
TUNERD_EXPORT const tunerd_optimizer_v1 *ENTRY(void) { return &table; }
#else
const tunerd_optimizer_v1 *tunerd_plugin_v1(void) { return FAULT == NULL_TABLE ? NULL : &table; }
#endif
