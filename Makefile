# SPDX-License-Identifier: MIT
# Owns: how everything is built, tested and checked. Sources are found by folder, so a new .c file needs no line here.
# Must not know: what any source file is about.
VERSION := 0.1.0

ifeq ($(origin CC),default)
CC := gcc
endif
PKG_CONFIG ?= pkg-config
CLANG_FORMAT ?= clang-format
CPPCHECK ?= cppcheck
# SANITIZE=1 covers trace, analyzer and unit tests, in a build folder of its own; the preload library stays as it is.
ifdef SANITIZE
B := build/sanitize
SAN := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
ANALYZER_PACKAGES := jansson libdw libelf nettle sqlite3
else
B := build
ANALYZER_PACKAGES := jansson jemalloc libdw libelf nettle sqlite3
endif

# COVERAGE=1 lets gcov count, as scripts/checks/coverage does in a copy of the tree.
COVERAGE_RULES := $(if $(COVERAGE),tests/coverage/rules.mk)

CFLAGS ?= -O2 -g
WARNINGS := -Wall -Wextra -Wpedantic -Werror
BASE_FLAGS := -std=c11 -D_GNU_SOURCE -I. -DIMGBENCH_VERSION='"$(VERSION)"' $(WARNINGS) -MMD -MP

# The library is a guest in other people's programs: only the names of libc.def are visible, TLS needs no allocation,
# fortified inlines would replace the prototypes we define, C++ exceptions and longjmp pass through our frames, a
# stack protector would abort the host in our name, the compiler must not turn a wrapper into a call of another
# wrapper, and arguments that libc declares non-null may be null all the same.
PRELOAD_FLAGS := -fPIC -fvisibility=hidden -ftls-model=initial-exec -U_FORTIFY_SOURCE -fno-stack-protector \
	-fasynchronous-unwind-tables -fno-delete-null-pointer-checks -fno-common \
	$(foreach f,malloc calloc realloc free,-fno-builtin-$(f))
# One segment for code and constants: fewer mappings and page faults at each start of a program.
PRELOAD_LDFLAGS := -shared -Wl,-z,noseparate-code -Wl,-z,now,-z,relro,-z,noexecstack -Wl,--no-undefined -Wl,-soname,libimgbench.so \
	-Wl,--version-script=$(B)/libimgbench.map

include $(COVERAGE_RULES)

# One short line per command; V=1 prints the command itself, make -s nothing.
ifeq ($(V),1)
say =
else
say = @$(if $(findstring s,$(firstword -$(MAKEFLAGS))),,printf '%-4s%s\n' $(1) '$(2)';)
endif

ANALYZER_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(ANALYZER_PACKAGES)) $(SAN)
ANALYZER_LDLIBS := $(shell $(PKG_CONFIG) --libs $(ANALYZER_PACKAGES)) -lm -pthread $(SAN)
TEST_CFLAGS := $(shell $(PKG_CONFIG) --cflags check) -DTESTS_DIR='"tests"' -DBUILD_DIR='"$(B)"'
TEST_LDLIBS := $(shell $(PKG_CONFIG) --libs check)

# ---- sources, found by folder ----
# $(call sources,FOLDER,PATTERN)
sources = $(shell find $(1) -name '$(2)' | LC_ALL=C sort)
TRACE_SRC := $(call sources,trace,*.c)
PRELOAD_SRC := $(call sources,preload,*.c)
PRELOAD_ASM := $(wildcard preload/arch/*.S)
ANALYZER_SRC := $(call sources,analyzer,*.c)
TEST_SRC := $(call sources,tests/unit,test_*.c)
TEST_HELPER_SRC := $(call sources,tests/unit/parts,*.c)
C_FILES := $(call sources,trace preload analyzer tests scripts include examples,*.[ch])

TRACE_OBJ := $(TRACE_SRC:%.c=$(B)/%.o)
# What runs at each start of a program and in each forked child lies together, at the front: fewer pages of the file to map in.
PRELOAD_FIRST := $(patsubst %,preload/%.c,process/begin process/events process/process process/idle state/process_state state/thread_state base/system base/settings \
	base/symbols state/lock guard/thread guard/threads guard/thread_start state/arena codecs/patch/slots codecs/patch/objects \
	base/hook hooks/heap memory/heap memory/stacks memory/allocator hooks/process process/end samples/transfers \
	record/control record/definitions facts/facts)
PRELOAD_SRC := $(PRELOAD_FIRST) $(filter-out $(PRELOAD_FIRST),$(PRELOAD_SRC))
PRELOAD_OBJ := $(PRELOAD_SRC:%.c=$(B)/%.o) $(PRELOAD_ASM:%.S=$(B)/%.o) \
	$(patsubst %,$(B)/preload/with/trace/%.o,encode metadata shape)
ANALYZER_OBJ := $(ANALYZER_SRC:%.c=$(B)/%.o) $(B)/analyzer/render/html/page.o $(B)/analyzer/gate/schema_text.o
ANALYZER_LIB_OBJ := $(filter-out $(B)/analyzer/commands/main.o,$(ANALYZER_OBJ))
TEST_HELPER_OBJ := $(TEST_HELPER_SRC:%.c=$(B)/%.o)
TEST_OBJ := $(TEST_SRC:%.c=$(B)/%.o)
DESCRIBE_OBJ := $(patsubst %.c,$(B)/%.o,$(call sources,scripts,*.c))
TEST_BIN := $(patsubst %.c,$(B)/tests/%,$(notdir $(TEST_SRC)))
ALL_OBJ := $(TRACE_OBJ) $(PRELOAD_OBJ) $(ANALYZER_OBJ) $(TEST_HELPER_OBJ) $(TEST_OBJ) $(DESCRIBE_OBJ)

.DELETE_ON_ERROR:
.PHONY: all install uninstall deb tests test unit-tests sanitize coverage torture check docs format demo bench clean help
.DEFAULT_GOAL := all

all: $(B)/libimgbench.so $(B)/imgbench ## build the library and the analyzer

# ---- programs ----
$(B)/libimgbench.so: $(PRELOAD_OBJ) $(COVERAGE_LIBRARY_OBJ) $(B)/libimgbench.map
	$(call say,LD,$@)$(CC) $(PRELOAD_LDFLAGS) $(LDFLAGS) -o $@ $(PRELOAD_OBJ) $(COVERAGE_LIBRARY_OBJ)$(if $(COVERAGE), -lgcov)

# Every symbol of the table, nothing else, is exported.
$(B)/libimgbench.exports: preload/libc.def Makefile
	@mkdir -p $(@D)
	$(call say,GEN,$@)$(CC) -std=c11 -E -P -x c '-DLIBC(subject,ret,name,...)=EXPORT name;' '-DLIBC_IO(op,ret,name,...)=EXPORT name;' \
		'-DLIBC_ALIAS(name,...)=EXPORT name;' $< -o - | grep -o 'EXPORT [A-Za-z0-9_]*' | cut -d ' ' -f 2 | sort -u > $@

$(B)/libimgbench.map: $(B)/libimgbench.exports
	$(call say,GEN,$@)(echo '{ global:'; sed 's/$$/;/' $<; echo 'local: *; };') > $@

$(B)/imgbench: $(ANALYZER_OBJ) $(TRACE_OBJ) $(COVERAGE_PROGRAM_OBJ)
	$(call say,LD,$@)$(CC) $(LDFLAGS) -o $@ $^ $(ANALYZER_LDLIBS)

$(B)/describe: $(DESCRIBE_OBJ) $(TRACE_OBJ)
	$(call say,LD,$@)$(CC) $(LDFLAGS) -o $@ $^ $(SAN)

# An archive: a test links only the modules it names, not the commands and their main program.
$(B)/tests/modules.a: $(ANALYZER_LIB_OBJ) $(TRACE_OBJ)
	@mkdir -p $(@D)
	@rm -f $@
	$(call say,AR,$@)$(AR) qcs $@ $^

$(TEST_BIN): $(TEST_HELPER_OBJ) $(B)/tests/modules.a
	$(call say,LD,$@)$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(TEST_LDLIBS) $(ANALYZER_LDLIBS)
$(foreach object,$(TEST_OBJ),$(eval $(B)/tests/$(basename $(notdir $(object))): $(object)))

# A part of the library that is tested by itself: the test plays what is around it.
$(B)/tests/test_transfers: $(B)/preload/samples/transfers.o

# ---- the HTML report's page, which is part of the analyzer ----
PAGE_SRC := $(filter-out %/package.json %/package-lock.json,$(call sources,analyzer/page,*.*))
PAGE_PARTS := $(patsubst %,$(B)/analyzer/page/%.html,head middle tail)
# As scripts/setup leaves it; whoever builds elsewhere (B=) uses the same.
PAGE_MODULES := build/page/node_modules

$(PAGE_PARTS) &: $(PAGE_SRC) analyzer/page/package-lock.json Makefile
	@[ -e $(PAGE_MODULES)/esbuild ] && cmp -s analyzer/page/package-lock.json build/page/package-lock.json || \
		{ echo '$(PAGE_MODULES) is missing or out of date: run scripts/setup' >&2; exit 1; }
	$(call say,GEN,$(@D))node analyzer/page/build.mjs $(PAGE_MODULES) $(B)/analyzer/page

$(B)/analyzer/render/html/page.o: analyzer/render/html/page.S $(PAGE_PARTS)
	@mkdir -p $(@D)
	$(call say,AS,$<)$(CC) -c $(foreach part,HEAD:head MIDDLE:middle TAIL:tail,\
		'-DPAGE_$(firstword $(subst :, ,$(part)))="$(B)/analyzer/page/$(lastword $(subst :, ,$(part))).html"') -o $@ $<

# Which paths a report has: gates are held against it.
$(B)/analyzer/gate/schema_text.o: analyzer/gate/schema_text.S docs/report.schema.json
	@mkdir -p $(@D)
	$(call say,AS,$<)$(CC) -c '-DREPORT_SCHEMA="docs/report.schema.json"' -o $@ $<

# ---- objects ----
$(ALL_OBJ): Makefile

$(B)/preload/with/trace/%.o: trace/%.c
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(BASE_FLAGS) $(CFLAGS) $(PRELOAD_FLAGS) -c -o $@ $<

$(B)/preload/%.o: preload/%.c
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(BASE_FLAGS) $(CFLAGS) $(PRELOAD_FLAGS) -c -o $@ $<

$(B)/preload/%.o: preload/%.S
	@mkdir -p $(@D)
	$(call say,AS,$<)$(CC) $(BASE_FLAGS) $(CFLAGS) $(PRELOAD_FLAGS) -c -o $@ $<

$(B)/tests/%.o: tests/%.c
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(BASE_FLAGS) $(CFLAGS) $(ANALYZER_CFLAGS) $(TEST_CFLAGS) -c -o $@ $<

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(BASE_FLAGS) $(CFLAGS) $(ANALYZER_CFLAGS) $(OWN_CFLAGS) -c -o $@ $<

# Loops over pixels are made into vectors. A product and a sum stay two steps: equal pictures have to give equal numbers,
# and every machine the same ones.
$(patsubst %,$(B)/analyzer/quality/metrics/%.o,pixels window ssimulacra2 fidelity): \
	OWN_CFLAGS := -O3 -ffp-contract=off -fno-math-errno -fno-trapping-math
# Only its headers: it is loaded by who needs it.
VIPS_CFLAGS := $(shell $(PKG_CONFIG) --cflags vips)
$(B)/analyzer/quality/decode.o: OWN_CFLAGS := $(VIPS_CFLAGS)

# Victims are plain programs that know nothing of imgbench; their rules name them in VICTIMS.
-include tests/victims/rules.mk
-include tests/bench/rules.mk
-include tests/fuzz/rules.mk

# ---- installation: scripts/install knows which file lies where ----
PREFIX ?= /usr/local
prefix = $(PREFIX)
exec_prefix = $(prefix)
bindir = $(exec_prefix)/bin
libdir = $(exec_prefix)/lib
includedir = $(prefix)/include
datarootdir = $(prefix)/share
docdir = $(datarootdir)/doc/imgbench
mandir = $(datarootdir)/man
bashcompletiondir = $(datarootdir)/bash-completion/completions
zshcompletiondir = $(datarootdir)/zsh/site-functions
fishcompletiondir = $(datarootdir)/fish/vendor_completions.d
INSTALL_TO := DESTDIR bindir libdir includedir docdir mandir bashcompletiondir zshcompletiondir fishcompletiondir
quoted = '$(subst ','\'',$(1))'
INSTALL = B=$(B) version=$(VERSION) $(foreach name,$(INSTALL_TO),$(name)=$(call quoted,$($(name)))) scripts/install

install: all ## install below PREFIX (/usr/local); DESTDIR stages it elsewhere
	@$(INSTALL) install
uninstall: ## remove exactly what install put there
	@$(INSTALL) uninstall

deb: all ## build a Debian package, build/imgbench_VERSION_ARCHITECTURE.deb
	@rm -rf $(B)/deb
	@$(MAKE) -s --no-print-directory install PREFIX=/usr DESTDIR="$$PWD/$(B)/deb/root"
	@B=$(B) version=$(VERSION) scripts/deb

# ---- tests, checks, documentation ----
tests: $(TEST_BIN) $(VICTIMS) $(BENCH_PROGRAMS) ## build the tests without running them

victims: ## build the small programs that run under the library

test: all tests $(B)/describe ## run all unit and integration tests
	@scripts/run-tests $(TEST_BIN)

unit-tests: $(TEST_BIN) ## run the unit tests alone
	@printf '%s\n' $(TEST_BIN) | CK_VERBOSITY=minimal xargs -P "$$(nproc)" -I@ sh -c \
		'timeout 300 ./@ >@.log 2>&1 </dev/null || { cat @.log; echo "FAILED @"; exit 1; }'
	@echo 'ok unit tests: $(words $(TEST_BIN)) programs'

sanitize: ## run the unit tests under ASan and UBSan, built in build/sanitize
	@$(MAKE) --no-print-directory SANITIZE=1 unit-tests

coverage: ## which lines the tests reach, against what they have to; a page in build/coverage, takes a quarter of an hour
	@scripts/checks/coverage

torture: all tests ## attack library and reader: all trials, takes long; TORTURE='--short faults' hands options to scripts/torture
	@scripts/torture $(TORTURE)

CHECKS := check-cppcheck check-layers check-format check-headers check-lines check-docs check-symbols
.PHONY: $(CHECKS)
check: ## all checks, side by side: style, layers, documentation, symbols, static analysis
	@$(MAKE) $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc)) --output-sync=target --no-print-directory --keep-going $(CHECKS)

# Many files for each clang-format: it starts more slowly than it reads a file.
check-format: ## C files are as clang-format would write them
	@mkdir -p $(B)
	@printf '%s\n' $(sort $(C_FILES)) | xargs -P "$$(nproc)" -n 40 $(CLANG_FORMAT) --dry-run --Werror >$(B)/format.log 2>&1 || \
		{ names=$$(grep -o '^[^: ]*\.[ch]:' $(B)/format.log | sort -u); echo "$${names:-$$(cat $(B)/format.log)}"; \
		echo 'not formatted, run make format'; exit 1; }; \
		echo 'ok format: $(words $(sort $(C_FILES))) files'
check-layers: ## rooms of at most 15 files, arrows that lead down, no cycle; docs/graph.svg is current
	@scripts/checks/graph check
check-headers: ## headers are narrow, or say why not
	@scripts/checks/headers
check-lines: ## no source file is too long
	@scripts/checks/lines
check-docs: $(B)/describe ## the pages of docs/ that are made from tables are current
	@for page in format hooks findings database; do $(B)/describe $$page | diff -u docs/$$page.md - \
		|| { echo "docs/$$page.md is out of date: run make docs"; exit 1; }; done; echo 'ok docs: generated pages are current'
check-symbols: $(B)/libimgbench.so ## exports and needs of the library
	@scripts/checks/symbols $(B)/libimgbench.so $(B)/libimgbench.exports $(PRELOAD_OBJ)
check-cppcheck: ## static analysis
	@CPPCHECK='$(CPPCHECK)' B='$(B)' VERSION='$(VERSION)' scripts/checks/cppcheck $(TRACE_SRC) $(PRELOAD_SRC) $(ANALYZER_SRC)

# Minutes, so not among the checks: scripts/torture analysis calls them.
.PHONY: check-analyzer tidy compile_commands.json
check-analyzer: ## gcc -fanalyzer over the library and the trace format
	@VERSION='$(VERSION)' scripts/checks/analyzer gcc $(TRACE_SRC) $(filter %.c,$(PRELOAD_SRC))
tidy: compile_commands.json $(PAGE_PARTS) ## clang-tidy over all of trace/, preload/ and analyzer/, minutes
	@scripts/checks/analyzer tidy $(TRACE_SRC) $(PRELOAD_SRC) $(ANALYZER_SRC)

# Anew each time, in a second: it follows from this Makefile and from which files there are.
compile_commands.json: ## how each file is compiled, for clang-tidy and editors
	@scripts/checks/compile-commands '$(MAKE)' B='$(B)' CC='$(CC)' all tests $(B)/describe >$@

.PHONY: graph
graph: ## draw the rooms of the code and their arrows, docs/graph.svg
	@scripts/checks/graph svg docs/graph.svg
docs: $(B)/describe ## write the pages of docs/ that are made from tables
	@mkdir -p docs
	$(call say,DOC,docs/format.md)$(B)/describe format > docs/format.md
	$(call say,DOC,docs/findings.md)$(B)/describe findings > docs/findings.md
	$(call say,DOC,docs/database.md)$(B)/describe database > docs/database.md
	$(call say,DOC,docs/hooks.md)$(B)/describe hooks > docs/hooks.md
	$(call say,DOC,docs/oracle.md)python3 tests/integration/oracle/oracle.py page > docs/oracle.md

format: ## reformat all C files
	$(CLANG_FORMAT) -i $(C_FILES)
demo: ## benchmark real images with real tools
	scripts/demo
bench: all $(BENCH_PROGRAMS) ## measure what the library and the command cost; BENCH='--only read' hands options to scripts/bench
	@scripts/bench $(BENCH)
clean: ## remove everything built
	rm -rf build
help: ## this list
	@sed -n 's/^\([a-z_.-]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 24
	@printf '%s\n' '' 'V=1 prints whole commands, SANITIZE=1 builds under ASan and UBSan in build/sanitize,' \
		'CC=clang B=build/clang builds with another compiler in another folder.'

-include $(ALL_OBJ:.o=.d)
