# SPDX-License-Identifier: MIT
# Owns: how the victims and their stand-in codec libraries are built, all below build/victims/.
# Must not know: the profiler.
B ?= build
VICTIM_DIR := $(B)/victims
VICTIM_NAMES := stages threads interleaved helper killed rows bytes heap calls
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
$(foreach name,stages threads interleaved helper killed,$(eval \
	$(call victim,$(name),tests/victims/parts/pipeline.c,$(FAKE_WEBP))))
$(eval $(call victim,rows,,$(FAKE_JPEG)))
$(eval $(call victim,bytes))
$(eval $(call victim,heap))
$(eval $(call victim,calls))
