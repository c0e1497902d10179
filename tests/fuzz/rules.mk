# SPDX-License-Identifier: MIT
# Owns: how the fuzzers are built: build/fuzz/NAME for each entry, with clang's libFuzzer, ASan and UBSan; and one more
# name of image_header for each format.
# Must not know: what an entry does.
#
#     make fuzz && build/fuzz/decode -max_total_time=60 -close_fd_mask=2 build/fuzz/work tests/fuzz/corpus/decode
#
# scripts/torture untrusted runs them all. AFL++ attacks the whole command, by way of afl_report, which makes a trace
# of one packet and is `imgbench report` then; its first inputs are packets of a small real trace:
#
#     make build/fuzz/afl_report && mkdir -p build/afl/in && cp TRACE/*/0.0 build/afl/in &&
#         afl-fuzz -V 600 -i build/afl/in -o build/afl/out -- build/fuzz/afl_report @@
FUZZ_DIR := $(B)/fuzz
FUZZ_CC ?= clang
FUZZ_FLAGS := $(BASE_FLAGS) -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined
FUZZ_PACKAGES := jansson libdw libelf nettle sqlite3
FUZZ_ENTRIES := $(patsubst tests/fuzz/%.c,%,$(shell grep -l LLVMFuzzerTestOneInput tests/fuzz/*.c))
FUZZ_FORMATS := jpeg png webp avif heic gif tiff jxl pnm bmp svg parsed
FUZZ_HELPERS := $(filter-out $(FUZZ_ENTRIES) afl_report,$(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/*.c)))
FUZZERS := $(addprefix $(FUZZ_DIR)/,$(FUZZ_ENTRIES) $(addprefix image_header_,$(FUZZ_FORMATS)))
FUZZ_SRC := $(TRACE_SRC) $(filter-out analyzer/commands/%,$(ANALYZER_SRC))
FUZZ_OBJ := $(FUZZ_SRC:%.c=$(FUZZ_DIR)/%.o) $(FUZZ_HELPERS:%=$(FUZZ_DIR)/tests/fuzz/%.o)

.PHONY: fuzz
fuzz: $(FUZZERS) ## build the fuzzers of tests/fuzz/, below build/fuzz/

$(FUZZ_DIR)/%.o: %.c tests/fuzz/rules.mk Makefile
	@mkdir -p $(@D)
	$(call say,CC,$@)$(FUZZ_CC) $(FUZZ_FLAGS) $(FUZZ_TRACE) $(shell $(PKG_CONFIG) --cflags $(FUZZ_PACKAGES)) $(OWN_CFLAGS) -c -o $@ $<
$(FUZZ_DIR)/analyzer/quality/decode.o: OWN_CFLAGS := $(VIPS_CFLAGS)

# Thousands of comparisons per table, none of which depends on a length: to trace them would take nine tenths of the time.
$(FUZZ_DIR)/analyzer/headers/facts/jpeg_quality.o: FUZZ_TRACE := -O2
FUZZ_TRACE := -fsanitize=fuzzer-no-link

# An archive, as for the tests: the decoder's fuzzer has only the decoder in it.
$(FUZZ_DIR)/modules.a: $(FUZZ_OBJ) $(B)/analyzer/render/html/page.o $(B)/analyzer/gate/schema_text.o
	@rm -f $@
	$(call say,AR,$@)$(AR) qcs $@ $^

$(addprefix $(FUZZ_DIR)/,$(FUZZ_ENTRIES)): $(FUZZ_DIR)/%: $(FUZZ_DIR)/tests/fuzz/%.o $(FUZZ_DIR)/modules.a
	$(call say,LD,$@)$(FUZZ_CC) -fsanitize=fuzzer,address,undefined -o $@ $^ $(shell $(PKG_CONFIG) --libs $(FUZZ_PACKAGES)) -lm -pthread

# The command under ASan and UBSan, of the same objects; and one under TSan.
FUZZ_COMMAND_OBJ := $(patsubst %.c,$(FUZZ_DIR)/%.o,$(wildcard analyzer/commands/*.c))
$(FUZZ_DIR)/imgbench: $(FUZZ_COMMAND_OBJ) $(FUZZ_DIR)/modules.a
	$(call say,LD,$@)$(FUZZ_CC) -fsanitize=address,undefined -o $@ $^ $(shell $(PKG_CONFIG) --libs $(FUZZ_PACKAGES)) -lm -pthread

TSAN_OBJ := $(patsubst %.c,$(FUZZ_DIR)/tsan/%.o,$(TRACE_SRC) $(ANALYZER_SRC))
$(FUZZ_DIR)/tsan/%.o: %.c tests/fuzz/rules.mk Makefile
	@mkdir -p $(@D)
	$(call say,CC,$@)$(FUZZ_CC) $(BASE_FLAGS) -O1 -g -fsanitize=thread $(shell $(PKG_CONFIG) --cflags $(FUZZ_PACKAGES)) -c -o $@ $<
$(FUZZ_DIR)/imgbench_tsan: $(TSAN_OBJ) $(B)/analyzer/render/html/page.o $(B)/analyzer/gate/schema_text.o
	$(call say,LD,$@)$(FUZZ_CC) -fsanitize=thread -o $@ $^ $(shell $(PKG_CONFIG) --libs $(FUZZ_PACKAGES)) -lm -pthread

$(addprefix $(FUZZ_DIR)/image_header_,$(FUZZ_FORMATS)): $(FUZZ_DIR)/image_header
	@ln -f $< $@

# Not for continuous integration: afl++ is no package that scripts/setup installs.
AFL_CC ?= afl-clang-fast
$(FUZZ_DIR)/afl_report: tests/fuzz/afl_report.c $(FUZZ_SRC) analyzer/commands/report.c $(B)/analyzer/render/html/page.o $(B)/analyzer/gate/schema_text.o
	$(call say,LD,$@)$(AFL_CC) $(filter-out -MMD -MP -Werror,$(BASE_FLAGS)) -O2 -g -w -o $@ $^ \
		$(shell $(PKG_CONFIG) --cflags --libs $(FUZZ_PACKAGES)) -lm -pthread

-include $(FUZZ_OBJ:.o=.d) $(FUZZ_COMMAND_OBJ:.o=.d) $(TSAN_OBJ:.o=.d) $(FUZZ_ENTRIES:%=$(FUZZ_DIR)/tests/fuzz/%.d)
