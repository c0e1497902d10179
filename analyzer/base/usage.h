/* SPDX-License-Identifier: MIT
 * Owns: how a command line that makes no sense is answered: one line that says where to look.
 * Must not know: commands. */
#ifndef ANALYZER_USAGE_H
#define ANALYZER_USAGE_H

#include <argp.h>
#include <stdbool.h>

/* argp_parse with --help, --version, and one line of ours for an error instead of argp's several. 0, or an error that
 * has been told. */
error_t usage_parse(const struct argp *argp, int argc, char **argv, void *input);
/* For parsers: one line, to which a reference to the help is added; returns what the parser is to return. */
error_t usage_error(struct argp_state *state, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* For the FILE that an option writes: 0, or as usage_error when a directory was named, as by who forgets the FILE in
 * front of a TRACE. */
error_t usage_check_file(struct argp_state *state, const char *option, const char *file, bool trace_follows);
/* Two formats in one file would be neither: says so of outputs of one name, "-" is standard output, NULL none. */
bool usage_check_outputs(const char *const *options, const char *const *files, size_t count);

/* The same where the first operand begins something with options of its own: options behind it are not looked at. */
error_t usage_parse_in_order(const struct argp *argp, int argc, char **argv, void *input);

#endif
