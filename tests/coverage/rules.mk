# SPDX-License-Identifier: MIT
# Owns: what COVERAGE=1 adds to a build, for scripts/checks/coverage: gcov's counters in the trace format, the analyzer and the unit
# tests, which write them when they end; and in the preload library, where one file has those of all processes.
COVERAGE_COUNTERS := $(abspath $(B))/coverage-counters
COVERAGE_FLAGS := -fprofile-arcs -ftest-coverage -fprofile-update=atomic
SAN := $(COVERAGE_FLAGS)
# Nothing of libgcov's that would run in other people's programs: no constructor, no atexit, no fork of its own.
PRELOAD_FLAGS += $(COVERAGE_FLAGS) -fprofile-info-section=gcov_info -fdata-sections
PRELOAD_LDFLAGS += -Wl,-T,tests/coverage/counters.ld
COVERAGE_LIBRARY_OBJ := $(B)/coverage/counters.o
COVERAGE_PROGRAM_OBJ := $(B)/coverage/ending.o
$(B)/imgbench: LDFLAGS += -Wl,--wrap=_exit
$(COVERAGE_LIBRARY_OBJ): tests/coverage/counters.c Makefile tests/coverage/rules.mk
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(BASE_FLAGS) '-DCOVERAGE_COUNTERS="$(COVERAGE_COUNTERS)"' -O2 -fPIC -fvisibility=hidden -c -o $@ $<
$(COVERAGE_PROGRAM_OBJ): tests/coverage/ending.c Makefile tests/coverage/rules.mk
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(BASE_FLAGS) -O2 -c -o $@ $<
