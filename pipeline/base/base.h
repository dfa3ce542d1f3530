/* SPDX-License-Identifier: Apache-2.0 */
/* base.h - what every file of spamloom needs: result codes, attributes, assertions.
 *
 * Nothing here allocates or locks. An assertion is for a broken invariant of our own,
 * never for bad input: it prints what the thread was working on and aborts.
 */
#ifndef SL_BASE_H
#define SL_BASE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The ladder of results. OK: done. END: nothing more (not an error). WARN: done, with
 * damage that was recorded. SKIP: this item is lost, go on with the next. FATAL: the
 * environment is broken (disk, store, configuration); details are in a struct sl_err. */
enum sl_rc { SL_OK = 0, SL_END = 1, SL_WARN = -1, SL_SKIP = -2, SL_FATAL = -3 };

/* Exit codes of the program (sysexits.h where it has one). */
enum sl_exit {
	SL_EXIT_CLEAN = 0,
	SL_EXIT_DAMAGED = 1, /* finished; some input was damaged, quarantined or limited */
	SL_EXIT_USAGE = 64,
	SL_EXIT_NODATA = 65,  /* no input could be read */
	SL_EXIT_NOINPUT = 66, /* no such input */
	SL_EXIT_INTERNAL = 70,
	SL_EXIT_CANTCREAT = 73,
	SL_EXIT_IOERR = 74,
	SL_EXIT_LOCKED = 75,
	SL_EXIT_CONFIG = 78
};

#define SL_MUST_CHECK __attribute__((warn_unused_result))
#define SL_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define SL_NORETURN __attribute__((noreturn))
#define SL_CLEANUP(fn) __attribute__((cleanup(fn)))
#define SL_LEN(array) (sizeof(array) / sizeof((array)[0]))

/* Print "assertion failed", the place, and what this thread works on; abort. */
SL_NORETURN void sl_assert_fail(const char *text, const char *file, int line);

/* Always on: a broken invariant must not write feeds. */
#define sl_assert(x) ((x) ? (void)0 : sl_assert_fail(#x, __FILE__, __LINE__))

/* Name what the calling thread works on, for assertion and out-of-memory messages.
 * The text is borrowed: it must live until the next call. NULL clears it. */
void sl_working_on(const char *what);
const char *sl_working_on_what(void);

/* Also leave the words of a failed assertion or allocation in `to` (of `size` bytes,
 * NUL-terminated), for whoever buries this process. NULL: no more. For a process of one thread. */
void sl_last_words(char *to, size_t size);

/* malloc family that never returns NULL: a batch tool that bounds its input does not limp
 * on without memory. Prints the size and what the thread works on, aborts. */
void *sl_malloc(size_t size) __attribute__((malloc, returns_nonnull));
void *sl_calloc(size_t count, size_t size) __attribute__((malloc, returns_nonnull));
void *sl_realloc(void *p, size_t size) __attribute__((returns_nonnull));
/* For buffers that files are read into, on a cache line. malloc() puts large blocks 16 bytes behind
 * the start of a page, and copying a page there takes AMD processors four times as long (rep movsb,
 * by the kernel and by memcpy(); measured on Zen 5). */
void *sl_malloc_aligned(size_t size) __attribute__((malloc, returns_nonnull));

#endif
