/* SPDX-License-Identifier: Apache-2.0 */
/* config.h - the options in force, as plain fields.
 *
 * Filled once by options.c from defaults, the configuration file and the command line; constant
 * and shared by all threads from then on. Strings are owned by the options object.
 */
#ifndef SL_CONFIG_H
#define SL_CONFIG_H

#include "base/clock.h"
#include "limits.h"

struct sl_strings {
	const char **items;
	size_t n;
};

struct sl_config {
	struct sl_limits limits;
	const char *store, *out;
	unsigned jobs, readers;
	struct sl_strings formats; /* feeds to write, by name */
	int64_t as_of;             /* the injected clock */
	bool as_of_given;
	bool isolation_process, require_sandbox;
	uint64_t message_cpu;    /* milliseconds of CPU that a message may take in a cell */
	uint64_t content_cache;  /* bytes that a worker remembers of bodies and texts */
	uint64_t quarantine;     /* bytes of mails kept in quarantine */
	struct sl_strings trust; /* host suffixes and networks of the trap's receivers */
	struct sl_strings authserv_ids;
	struct sl_strings envelope_headers; /* headers that the trap itself writes */
	struct sl_strings trap_addresses;   /* ADDR | @DOMAIN, files already read in */
	struct sl_strings own, allow;       /* domains, files already read in */
	const char *region;                 /* "JP" or empty */
	const char *psl_file;
	struct sl_strings mmdb;
	const char *warninglists;
	const char *brands_file;
	bool offline, again, all, quiet, json, rehash, sha256_all;
	bool rebuild; /* check: build the derived tables again */
	unsigned verbose;
	const char *language; /* of texts for people: "en" */
	int64_t since, until; /* SL_TIME_NONE: open */
	uint64_t slab;        /* bytes of one slab */
	uint64_t wave_days;   /* silence that ends a wave */
	uint64_t confidence;  /* least confidence of a blocking feed */
	bool force;           /* let blocking feeds through that are not as usual */
	uint64_t list_days;   /* age of the newest warninglist that holds blocking feeds; 0: any */
};

#endif
