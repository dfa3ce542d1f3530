/* SPDX-License-Identifier: Apache-2.0 */
/* tables.h - the tables that the program ships, for cmocka: one set for all tests of a group. */
#ifndef SL_TEST_TABLES_H
#define SL_TEST_TABLES_H

#include "check.h"
#include "pipeline/tables.h"

static struct sl_tables *tables;

static inline int tables_set_up(void **state)
{
	static const struct sl_config config;
	struct sl_err err = { 0 };
	(void)state;
	return sl_tables_load(&config, &tables, &err) == SL_OK ? 0 : -1;
}

static inline int tables_tear_down(void **state)
{
	(void)state;
	sl_tables_free(&tables);
	return 0;
}

#endif
