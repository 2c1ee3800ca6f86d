/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs a fuzz target over every file of the folders named on the command line, once. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	static uint8_t bytes[4 << 20];
	size_t n;
	uint8_t *copy;

	if (f == NULL)
		return 1;
	n = fread(bytes, 1, sizeof(bytes), f);
	fclose(f);
	copy = malloc(n > 0 ? n : 1); /* exact size, so that AddressSanitizer sees the end */
	if (copy == NULL)
		return 1;
	memcpy(copy, bytes, n);
	LLVMFuzzerTestOneInput(copy, n);
	free(copy);
	return 0;
}

int main(int argc, char **argv)
{
	int files = 0;

	LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
	for (int i = 1; i < argc; i++) {
		DIR *d = opendir(argv[i]);
		struct dirent *e;
		char path[4096];

		while (d != NULL && (e = readdir(d)) != NULL) {
			snprintf(path, sizeof(path), "%s/%s", argv[i], e->d_name);
			if (e->d_name[0] != '.' && replay_file(path) == 0)
				files++;
		}
		if (d != NULL)
			closedir(d);
	}
	printf("%d inputs\n", files);
	return files > 0 ? 0 : 1;
}
