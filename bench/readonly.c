/* SPDX-License-Identifier: Apache-2.0 */
/* readonly.c - the floor: archives read and split by libarchive, each mail hashed once.
 *
 *   readonly [-o DIR [-e EVERY]] ARCHIVE...
 *
 * Prints the mails, their bytes and a hash over them. With -o each mail (with -e each EVERYth) is
 * also written to a file of DIR, for programs that read no archives.
 */
#include "each_mail.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <xxhash.h>

struct totals {
	unsigned long mails, every;
	unsigned long long bytes;
	XXH64_hash_t hash;
	const char *folder;
};

static void write_mail(const char *p, size_t n, const struct totals *t)
{
	char path[4096];
	snprintf(path, sizeof(path), "%s/%08lu", t->folder, t->mails);
	FILE *f = fopen(path, "w");
	if (!f || fwrite(p, 1, n, f) != n || fclose(f) != 0) {
		perror(path);
		exit(1);
	}
}

static void count_mail(char *p, size_t n, void *arg)
{
	struct totals *t = arg;
	if (t->folder && t->mails % t->every == 0)
		write_mail(p, n, t);
	t->mails++;
	t->bytes += n;
	t->hash ^= XXH3_128bits(p, n).low64;
}

int main(int argc, char **argv)
{
	struct totals t = { .every = 1 };
	int option, failed = 0;
	while ((option = getopt(argc, argv, "o:e:")) != -1) {
		if (option == 'o')
			t.folder = optarg;
		else if (option != 'e' || (t.every = strtoul(optarg, NULL, 10)) == 0)
			return 64;
	}
	for (int i = optind; i < argc; i++)
		failed |= each_mail(argv[i], count_mail, &t);
	printf("%lu mails, %llu bytes raw, hash %016llx\n", t.mails, t.bytes,
		(unsigned long long)t.hash);
	return failed;
}
