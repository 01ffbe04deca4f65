#pragma once
#include <stdint.h>

// Allocations the calling thread has made since it began. Linking this replaces the allocator's entry points with ones
// that count and pass on.
int64_t allocation_count(void);
