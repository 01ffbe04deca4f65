/*
 * tunerd_plugin.h: an optimizer of your own in a tunerd sweep. Interface version 1. Copy this file; it needs nothing else.
 *
 * A plugin is a shared library with one exported function, tunerd_plugin_v1, that returns a table: what the optimizer is
 * called, which hyperparameters it has, and what to call for a step. docs/plugins-from-outside.md is the guide,
 * examples/plugin-c and examples/plugin-swift are two complete ones.
 *
 * MEMORY   The host owns all of it: parameters, gradients, state, scratch. Every tensor, the state and the scratch begin at
 *          a multiple of 64 bytes. Pointers are valid during the call they are given to. Gradients are read-only: the page is protected.
 *          What is written outside the given memory is found after the call, or ends the process at once.
 * STATE    Plain bytes without pointers. A checkpoint is a copy of them, so a run that is interrupted and goes on in
 *          another process gives the same bits, if the step depends on nothing but its arguments. Scratch does not survive
 *          the call. The host may copy a state to another address between calls.
 * THREADS  One call at a time in a process, but not always from the same thread. Threads a plugin starts are at rest
 *          whenever no call is under way.
 * ERRORS   Return nonzero and write a message (tunerd_fail does both). The trial fails with that message and the sweep
 *          goes on. No exception and no longjmp may leave a function. exit, abort and a crash cost the attempt.
 * NOT TO   read the clock, the environment or a random device for the step (keep a seed in the state); change signal
 *          handlers, the locale, the rounding mode or the working directory; close descriptors it did not open; fork.
 *          What it prints on stdout or stderr is the trial's log.
 *
 * Strings are UTF-8 and end in a zero byte.
 */
#ifndef TUNERD_PLUGIN_H
#define TUNERD_PLUGIN_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of this interface. A library for another version is refused. */
#define TUNERD_PLUGIN_ABI 1u

/* Marks the entry function, also under -fvisibility=hidden. */
#define TUNERD_EXPORT __attribute__((visibility("default"), used))

/* tunerd_tensor.role: what a tensor does in its model. Treat a value you do not know like TUNERD_ROLE_OTHER. */
enum {
    TUNERD_ROLE_OTHER = 0,
    TUNERD_ROLE_INPUT = 1,       /* first linear map, [out, in] */
    TUNERD_ROLE_HIDDEN = 2,      /* linear map between hidden layers, [out, in]: what Muon orthogonalises */
    TUNERD_ROLE_OUTPUT = 3,      /* last linear map, [out, in] */
    TUNERD_ROLE_EMBEDDING = 4,   /* lookup table, one row per token */
    TUNERD_ROLE_BIAS = 5,        /* additive vector */
    TUNERD_ROLE_CONVOLUTION = 6, /* kernels, [out, in * k * k] */
    TUNERD_ROLE_SCALE = 7        /* gain of a normalisation */
};

/* tunerd_optimizer_v1.geometry: the unit ball a step fills. It decides which theory a sweep's law starts from. */
enum {
    TUNERD_GEOMETRY_GRADIENT = 0,  /* the step grows with the gradient: SGD */
    TUNERD_GEOMETRY_EUCLIDEAN = 1, /* its length is normalised: normalized SGD */
    TUNERD_GEOMETRY_SIGN = 2,      /* every coordinate moves about as far: sign descent, Lion, Adam */
    TUNERD_GEOMETRY_SPECTRAL = 3   /* singular values of matrices are made equal: Muon */
};

/* tunerd_optimizer_v1.maturity. */
enum { TUNERD_ESTABLISHED = 0, TUNERD_EXPERIMENTAL = 1 };

/* tunerd_setting.kind. In tunerd_run.settings a flag is 0 or 1 and a choice is its index. */
enum { TUNERD_REAL = 0, TUNERD_INTEGER = 1, TUNERD_FLAG = 2, TUNERD_CHOICE = 3 };

/* tunerd_setting.scale: how a search moves. */
enum {
    TUNERD_LINEAR = 0,        /* differences matter */
    TUNERD_LOG = 1,           /* factors matter: learning rates */
    TUNERD_COMPLEMENT_LOG = 2 /* factors of 1 - value matter: momentum close to one */
};

/*
 * One hyperparameter. The first is `learning_rate`, a real with minimum > 0. Laws follow `learning_rate` and `momentum` by
 * these names; `momentum` is the fraction of the old buffer kept, with minimum >= 0 and maximum < 1. Not allowed are the
 * names of the sweep file: name, plugin, schedule, batch_size, batch_size_tokens, batch_size_sequences,
 * batch_size_examples, token_budget, warmup_fraction, decay_fraction.
 */
typedef struct tunerd_setting {
    const char *name;    /* snake_case, at most 64 bytes */
    const char *summary; /* one sentence */
    const char *unit;    /* NULL: dimensionless */
    uint32_t kind;
    uint32_t scale;
    double minimum; /* of numbers; unused for flags and choices */
    double maximum;
    double default_value;       /* in the range; 0 or 1 of a flag, the index of a choice */
    const char *const *choices; /* names of a choice, else NULL */
    uint32_t choice_count;
    uint32_t reserved; /* 0 */
} tunerd_setting;

/* A source: authors, title, year; and an arXiv id, DOI or address, or NULL. */
typedef struct tunerd_reference {
    const char *text;
    const char *locator;
} tunerd_reference;

/* One tensor of the model, row-major, `count` elements of type float. */
typedef struct tunerd_tensor {
    const char *name;
    uint32_t role;
    uint32_t rank;
    const int64_t *shape; /* rank sizes, outermost first */
    int64_t count;
} tunerd_tensor;

/* One training run: the model and the values of the hyperparameters, in the order of the table's settings. */
typedef struct tunerd_run {
    uint32_t struct_size; /* of the host; later versions append */
    uint32_t tensor_count;
    const tunerd_tensor *tensors;
    int64_t parameter_count; /* of all tensors */
    const double *settings;
    uint32_t setting_count;
    uint32_t reserved;
} tunerd_run;

/* One step. learning_rate is the scheduled one of this step; settings[0] is the peak. */
typedef struct tunerd_step {
    uint32_t struct_size;
    float learning_rate;
    float loss;         /* of the minibatch the gradient is from */
    uint32_t reserved;
    int64_t step;       /* steps taken before, 0 at the first */
    int64_t total_steps;
    float *const *parameters;      /* one pointer a tensor, to be moved in place */
    const float *const *gradients; /* one pointer a tensor, mean over the minibatch, finite */
    void *scratch;                 /* scratch_size bytes of any content; NULL when there are none */
} tunerd_step;

/* Where a function says what went wrong: one sentence, lower case, with the offending value quoted. */
typedef struct tunerd_error {
    char message[512];
} tunerd_error;

/* What an optimizer is. All of it is constant and lives as long as the library. Optional functions may be NULL. */
typedef struct tunerd_optimizer_v1 {
    uint32_t abi_version; /* TUNERD_PLUGIN_ABI */
    uint32_t struct_size; /* sizeof(tunerd_optimizer_v1) */
    const char *name;     /* a-z, 0-9 and '-', at most 64 bytes, not that of a built-in optimizer */
    const char *summary;  /* one sentence */
    uint32_t geometry;
    uint32_t maturity;
    uint32_t setting_count; /* at most 64 */
    uint32_t reference_count;
    const tunerd_setting *settings;
    const tunerd_reference *references;

    /* Bytes of state the run needs, 0 or more; negative with a message when the run cannot be trained. Required. */
    int64_t (*state_size)(const tunerd_run *run, tunerd_error *error);
    /* Bytes of scratch for a step. Optional: none. */
    int64_t (*scratch_size)(const tunerd_run *run, tunerd_error *error);
    /* Fills the state, which is all zero before. When a run goes on, the checkpoint replaces it. Optional: stays zero. */
    int (*init)(const tunerd_run *run, void *state, tunerd_error *error);
    /* Moves the parameters by one step. Required. */
    int (*step)(const tunerd_run *run, void *state, const tunerd_step *step, tunerd_error *error);
    /* The last call for this state, also after a failed step. Optional. */
    void (*end)(const tunerd_run *run, void *state);
} tunerd_optimizer_v1;

/* What a library exports: `TUNERD_EXPORT const tunerd_optimizer_v1 *tunerd_plugin_v1(void)`. */
typedef const tunerd_optimizer_v1 *tunerd_plugin_v1_function(void);
TUNERD_EXPORT const tunerd_optimizer_v1 *tunerd_plugin_v1(void);

/* Writes a message as printf does and returns -1: `return tunerd_fail(error, "beta '%g' is too large", beta);` */
__attribute__((format(printf, 2, 3), unused)) static inline int tunerd_fail(
    tunerd_error *error, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
    return -1;
}

#ifdef __cplusplus
}
#endif
#endif
