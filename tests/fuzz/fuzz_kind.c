/* SPDX-License-Identifier: BSD-2-Clause */
/* Kinds of hostile bytes, media types and names: each from the same input, whole and cut. */
#include <assert.h>
#include <string.h>

#include "core/kind.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = str_of((const char *)data, size);
	const char *word;
	enum kind k = kind_of_bytes(in, &word);
	char engine[64] = "CL_TYPE_", text[KINDS_TEXT];
	enum kind again;

	assert(k < KIND_COUNT && word != NULL && word[0] != '\0');
	assert(kind_of_bytes(str_sub(in, 0, KIND_FIRST), NULL) == k);
	assert(kind_of_word(str_c(kind_word(k)), &again) && again == k);
	for (size_t i = 0; i < 20 && i < size; i++)
		kind_of_bytes(str_sub(in, 0, i), NULL);
	assert(kind_of_media_type(in) < KIND_COUNT && kind_of_name(in) < KIND_COUNT);
	assert(!kind_mismatch(in, in, KIND_UNKNOWN));
	kind_mismatch(in, in, k);
	memcpy(engine + 8, data, size < 40 ? size : 40);
	assert(kind_of_object(engine, in) < KIND_COUNT);
	assert(kinds_text(UINT32_MAX, text) < KINDS_TEXT);
	return 0;
}
