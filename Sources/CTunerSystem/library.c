// Loading libraries from outside, and saying which one it was when the process dies in it.
#define _GNU_SOURCE
#include "CTunerSystem.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int tuner_sealed_copy(const void *bytes, size_t count, const char *name) {
    int descriptor = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (descriptor < 0) return -1;
    const char *next = bytes;
    while (count > 0) {
        ssize_t written = write(descriptor, next, count);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) {
            int why = errno;
            close(descriptor);
            errno = why;
            return -1;
        }
        next += written;
        count -= (size_t)written;
    }
    fcntl(descriptor, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
    return descriptor;
}

// One call at a time in a process, as the interface promises to libraries.
static const char *volatile current_library;
static const char *volatile current_function;
static const struct tuner_guarded *volatile current_memory;
static volatile int current_memory_count;

static void say(const char *text) {
    ssize_t ignored = write(STDERR_FILENO, text, strlen(text));
    (void)ignored;
}

static void say_where(void) {
    say(" in '");
    say(current_function);
    say("' of plugin '");
    say(current_library);
    say("'");
}

// What lies at an address the library must not touch.
static void say_memory(uintptr_t address) {
    for (int i = 0; i < current_memory_count; i++) {
        const struct tuner_guarded *memory = &current_memory[i];
        if (address < memory->low || address >= memory->high) continue;
        say(memory->is_read_only ? ": it wrote to, or beyond, the read-only " : ": it left the memory of the ");
        say(memory->label);
        return;
    }
}

static void handle(int signal_number, siginfo_t *info, void *context) {
    (void)context;
    if (current_library) {
        say("tunerd: ");
        switch (signal_number) {
        case SIGSEGV: say("memory fault (SIGSEGV)"); break;
        case SIGBUS: say("memory fault (SIGBUS)"); break;
        case SIGFPE: say("arithmetic fault (SIGFPE)"); break;
        case SIGILL: say("illegal instruction (SIGILL), as by a failed check of Swift,"); break;
        case SIGTRAP: say("trap (SIGTRAP), as by a failed check of Swift,"); break;
        default: say("abort (SIGABRT), as by an exception nobody caught,"); break;
        }
        say_where();
        if (signal_number == SIGSEGV || signal_number == SIGBUS) say_memory((uintptr_t)info->si_addr);
        say(" [plugin-crashed]\n");
    }
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

static void at_exit(void) {
    if (!current_library) return;
    say("tunerd: exit was called");
    say_where();
    say(" [plugin-crashed]\n");
}

void tuner_watch_library_crashes(void) {
    static int is_watching;
    if (is_watching) return;
    is_watching = 1;
    struct sigaction action = {0};
    action.sa_sigaction = handle;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) sigaction(signals[i], &action, NULL);
    atexit(at_exit);
}

void tuner_enter_library(
    const char *library, const char *function, const struct tuner_guarded *memory, int memory_count) {
    // A stack of its own for the handler: the library may have used up the thread's.
    static _Thread_local char stack[16384];
    static _Thread_local int has_stack;
    if (!has_stack) {
        stack_t alternative = {.ss_sp = stack, .ss_size = sizeof stack};
        has_stack = sigaltstack(&alternative, NULL) == 0;
    }
    current_memory_count = memory_count;
    current_memory = memory;
    current_function = function;
    current_library = library;
}

void tuner_leave_library(void) { current_library = NULL; }
