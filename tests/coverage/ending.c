/* SPDX-License-Identifier: MIT
 * Owns: that the children of the command count in a build for scripts/checks/coverage, although they end without
 * atexit. */
#include <gcov.h>

_Noreturn void __real__exit(int status);
_Noreturn void __wrap__exit(int status);

_Noreturn void __wrap__exit(int status)
{
    __gcov_dump();
    __real__exit(status);
}
