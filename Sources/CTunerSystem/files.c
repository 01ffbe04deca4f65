// Locks, and what kind of file system a path lies on.
#define _GNU_SOURCE
#include "CTunerSystem.h"

#include <stddef.h>
#include <sys/file.h>
#include <sys/vfs.h>

int tuner_lock_file(int descriptor) { return flock(descriptor, LOCK_EX | LOCK_NB); }

void tuner_unlock_file(int descriptor) { flock(descriptor, LOCK_UN); }

const char *tuner_network_file_system(const char *path) {
    struct statfs info;
    if (statfs(path, &info) != 0) return NULL;
    switch ((unsigned long)info.f_type & 0xFFFFFFFFUL) {
    case 0x6969UL: return "nfs";
    case 0x517BUL:
    case 0xFE534D42UL:
    case 0xFF534D42UL: return "smb";
    case 0x01021997UL: return "9p";
    case 0x0BD00BD0UL: return "lustre";
    case 0x47504653UL: return "gpfs";
    case 0x00C36400UL: return "ceph";
    case 0x5346414FUL: return "afs";
    case 0x19830326UL: return "beegfs";
    case 0xAAD7AAEAUL: return "panfs";
    case 0x01161970UL: return "gfs2";
    default: return NULL;
    }
}
