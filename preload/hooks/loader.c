/* SPDX-License-Identifier: MIT
 * Owns: what happens before the real dlsym: newly loaded objects are patched, and codec entry points that the program
 * fetches through a real handle are answered with their wrapper. Must not know: records.
 * The stub in arch/ tail-jumps, so RTLD_NEXT and RTLD_DEFAULT still see the program as the caller. */
#include <dlfcn.h>
#include <string.h>

#include "preload/base/hook.h"
#include "preload/state/thread_state.h"
#include "preload/codecs/patch/slots.h"
#include "preload/guard/thread.h"

/* Called by the stub. */
void *loader_before_dlsym(void *handle, const char *name, void **result);

void *loader_before_dlsym(void *handle, const char *name, void **result)
{
    void *address;
    int saved = errno;
    (void)REAL(dlsym);
    memcpy(&address, &real.dlsym, sizeof address);
    if (!address || !(thread_may_record() || thread_is_paused()) || thread_local_state.vfork_parent)
        return address;
    struct thread *self = thread_enter();
    if (self) {
        slots_scan(self);
        thread_leave();
    }
    errno = saved;
    if (handle == RTLD_NEXT || handle == RTLD_DEFAULT || !slots_is_codec_name(name))
        return address;
    *result = real.dlsym(handle, name);
    if (*result && (self = thread_enter())) {
        *result = slots_wrapper(self, name, *result);
        thread_leave();
    }
    errno = saved;
    return NULL;
}
