/* SPDX-License-Identifier: Apache-2.0 */
/* geo.c - country and network of an address, out of MaxMind DB files (--mmdb, repeatable).
 *
 * The only door to libmaxminddb. A file is copied into sealed memory, walked once from end to end
 * (mmdb_check.h), and only then used: a file that is replaced, cut or lying cannot hurt a look-up.
 * What a file answers is taken from what its records hold, not from its name: nested
 * country.iso_code or flat country_code, autonomous_system_number and _organization. The first file
 * in the order of the options that knows something wins. Databases differ on one address in ten, so
 * the answer names the file and its build date. An answer costs about a microsecond and the copy of
 * its texts.
 */
#include "mmdb_check.h"

#include "pipeline/base/utf8.h"
#include "pipeline/lookup.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <maxminddb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SAMPLE = 1000, LIFETIME_DAYS = 30, FILE_MAX = INT32_MAX };

/* What a file knows. Bits. */
enum { HAS_NETWORK = 1, HAS_COUNTRY = 2 };

struct geo_file {
	MMDB_s db;
	bool open;
	unsigned has;
	struct sl_span edition; /* "asn.mmdb@2026-06-17" */
};

struct geo {
	struct sl_arena *arena;
	struct geo_file *files;
	size_t n_files;
	struct sl_span edition;
};

/* Paths of a value inside a record, in order of preference. */
static const char *const asn_paths[][3] = { { "autonomous_system_number" }, { "asn" } };
static const char *const as_name_paths[][3] = { { "autonomous_system_organization" }, { "as_name" },
	{ "as_organization" } };
static const char *const country_paths[][3] = { { "country", "iso_code" }, { "country_code" },
	{ "country" } };

static bool take_text(const MMDB_entry_data_s *data, struct sl_span *text_r)
{
	if (!data->has_data || data->type != MMDB_DATA_TYPE_UTF8_STRING || !data->data_size)
		return false;
	*text_r = sl_span_of(data->utf8_string, data->data_size);
	return sl_utf8_valid_prefix(*text_r) == text_r->n;
}

static bool find_text(
	MMDB_entry_s *entry, const char *const (*paths)[3], size_t n, struct sl_span *text_r)
{
	MMDB_entry_data_s data;
	for (size_t i = 0; i < n; i++) {
		if (MMDB_aget_value(entry, &data, paths[i]) == MMDB_SUCCESS &&
			take_text(&data, text_r))
			return true;
	}
	return false;
}

/* Two capital letters (ISO 3166-1 alpha-2): some layouts keep a name under "country". */
static bool find_country(MMDB_entry_s *entry, struct sl_span *code_r)
{
	for (size_t i = 0; i < SL_LEN(country_paths); i++) {
		if (find_text(entry, country_paths + i, 1, code_r) && code_r->n == 2 &&
			code_r->p[0] >= 'A' && code_r->p[0] <= 'Z' && code_r->p[1] >= 'A' &&
			code_r->p[1] <= 'Z')
			return true;
	}
	return false;
}

static bool number_of(const MMDB_entry_data_s *data, uint64_t *value_r)
{
	struct sl_span text;
	if (!data->has_data)
		return false;
	switch (data->type) {
	case MMDB_DATA_TYPE_UINT16:
		*value_r = data->uint16;
		return true;
	case MMDB_DATA_TYPE_UINT32:
		*value_r = data->uint32;
		return true;
	case MMDB_DATA_TYPE_UINT64:
		*value_r = data->uint64;
		return true;
	default:
		return take_text(data, &text) && sl_span_istarts(text, SL_SPAN("as")) &&
		       sl_span_u64(sl_span_from(text, 2), value_r);
	}
}

static bool find_asn(MMDB_entry_s *entry, uint64_t *asn_r)
{
	MMDB_entry_data_s data;
	for (size_t i = 0; i < SL_LEN(asn_paths); i++) {
		if (MMDB_aget_value(entry, &data, asn_paths[i]) == MMDB_SUCCESS &&
			number_of(&data, asn_r) && *asn_r > 0 && *asn_r <= UINT32_MAX)
			return true;
	}
	return false;
}

static unsigned entry_has(MMDB_entry_s *entry)
{
	uint64_t asn;
	struct sl_span code;
	return (find_asn(entry, &asn) ? HAS_NETWORK : 0u) |
	       (find_country(entry, &code) ? HAS_COUNTRY : 0u);
}

/* Look into records spread over the tree until everything was seen. */
static unsigned classify(const MMDB_s *db)
{
	unsigned has = 0;
	uint32_t nodes = db->metadata.node_count;
	uint32_t stride = nodes / SAMPLE + 1;
	for (uint32_t i = 0; i < nodes && has != (HAS_NETWORK | HAS_COUNTRY); i += stride) {
		MMDB_search_node_s node;
		for (uint32_t k = i; k < nodes && k < i + 8; k++) {
			if (MMDB_read_node(db, k, &node) != MMDB_SUCCESS)
				continue;
			if (node.left_record_type == MMDB_RECORD_TYPE_DATA)
				has |= entry_has(&node.left_record_entry);
			if (node.right_record_type == MMDB_RECORD_TYPE_DATA)
				has |= entry_has(&node.right_record_entry);
		}
		if (nodes - i <= stride)
			break;
	}
	return has;
}

static enum sl_rc copy_file(int from, int to, const char *path, struct sl_err *err)
{
	char block[64 * 1024];
	uint64_t total = 0;
	ssize_t n;
	while ((n = read(from, block, sizeof(block))) > 0) {
		total += (uint64_t)n;
		if (total > FILE_MAX)
			return sl_err_set(err, SL_EXIT_CONFIG, "mmdb file %s is too large", path);
		for (ssize_t done = 0; done < n;) {
			ssize_t wrote = write(to, block + done, (size_t)(n - done));
			if (wrote <= 0)
				return sl_err_errno(err, SL_EXIT_CONFIG,
					"cannot keep mmdb file %s in memory", path);
			done += wrote;
		}
	}
	if (n < 0)
		return sl_err_errno(err, SL_EXIT_CONFIG, "cannot read mmdb file %s", path);
	return SL_OK;
}

/* A private copy that nobody can change; its descriptor. */
static enum sl_rc seal_file(const char *path, int *fd_r, struct sl_err *err)
{
	int from = open(path, O_RDONLY | O_CLOEXEC);
	if (from < 0)
		return sl_err_errno(err, SL_EXIT_CONFIG, "cannot open mmdb file %s", path);
	int to = memfd_create("spamloom-mmdb", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	enum sl_rc rc = to < 0 ? sl_err_errno(err, SL_EXIT_CONFIG,
					 "cannot keep mmdb file %s in memory", path)
			       : copy_file(from, to, path, err);
	close(from);
	if (rc == SL_OK &&
		fcntl(to, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL))
		rc = sl_err_errno(err, SL_EXIT_CONFIG, "cannot seal mmdb file %s", path);
	if (rc != SL_OK && to >= 0)
		close(to);
	else
		*fd_r = to;
	return rc;
}

static enum sl_rc check_bytes(
	int fd, const char *path, struct sl_mmdb_shape *shape_r, struct sl_err *err)
{
	struct stat st;
	if (fstat(fd, &st) || st.st_size == 0)
		return sl_err_set(err, SL_EXIT_CONFIG, "mmdb file %s is empty", path);
	size_t size = (size_t)st.st_size;
	void *bytes = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
	if (bytes == MAP_FAILED)
		return sl_err_errno(err, SL_EXIT_CONFIG, "cannot map mmdb file %s", path);
	const char *wrong = sl_mmdb_check(sl_span_of(bytes, size), shape_r);
	munmap(bytes, size);
	if (wrong)
		return sl_err_set(err, SL_EXIT_CONFIG, "mmdb file %s is damaged: %s", path, wrong);
	return SL_OK;
}

static enum sl_rc open_sealed(struct geo_file *file, int fd, const char *path, struct sl_err *err)
{
	char name[64];
	struct sl_mmdb_shape shape;
	enum sl_rc rc = check_bytes(fd, path, &shape, err);
	if (rc != SL_OK)
		return rc;
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	int status = MMDB_open(name, MMDB_MODE_MMAP, &file->db);
	if (status != MMDB_SUCCESS)
		return sl_err_set(err, SL_EXIT_CONFIG, "mmdb file %s is damaged: %s", path,
			MMDB_strerror(status));
	file->open = true;
	const MMDB_metadata_s *meta = &file->db.metadata;
	if (meta->node_count != shape.node_count || meta->record_size != shape.record_bits ||
		meta->ip_version != shape.ip_version)
		return sl_err_set(
			err, SL_EXIT_CONFIG, "mmdb file %s is damaged: metadata twice", path);
	return SL_OK;
}

static struct sl_span edition_of(
	struct sl_arena *arena, const char *path, const MMDB_metadata_s *meta)
{
	char date[SL_TIME_TEXT];
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	if (meta->build_epoch > 253402300799) /* the year 9999 */
		return sl_arena_printf(arena, "%s@unknown", name);
	sl_time_text((int64_t)meta->build_epoch, date);
	return sl_arena_printf(arena, "%s@%.10s", name, date);
}

static enum sl_rc open_file(
	struct geo *geo, struct geo_file *file, const char *path, struct sl_err *err)
{
	int fd = -1;
	enum sl_rc rc = seal_file(path, &fd, err);
	if (rc != SL_OK)
		return rc;
	rc = open_sealed(file, fd, path, err);
	close(fd);
	if (rc != SL_OK)
		return rc;
	file->has = classify(&file->db);
	if (!file->has)
		return sl_err_set(err, SL_EXIT_CONFIG,
			"mmdb file %s holds neither countries nor networks", path);
	file->edition = edition_of(geo->arena, path, &file->db.metadata);
	return SL_OK;
}

static void geo_close(void *state)
{
	struct geo *geo = state;
	for (size_t i = 0; i < geo->n_files; i++) {
		if (geo->files[i].open)
			MMDB_close(&geo->files[i].db);
	}
	sl_arena_free(&geo->arena);
	free(geo);
}

static enum sl_rc geo_open(const struct sl_config *config, void **state_r, struct sl_err *err)
{
	*state_r = NULL;
	if (!config->mmdb.n)
		return SL_OK;
	struct geo *geo = sl_calloc(1, sizeof(*geo));
	geo->arena = sl_arena_new(0);
	geo->files = sl_arena_zalloc(geo->arena, config->mmdb.n * sizeof(*geo->files));
	for (size_t i = 0; i < config->mmdb.n; i++) {
		geo->n_files = i + 1;
		enum sl_rc rc = open_file(geo, &geo->files[i], config->mmdb.items[i], err);
		if (rc != SL_OK) {
			geo_close(geo);
			return rc;
		}
		geo->edition = sl_arena_printf(geo->arena, "%.*s%s%.*s", SL_ARG(geo->edition),
			i ? " " : "", SL_ARG(geo->files[i].edition));
	}
	*state_r = geo;
	return SL_OK;
}

static struct sl_span geo_edition(void *state)
{
	const struct geo *geo = state;
	return geo->edition;
}

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static bool parse_address(struct sl_span value, union address *address_r)
{
	char text[INET6_ADDRSTRLEN];
	if (!value.n || value.n >= sizeof(text))
		return false;
	memcpy(text, value.p, value.n);
	text[value.n] = '\0';
	memset(address_r, 0, sizeof(*address_r));
	if (inet_pton(AF_INET, text, &address_r->v4.sin_addr) == 1) {
		address_r->any.sa_family = AF_INET;
		return true;
	}
	address_r->any.sa_family = AF_INET6;
	return inet_pton(AF_INET6, text, &address_r->v6.sin6_addr) == 1;
}

struct pairs {
	struct sl_arena *arena;
	struct sl_pair *items;
	size_t n, room;
};

static void add_pair(struct pairs *pairs, const char *name, struct sl_span value)
{
	struct sl_pair *pair = SL_ARENA_PUSH(pairs->arena, pairs->items, pairs->n, pairs->room);
	pair->name = sl_span_str(name);
	pair->value = sl_arena_copy(pairs->arena, value);
}

static void add_network(struct pairs *pairs, MMDB_entry_s *entry, struct sl_span edition)
{
	uint64_t asn;
	struct sl_span name;
	if (!find_asn(entry, &asn))
		return;
	add_pair(pairs, "asn", sl_arena_printf(pairs->arena, "%llu", (unsigned long long)asn));
	if (find_text(entry, as_name_paths, SL_LEN(as_name_paths), &name))
		add_pair(pairs, "as_name", name);
	add_pair(pairs, "asn_source", edition);
}

static void add_country(struct pairs *pairs, MMDB_entry_s *entry, struct sl_span edition)
{
	struct sl_span code;
	if (!find_country(entry, &code))
		return;
	add_pair(pairs, "country", code);
	add_pair(pairs, "country_source", edition);
}

static bool has_pair(const struct pairs *pairs, const char *name)
{
	for (size_t i = 0; i < pairs->n; i++) {
		if (sl_span_eq(pairs->items[i].name, sl_span_str(name)))
			return true;
	}
	return false;
}

/* False: the file could not be read at this place. */
static bool ask_file(const struct geo_file *file, const union address *address, struct pairs *pairs)
{
	int status;
	if (address->any.sa_family == AF_INET6 && file->db.metadata.ip_version == 4)
		return true;
	MMDB_lookup_result_s found = MMDB_lookup_sockaddr(&file->db, &address->any, &status);
	if (status != MMDB_SUCCESS)
		return false;
	if (!found.found_entry)
		return true;
	if (!has_pair(pairs, "asn"))
		add_network(pairs, &found.entry, file->edition);
	if (!has_pair(pairs, "country"))
		add_country(pairs, &found.entry, file->edition);
	return true;
}

/* "mmdb:" and the files that gave something, else all that were asked. */
static struct sl_span source_of(const struct geo *geo, const struct pairs *pairs)
{
	struct sl_span seen = SL_SPAN_NULL;
	for (size_t i = 0; i < geo->n_files; i++) {
		bool used = pairs->n == 0;
		for (size_t k = 0; k < pairs->n; k++)
			used |= sl_span_eq(pairs->items[k].value, geo->files[i].edition);
		if (used)
			seen = sl_arena_printf(pairs->arena, "%.*s%smmdb:%.*s", SL_ARG(seen),
				seen.n ? " " : "", SL_ARG(geo->files[i].edition));
	}
	return seen;
}

static void geo_ask(void *state, enum sl_kind kind, struct sl_span value, int64_t as_of,
	struct sl_arena *arena, struct sl_answer *answer_r)
{
	const struct geo *geo = state;
	union address address;
	struct pairs pairs = { arena, NULL, 0, 0 };
	sl_assert(kind == SL_KIND_IPV4 || kind == SL_KIND_IPV6);
	bool readable = parse_address(value, &address);
	for (size_t i = 0; readable && i < geo->n_files; i++)
		readable = ask_file(&geo->files[i], &address, &pairs);
	memset(answer_r, 0, sizeof(*answer_r));
	answer_r->status = !readable ? SL_LOOKUP_FAILED
			   : pairs.n ? SL_LOOKUP_FOUND
				     : SL_LOOKUP_NOT_FOUND;
	answer_r->source = source_of(geo, &pairs);
	answer_r->asked = as_of;
	answer_r->expires = readable ? as_of + (int64_t)LIFETIME_DAYS * 86400 : as_of;
	answer_r->pairs = readable ? pairs.items : NULL;
	answer_r->n_pairs = readable ? pairs.n : 0;
}

const struct sl_lookup sl_lookup_geo = {
	.name = "geo",
	.help = "country and network of an address, out of --mmdb files",
	.kinds = 1u << SL_KIND_IPV4 | 1u << SL_KIND_IPV6,
	.network = false,
	.open = geo_open,
	.edition = geo_edition,
	.ask = geo_ask,
	.close = geo_close,
};
