/* SPDX-License-Identifier: Apache-2.0 */
#include "glib_log.h"

#include <glib.h>
#include <stdio.h>
#include <unistd.h>

static struct {
	char *words;
	size_t size;
} last; /* one a process: GLib has one handler */

static void on_glib(
	const gchar *domain, GLogLevelFlags level, const gchar *message, gpointer unused)
{
	char line[512];
	(void)unused;
	if (!(level & (G_LOG_FLAG_FATAL | G_LOG_LEVEL_ERROR)))
		return;
	int n = snprintf(line, sizeof(line), "%s: %s\n", domain ? domain : "GLib", message);
	if (last.words)
		snprintf(last.words, last.size, "%.*s", n - 1, line);
	if (n > 0 &&
		write(STDERR_FILENO, line, (size_t)n < sizeof(line) ? (size_t)n : sizeof(line)))
		return;
}

void sl_glib_log_to(char *words, size_t size)
{
	last.words = words;
	last.size = size;
	g_log_set_default_handler(on_glib, NULL);
}
