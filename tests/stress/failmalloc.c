/* SPDX-License-Identifier: Apache-2.0 */
/* failmalloc.c - a library for LD_PRELOAD whose Nth allocation fails.
 *
 * FAIL_AT=N: the Nth fails; FAIL_FOREVER=1: and all behind it. FAIL_COUNT=FILE: at the end of the
 * process, write down how many there were. Only the process that loaded the library counts: its
 * children go on undisturbed, and what they start does not see FAIL_AT. Counting begins at main(),
 * which is known by the program's first fcntl(0, F_GETFD): before it, GObject waits for itself for
 * ever when it gets no memory. glibc only.
 */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *p, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *p);

enum { UNKNOWN, BUSY, READY };
static atomic_int state;
static atomic_bool begun;
static atomic_ullong allocations;
static unsigned long long fail_at;
static bool for_ever;
static const char *count_path;

static unsigned long long number(const char *text)
{
	unsigned long long value = 0;
	for (; text && *text >= '0' && *text <= '9'; text++)
		value = value * 10 + (unsigned long long)(*text - '0');
	return value;
}

static void in_child(void)
{
	fail_at = 0;
	count_path = NULL;
}

static void get_ready(void)
{
	int unknown = UNKNOWN;
	if (!atomic_compare_exchange_strong(&state, &unknown, BUSY))
		return;
	fail_at = number(getenv("FAIL_AT"));
	for_ever = number(getenv("FAIL_FOREVER")) != 0;
	count_path = getenv("FAIL_COUNT");
	atomic_store(&state, READY);
}

__attribute__((constructor)) static void begin(void)
{
	get_ready();
	pthread_atfork(NULL, NULL, in_child);
	unsetenv("FAIL_AT");
	unsetenv("FAIL_COUNT");
}

__attribute__((destructor)) static void end(void)
{
	char text[32];
	int fd = count_path ? open(count_path, O_WRONLY | O_CREAT | O_TRUNC, 0666) : -1;
	if (fd < 0)
		return;
	int n = snprintf(text, sizeof(text), "%llu\n", atomic_load(&allocations));
	if (write(fd, text, (size_t)n) != n)
		_exit(1);
	close(fd);
}

int fcntl(int fd, int command, ...)
{
	va_list arguments;
	va_start(arguments, command);
	void *argument = va_arg(arguments, void *);
	va_end(arguments);
	if (fd == 0 && command == F_GETFD)
		atomic_store(&begun, true);
	return (int)syscall(SYS_fcntl, fd, command, argument);
}

static bool fails(void)
{
	if (!atomic_load(&begun))
		return false;
	if (atomic_load(&state) != READY)
		get_ready();
	unsigned long long at = atomic_fetch_add(&allocations, 1) + 1;
	if (!fail_at || at < fail_at || (at > fail_at && !for_ever))
		return false;
	errno = ENOMEM;
	return true;
}

void *malloc(size_t size)
{
	return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return fails() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *p, size_t size)
{
	return fails() ? NULL : __libc_realloc(p, size);
}

void *reallocarray(void *p, size_t count, size_t size)
{
	size_t bytes;
	if (__builtin_mul_overflow(count, size, &bytes)) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc(p, bytes);
}

/* Also this one, so that a program that brings an allocator of its own uses it for nothing. */
void free(void *p)
{
	__libc_free(p);
}

void *memalign(size_t alignment, size_t size)
{
	return fails() ? NULL : __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	return fails() ? NULL : __libc_memalign(alignment, size);
}

int posix_memalign(void **p_r, size_t alignment, size_t size)
{
	void *p = fails() ? NULL : __libc_memalign(alignment, size);
	if (!p)
		return ENOMEM;
	*p_r = p;
	return 0;
}
