/* SPDX-License-Identifier: Apache-2.0 */
#include "json_read.h"

#include <json-c/json.h>

enum { DEPTH = 64 };

/* A value is a json-c object under another name: no copy, no wrapper to free. */
static struct json_object *inside(const struct sl_jsonin *value)
{
	union {
		const struct sl_jsonin *in;
		struct json_object *out;
	} cast = { .in = value };
	return cast.out;
}

static struct sl_jsonin *outside(struct json_object *object)
{
	union {
		struct json_object *in;
		struct sl_jsonin *out;
	} cast = { .in = object };
	return cast.out;
}

struct sl_jsonin *sl_jsonin_parse(struct sl_span text)
{
	if (text.n == 0 || text.n > INT_MAX)
		return NULL;
	struct json_tokener *tokener = json_tokener_new_ex(DEPTH);
	sl_assert(tokener);
	struct json_object *object = json_tokener_parse_ex(tokener, text.p, (int)text.n);
	/* A bare number at the end of the text is only complete once a NUL says so. */
	if (!object && json_tokener_get_error(tokener) == json_tokener_continue)
		object = json_tokener_parse_ex(tokener, "", 1);
	if (object && json_tokener_get_error(tokener) != json_tokener_success) {
		json_object_put(object);
		object = NULL;
	}
	json_tokener_free(tokener);
	return outside(object);
}

void sl_jsonin_free(struct sl_jsonin **document)
{
	if (*document)
		json_object_put(inside(*document));
	*document = NULL;
}

const struct sl_jsonin *sl_jsonin_member(const struct sl_jsonin *value, const char *name)
{
	struct json_object *member = NULL;
	if (!value || !json_object_is_type(inside(value), json_type_object))
		return NULL;
	json_object_object_get_ex(inside(value), name, &member);
	return outside(member);
}

size_t sl_jsonin_length(const struct sl_jsonin *value)
{
	if (!value || !json_object_is_type(inside(value), json_type_array))
		return 0;
	return json_object_array_length(inside(value));
}

const struct sl_jsonin *sl_jsonin_at(const struct sl_jsonin *value, size_t i)
{
	if (i >= sl_jsonin_length(value))
		return NULL;
	return outside(json_object_array_get_idx(inside(value), i));
}

struct sl_span sl_jsonin_text(const struct sl_jsonin *value)
{
	if (!value || !json_object_is_type(inside(value), json_type_string))
		return SL_SPAN_NULL;
	return sl_span_of(json_object_get_string(inside(value)),
		(size_t)json_object_get_string_len(inside(value)));
}

bool sl_jsonin_number(const struct sl_jsonin *value, int64_t *number_r)
{
	if (!value || !json_object_is_type(inside(value), json_type_int))
		return false;
	*number_r = json_object_get_int64(inside(value));
	return true;
}
