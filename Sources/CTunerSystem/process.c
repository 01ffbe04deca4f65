// Child processes: what posix_spawn cannot do (limits and the death signal before exec), and reaping.
#define _GNU_SOURCE
#include "CTunerSystem.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>

struct failure {
    int error;
    int step;
};

static const char *const steps[] = {
    "fork", "setpgid", "dup2", "chdir", "setrlimit", "prctl", "exec",
};

static void close_from(int first) {
#if defined(__linux__) && defined(SYS_close_range)
    if (syscall(SYS_close_range, first, ~0U, 0) == 0) return;
#endif
    long most = sysconf(_SC_OPEN_MAX);
    for (int descriptor = first; descriptor < most; descriptor++) close(descriptor);
}

// Runs in the child: only async-signal-safe calls.
static void become(const struct tuner_launch *launch, int report) {
    struct failure failure = {0, 0};
    int sources[3] = {launch->standard_input, launch->standard_output, launch->standard_error};
    struct sigaction plain;
    memset(&plain, 0, sizeof plain);
    plain.sa_handler = SIG_DFL;
    for (int number = 1; number < NSIG; number++) sigaction(number, &plain, NULL);

    failure.step = 1;
    if (setpgid(0, 0) != 0) goto failed;

    // Lift everything above the standard descriptors first, so that no dup2 below overwrites a source.
    failure.step = 2;
    for (int index = 0; index < 3; index++) {
        if (sources[index] <= 2) {
            sources[index] = fcntl(sources[index], F_DUPFD, 3);
            if (sources[index] < 0) goto failed;
        }
    }
    if (report != 3) {
        // The report goes to 3 so that everything from 4 on can be closed in one call.
        for (int index = 0; index < 3; index++) {
            if (sources[index] == 3) {
                sources[index] = fcntl(3, F_DUPFD, 4);
                if (sources[index] < 0) goto failed;
            }
        }
        if (dup2(report, 3) < 0) goto failed;
        report = 3;
    }
    for (int index = 0; index < 3; index++) {
        if (dup2(sources[index], index) < 0) goto failed;
    }
    if (fcntl(3, F_SETFD, FD_CLOEXEC) != 0) goto failed;
    close_from(4);

    failure.step = 3;
    if (launch->working_directory && chdir(launch->working_directory) != 0) goto failed;

    failure.step = 4;
    if (launch->memory_limit > 0) {
        struct rlimit limit = {launch->memory_limit, launch->memory_limit};
        if (setrlimit(RLIMIT_DATA, &limit) != 0) goto failed;
    }
#ifdef __linux__
    failure.step = 5;
    if (launch->parent_death_signal && prctl(PR_SET_PDEATHSIG, launch->parent_death_signal) != 0) goto failed;
#endif
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);

    failure.step = 6;
    execve(launch->program, launch->arguments, launch->environment);
failed:
    failure.error = errno;
    ssize_t ignored = write(report, &failure, sizeof failure);
    (void)ignored;
    _exit(127);
}

pid_t tuner_spawn(const struct tuner_launch *launch, const char **failed_call) {
    int report[2];
    *failed_call = steps[0];
    if (pipe2(report, O_CLOEXEC) != 0) return -1;
    // Signals stay blocked over the fork: a handler of the parent must not run in the child.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t pid = fork();
    if (pid == 0) become(launch, report[1]);
    int fork_error = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(report[1]);
    if (pid < 0) {
        close(report[0]);
        errno = fork_error;
        return -1;
    }
    struct failure failure;
    ssize_t count;
    do count = read(report[0], &failure, sizeof failure);
    while (count < 0 && errno == EINTR);
    close(report[0]);
    if (count == (ssize_t)sizeof failure) {
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {}
        *failed_call = steps[failure.step];
        errno = failure.error;
        return -1;
    }
    return pid;
}

int tuner_process_descriptor(pid_t pid) {
#if defined(__linux__) && defined(SYS_pidfd_open)
    return (int)syscall(SYS_pidfd_open, pid, 0);
#else
    (void)pid;
    errno = ENOSYS;
    return -1;
#endif
}

static double seconds(struct timeval time) { return (double)time.tv_sec + (double)time.tv_usec / 1e6; }

pid_t tuner_wait(pid_t pid, int block, int *status, double *user_seconds, double *system_seconds,
                 int64_t *peak_resident_bytes) {
    struct rusage use;
    pid_t result;
    do result = wait4(pid, status, block ? 0 : WNOHANG, &use);
    while (result < 0 && errno == EINTR);
    if (result > 0) {
        *user_seconds = seconds(use.ru_utime);
        *system_seconds = seconds(use.ru_stime);
        *peak_resident_bytes = (int64_t)use.ru_maxrss * 1024;
    }
    return result;
}

int tuner_status_is_signal(int status, int *code) {
    if (WIFSIGNALED(status)) {
        *code = WTERMSIG(status);
        return 1;
    }
    *code = WEXITSTATUS(status);
    return 0;
}

int tuner_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC | O_NONBLOCK); }

int tuner_set_blocking(int descriptor, int blocking) {
    int flags = fcntl(descriptor, F_GETFL);
    if (flags < 0) return -1;
    return fcntl(descriptor, F_SETFL, blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK);
}

static int signal_pipes[NSIG][2];

static void note_signal(int number) {
    int before = errno;
    char byte = (char)number;
    ssize_t ignored = write(signal_pipes[number][1], &byte, 1);
    (void)ignored;
    errno = before;
}

int tuner_signal_descriptor(int signal) {
    if (signal <= 0 || signal >= NSIG) {
        errno = EINVAL;
        return -1;
    }
    if (tuner_pipe(signal_pipes[signal]) != 0) return -1;
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = note_signal;
    action.sa_flags = SA_RESTART;
    if (sigaction(signal, &action, NULL) != 0) return -1;
    return signal_pipes[signal][0];
}

void tuner_ignore_broken_pipes_on_this_thread(void) {
    sigset_t pipe_only;
    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_only, NULL);
}

int tuner_set_parent_death_signal(int signal) {
#ifdef __linux__
    return prctl(PR_SET_PDEATHSIG, signal);
#else
    (void)signal;
    return 0;
#endif
}
