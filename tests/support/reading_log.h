/* SPDX-License-Identifier: Apache-2.0 */
/* reading_log.h - read bytes through sl_source_read() into a sink that logs. */
#ifndef SL_READING_LOG_H
#define SL_READING_LOG_H

#include "pack.h"
#include "sink.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define F "From a@example.org Tue Nov  3 10:15:01 2026\n"
#define MAIL(n) "Subject: mail " n "\nTo: trap@example.net\n\nbody no " n "\n"
#define MBOX F MAIL("1") "\n" F MAIL("2") "\n"

#define FILE_OF(path, literal)                                                                     \
	{                                                                                          \
		.name = (path), .bytes = {(literal), sizeof(literal) - 1 }                         \
	}

static const struct pack_file sample[] = {
	FILE_OF("a/1.eml", MAIL("1")),
	FILE_OF("a/box", MBOX),
	FILE_OF("README", "read me\n"),
	FILE_OF("empty", ""),
	FILE_OF("cur/1793700000.M1P2.host:2,S", MAIL("3")),
	{ .name = "folder/", .folder = true },
	FILE_OF("a/2", MAIL("4")),
	{ .name = "link", .link = "/etc/passwd" },
};

static const char *const filters[] = { "gzip", "bzip2", "xz", "lzma", "zstd", "lz4", "compress" };

static inline struct sl_span fat_mail(void)
{
	enum { N = 40000 };
	static char text[N];
	uint32_t seed = 7;
	memcpy(text, "Subject: fat\n\n", 14);
	for (size_t i = 14; i < N; i++) {
		seed = seed * 1664525 + 1013904223;
		text[i] = i % 70 == 0 ? '\n' : (char)('!' + (seed >> 24) % 90);
	}
	return sl_span_of(text, N);
}

static const struct sl_limits roomy = {
	.ratio = 1000, .archive_depth = 4, .spool = 64 << 20, .entries = 1000
};

static inline int file_of(struct sl_span bytes)
{
	int fd = memfd_create("test", MFD_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes.p, bytes.n), bytes.n);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static inline enum sl_rc read_with(struct log_sink *log, struct sl_span bytes, const char *name,
	const struct sl_limits *limits)
{
	struct sl_err err = { .text = "" };
	int fd = file_of(bytes);
	enum sl_rc rc = sl_source_read(fd, name, limits, NULL, &log->sink, &err);
	close(fd);
	return rc;
}

static inline void check_log(
	struct sl_span bytes, const char *name, const struct sl_limits *limits, const char *want)
{
	struct log_sink log = log_sink_make();
	assert_int_equal(read_with(&log, bytes, name, limits), SL_OK);
	CHECK_SPAN(sl_buf_span(&log.log), want);
	log_sink_free(&log);
}

#endif
