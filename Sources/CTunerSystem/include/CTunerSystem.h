#pragma once
// Calls of the system that Swift cannot make or see by itself.
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// Credentials of the peer of a Unix-domain socket. Returns 0, or -1 with errno.
int tuner_peer_credentials(int descriptor, pid_t *pid, uid_t *uid, gid_t *gid);

/// How a child process is started; see `tuner_spawn`.
struct tuner_launch {
    /// Program: a path, or a name looked up by the caller (no search is made here).
    const char *program;
    /// Null-terminated arguments, the name first.
    char *const *arguments;
    /// Null-terminated `NAME=value` strings.
    char *const *environment;
    /// Folder it starts in, or null for the caller's.
    const char *working_directory;
    /// Descriptors that become 0, 1 and 2; every other one is closed in the child.
    int standard_input, standard_output, standard_error;
    /// Bytes of data (heap and private mappings) each process may have; 0: no limit.
    uint64_t memory_limit;
    /// Signal the child gets when the thread that started it ends; 0: none.
    int parent_death_signal;
};

/// Starts a program in a process group of its own, with default signal handling and nothing blocked.
///
/// Between fork and exec only async-signal-safe calls are made, so it may be called from any thread. The limit and
/// the death signal hold from the first instruction of the program on, which posix_spawn cannot promise.
/// Returns the process id, or -1 with errno, and in `failed_call` which step failed (a static string).
pid_t tuner_spawn(const struct tuner_launch *launch, const char **failed_call);

/// A descriptor that becomes readable when the process ends, closed on exec. Returns -1 where it is not supported.
int tuner_process_descriptor(pid_t pid);

/// Reaps a child. `status` as of waitpid, the rest from its resource use. Returns the pid, 0 while it runs
/// (only when `block` is 0), or -1 with errno.
pid_t tuner_wait(pid_t pid, int block, int *status, double *user_seconds, double *system_seconds,
                 int64_t *peak_resident_bytes);

/// Whether waitpid's status means a signal; `code` becomes the signal or the exit status.
int tuner_status_is_signal(int status, int *code);

/// A pipe whose ends are closed on exec and do not block. Returns 0, or -1 with errno.
int tuner_pipe(int ends[2]);

/// Sets whether reading and writing block. Returns 0, or -1 with errno.
int tuner_set_blocking(int descriptor, int blocking);

/// A descriptor that becomes readable once the signal has come; the signal's former action is replaced.
/// Returns -1 with errno.
int tuner_signal_descriptor(int signal);

/// Writing to a pipe nobody reads answers EPIPE on the calling thread instead of ending the process.
void tuner_ignore_broken_pipes_on_this_thread(void);

/// The signal this process gets when the thread that started it ends. Returns 0, or -1 with errno.
int tuner_set_parent_death_signal(int signal);

/// Takes an exclusive lock on an open file without waiting. Returns 0, or -1 with errno (EWOULDBLOCK: taken).
int tuner_lock_file(int descriptor);

/// Gives the lock back, also for a child that has inherited the descriptor and not closed it yet.
void tuner_unlock_file(int descriptor);

/// Name of the network file system a path lies on (`nfs`, `smb`, ...), or null for a local one.
const char *tuner_network_file_system(const char *path);

/// A file in memory with the bytes, sealed against changes and closed on exec: what is loaded from it is what was read.
/// Returns a descriptor, or -1 with errno.
int tuner_sealed_copy(const void *bytes, size_t count, const char *name);

/// Memory a library from outside was given, with the guard pages around it, for the message after a crash.
struct tuner_guarded {
    /// What it holds, for example `parameters`; a static string.
    const char *label;
    /// The whole mapping, first guard page to behind the last.
    uintptr_t low, high;
    /// Whether the library may not write to it.
    int is_read_only;
};

/// Says on standard error which library crashes, and how, when this process dies in one. Once is enough.
void tuner_watch_library_crashes(void);

/// Marks the begin of a call into a library. All pointers stay valid until `tuner_leave_library`.
void tuner_enter_library(
    const char *library, const char *function, const struct tuner_guarded *memory, int memory_count);

/// Marks the end of the call.
void tuner_leave_library(void);
