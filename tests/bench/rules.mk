# SPDX-License-Identifier: MIT
# Owns: how the programs that scripts/bench runs are built, below build/bench/.
# Must not know: the profiler.
B ?= build
BENCH_DIR := $(B)/bench
BENCH_PROGRAMS := $(addprefix $(BENCH_DIR)/,loop spawn)
BENCH_FLAGS := -std=c11 -D_GNU_SOURCE -Wall -Wextra -Wpedantic -Werror -I. -O2 -g -pthread

$(BENCH_PROGRAMS): $(BENCH_DIR)/%: tests/bench/%.c tests/victims/parts/clock.h tests/bench/rules.mk
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(BENCH_FLAGS) -o $@ $<

BENCH_PROGRAMS += $(BENCH_DIR)/row_calls
$(BENCH_DIR)/row_calls: tests/bench/row_calls.c tests/victims/parts/clock.h tests/bench/rules.mk
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(BENCH_FLAGS) -o $@ $< -lpng -ljpeg

GENERATE := $(BENCH_DIR)/generate
BENCH_PROGRAMS += $(GENERATE)
$(GENERATE): tests/bench/generate.c $(B)/tests/unit/parts/build_trace.o $(TRACE_OBJ)
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(BENCH_FLAGS) $(SAN) -o $@ $^

BENCH_PROGRAMS += $(BENCH_DIR)/score
$(BENCH_DIR)/score: tests/bench/score.c $(patsubst %,$(B)/analyzer/quality/metrics/%.o,pixels window ssimulacra2)
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(BENCH_FLAGS) $(SAN) -o $@ $^ -lm
