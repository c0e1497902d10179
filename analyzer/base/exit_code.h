/* SPDX-License-Identifier: MIT
 * Owns: the exit codes of every command.
 * Must not know: which commands there are. */
#ifndef ANALYZER_BASE_EXIT_CODE_H
#define ANALYZER_BASE_EXIT_CODE_H

enum cmd_exit { CMD_OK = 0, CMD_FAILURE = 1, CMD_USAGE = 2, CMD_GATE_FAILED = 3, CMD_UNDECIDED = 4 };

#endif
