/* SPDX-License-Identifier: Apache-2.0 */
/* pack.h - builds archives in memory with libarchive's writer, for tests of readers. */
#ifndef SL_TEST_PACK_H
#define SL_TEST_PACK_H

#include "check.h"
#include "pipeline/base/buf.h"

#include <archive.h>
#include <archive_entry.h>

enum { PACK_TIME = 1793700901 };

struct pack_file {
	const char *name;
	struct sl_span bytes;
	const char *link; /* a symbolic link to there, or NULL */
	bool folder;
};

static inline la_ssize_t pack_write(struct archive *a, void *arg, const void *bytes, size_t n)
{
	(void)a;
	sl_buf_add(arg, sl_span_of(bytes, n));
	return (la_ssize_t)n;
}

static inline void pack_entry(struct archive *a, const struct pack_file *file)
{
	struct archive_entry *entry = archive_entry_new();
	archive_entry_set_pathname(entry, file->name);
	archive_entry_set_perm(entry, 0644);
	archive_entry_set_mtime(entry, PACK_TIME, 0);
	archive_entry_set_filetype(entry, file->link     ? AE_IFLNK
					  : file->folder ? AE_IFDIR
							 : AE_IFREG);
	if (file->link)
		archive_entry_set_symlink(entry, file->link);
	archive_entry_set_size(entry, (la_int64_t)file->bytes.n);
	assert_true(archive_write_header(a, entry) >= ARCHIVE_WARN);
	if (file->bytes.n)
		assert_int_equal(
			archive_write_data(a, file->bytes.p, file->bytes.n), file->bytes.n);
	archive_entry_free(entry);
}

/* `format`: "ustar", "zip", "7zip", "raw" ...; `filter`: "gzip", "none" ...; `options` of
 * archive_write_set_options(), or NULL. The caller frees the result. */
static inline struct sl_buf pack(const char *format, const char *filter, const char *options,
	const struct pack_file *files, size_t n)
{
	struct sl_buf out = sl_buf_make(256 << 20);
	struct archive *a = archive_write_new();
	assert_int_equal(archive_write_set_format_by_name(a, format), ARCHIVE_OK);
	if (strcmp(filter, "none") != 0)
		assert_int_equal(archive_write_add_filter_by_name(a, filter), ARCHIVE_OK);
	archive_write_set_bytes_in_last_block(a, 1);
	if (options)
		assert_int_equal(archive_write_set_options(a, options), ARCHIVE_OK);
	if (options && strstr(options, "encryption"))
		archive_write_set_passphrase(a, "secret");
	assert_int_equal(archive_write_open(a, &out, NULL, pack_write, NULL), ARCHIVE_OK);
	for (size_t i = 0; i < n; i++)
		pack_entry(a, &files[i]);
	assert_int_equal(archive_write_close(a), ARCHIVE_OK);
	archive_write_free(a);
	return out;
}

/* One file, compressed. */
static inline struct sl_buf squeeze(const char *filter, struct sl_span bytes)
{
	const struct pack_file file = { .name = "data", .bytes = bytes };
	return pack("raw", filter, NULL, &file, 1);
}

#endif
