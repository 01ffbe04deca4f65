// The package manager wants a source file for a C module; the interface is the header alone.
#include "tunerd_plugin.h"

_Static_assert(sizeof(float) == 4 && sizeof(double) == 8, "the interface is in IEEE 754 single and double");
