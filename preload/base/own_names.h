/* SPDX-License-Identifier: MIT
 * Owns: hidden second names, own_<name>, of the wrappers that a file defines: what our own code means by them, even
 * where the program has a function of that name. Must not know: what the wrappers do. Include it after the wrappers,
 * with OWN_<subject>(name) defined as OWN_NAME(name). */
#define OWN_NAME(name) __asm__(".globl own_" #name "\n.hidden own_" #name "\n.set own_" #name ", " #name "\n");
#ifndef OWN_heap
#define OWN_heap(name)
#endif
#ifndef OWN_file
#define OWN_file(name)
#endif
#ifndef OWN_copy
#define OWN_copy(name)
#endif
#ifndef OWN_temp
#define OWN_temp(name)
#endif
#ifndef OWN_socket
#define OWN_socket(name)
#endif
#ifndef OWN_stdio
#define OWN_stdio(name)
#endif
#ifndef OWN_stdio_read
#define OWN_stdio_read(name)
#endif
#ifndef OWN_stdio_write
#define OWN_stdio_write(name)
#endif
#ifndef OWN_map
#define OWN_map(name)
#endif
#ifndef OWN_path
#define OWN_path(name)
#endif
#ifndef OWN_metadata
#define OWN_metadata(name)
#endif
#ifndef OWN_process
#define OWN_process(name)
#endif
#ifndef OWN_exec
#define OWN_exec(name)
#endif
#ifndef OWN_shell
#define OWN_shell(name)
#endif
#ifndef OWN_thread
#define OWN_thread(name)
#endif
#ifndef OWN_kernel
#define OWN_kernel(name)
#endif
#ifndef OWN_loader
#define OWN_loader(name)
#endif
#define LIBC(subject, returns, name, parameters, arguments, meaning) OWN_##subject(name)
#include "preload/libc.def"
