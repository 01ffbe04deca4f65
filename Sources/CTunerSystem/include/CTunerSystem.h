#pragma once
// Calls of the system that Swift cannot make or see by itself.
#include <sys/types.h>

/// Credentials of the peer of a Unix-domain socket. Returns 0, or -1 with errno.
int tuner_peer_credentials(int descriptor, pid_t *pid, uid_t *uid, gid_t *gid);
