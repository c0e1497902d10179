# SPDX-License-Identifier: MIT
# Owns: how the victims and their stand-in codec libraries are built, all below build/victims/.
# Must not know: the profiler.
B ?= build
VICTIM_DIR := $(B)/victims
VICTIM_NAMES := stages slower threads interleaved helper killed rows bytes heap streams calls marks
VICTIMS += $(addprefix $(VICTIM_DIR)/,$(VICTIM_NAMES))
VICTIM_HEADERS := $(wildcard tests/victims/*/*.h)
VICTIM_FLAGS := -std=c11 -D_GNU_SOURCE -Wall -Wextra -Wpedantic -Werror -I. -O2 -g -pthread
FAKE_WEBP := $(VICTIM_DIR)/lib/libwebp.so.7
FAKE_JPEG := $(VICTIM_DIR)/lib/libjpeg.so.62

.PHONY: victims
victims: $(addprefix $(VICTIM_DIR)/,$(VICTIM_NAMES))

$(FAKE_WEBP): tests/victims/codecs/fake_webp.c
$(FAKE_JPEG): tests/victims/codecs/fake_jpeg.c
$(FAKE_WEBP) $(FAKE_JPEG): $(VICTIM_HEADERS) tests/victims/rules.mk
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(VICTIM_FLAGS) -fPIC -shared -Wl,-soname,$(@F) -o $@ $(filter %.c,$^)

# $(1): victim, $(2): sources besides its own, $(3): library, reached through the PLT as optimizers do.
define victim
$(VICTIM_DIR)/$(1): tests/victims/$(1).c $(2) tests/victims/parts/journal.c $(3) $(VICTIM_HEADERS) tests/victims/rules.mk
	@mkdir -p $$(@D)
	$$(call say,LD,$$@)$$(CC) $(VICTIM_FLAGS) -Wl,--enable-new-dtags -Wl,-rpath,'$$$$ORIGIN/lib' -o $$@ $$(filter %.c,$$^) $(3)
endef
$(foreach name,stages slower threads interleaved helper killed,$(eval \
	$(call victim,$(name),tests/victims/parts/pipeline.c,$(FAKE_WEBP))))
$(eval $(call victim,rows,,$(FAKE_JPEG)))
$(eval $(call victim,bytes))
$(eval $(call victim,heap))
$(eval $(call victim,streams))
$(eval $(call victim,calls))
$(eval $(call victim,marks))
$(VICTIM_DIR)/marks: include/imgbench/mark.h

# stacks: every call stays a call, so that each function is found on the stack; frame pointers are left out.
STACKS_LINKED := $(VICTIM_DIR)/lib/libstacks_linked.so
STACKS_PLUGIN := $(VICTIM_DIR)/lib/stacks_plugin.so
VICTIMS += $(VICTIM_DIR)/stacks
victims: $(VICTIM_DIR)/stacks
$(STACKS_LINKED): STACKS_NAME := linked_make
$(STACKS_PLUGIN): STACKS_NAME := plugin_make
$(STACKS_LINKED) $(STACKS_PLUGIN): tests/victims/parts/stacks_library.c tests/victims/rules.mk
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(VICTIM_FLAGS) -DNAME=$(STACKS_NAME) -fPIC -shared -Wl,-soname,$(@F) -o $@ $<
$(VICTIM_DIR)/stacks: tests/victims/stacks.c tests/victims/parts/journal.c $(STACKS_LINKED) $(STACKS_PLUGIN) $(VICTIM_HEADERS)
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(VICTIM_FLAGS) -fomit-frame-pointer -fno-optimize-sibling-calls -fno-inline \
		-Wl,--enable-new-dtags -Wl,-rpath,'$$ORIGIN/lib' -o $@ $(filter %.c,$^) $(STACKS_LINKED) -ldl
