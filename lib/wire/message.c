#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "wire/codec.h"

#include "wire/wire.h"

enum { HOST_MAX = 255 };

static const char digits[] = "0123456789";
static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/* Whether string is made of digits, letters and the characters of more. */
static bool is_made_of(const char *string, const char *more)
{
	for (const char *c = string; *c; c++)
		if (!strchr(digits, *c) && !strchr(letters, *c) && !strchr(more, *c))
			return false;
	return true;
}

/* Whether string went through ESCAPE_DISPLAY: doing so again would touch nothing but its
 * percent signs. */
static bool is_for_display(const char *string)
{
	CLEANUP(text_clear) struct text plain;
	CLEANUP(text_clear) struct text escaped;

	text_init(&plain);
	text_init(&escaped);
	for (const char *c = string; *c; c++)
		text_add_char(&plain, *c == '%' ? ' ' : *c);
	if (plain.length > 0)
		escape_add(&escaped, ESCAPE_DISPLAY, plain.data, plain.length);
	return !plain.failed && !escaped.failed && plain.length == escaped.length;
}

static void code_path(struct wire_codec *codec, char **path)
{
	wire_string(codec, path, VISIT_PATH_MAX, WIRE_REQUIRED);
	wire_demand(codec, codec->fault != 0 || visit_path_is_safe(*path));
}

static void code_address(struct wire_codec *codec, struct visit_address *address)
{
	address->scheme = wire_choice(codec, address->scheme, VISIT_SCHEME_COUNT);
	wire_string(codec, &address->host, HOST_MAX, WIRE_OPTIONAL);
	address->port = wire_u16(codec, address->port);
	wire_string(codec, &address->root, VISIT_PATH_MAX + 1, WIRE_REQUIRED);
	if (codec->fault != 0)
		return;
	wire_demand(codec, (address->host == NULL) == (address->scheme == VISIT_FILE));
	wire_demand(codec, !address->host || address->host[0] != '\0');
	wire_demand(codec, (address->port == 0) == (address->scheme == VISIT_FILE));
	wire_demand(codec, address->root[0] == '/');
	wire_demand(codec, codec->fault != 0 || address->root[1] == '\0' ||
				   visit_path_is_safe(address->root + 1));
}

static void code_identity(struct wire_codec *codec, struct visit_identity *identity)
{
	identity->source = wire_choice(codec, identity->source, VISIT_IDENTITY_FILE + 1);
	wire_string(codec, &identity->pattern, WIRE_WORD_MAX, WIRE_OPTIONAL);
	wire_string(codec, &identity->serial, WIRE_WORD_MAX, WIRE_OPTIONAL);
	if (identity->source == VISIT_IDENTITY_FILE)
		code_path(codec, &identity->path);
	wire_demand(codec, identity->source == VISIT_IDENTITY_FILE || !identity->path);
	wire_demand(codec, identity->source == VISIT_IDENTITY_NONE || codec->fault != 0 ||
				   (identity->pattern && strstr(identity->pattern, "%s")));
}

static void code_limits(struct wire_codec *codec, struct visit_limits *limits)
{
	limits->connect_ms = wire_u32(codec, limits->connect_ms);
	limits->idle_ms = wire_u32(codec, limits->idle_ms);
	limits->total_seconds = wire_u32(codec, limits->total_seconds);
	limits->file_bytes = wire_u64(codec, limits->file_bytes);
	limits->visit_bytes = wire_u64(codec, limits->visit_bytes);
	limits->rate = wire_u64(codec, limits->rate);
	limits->entries = wire_u32(codec, limits->entries);
	limits->depth = wire_u32(codec, limits->depth);
	wire_demand(codec, limits->connect_ms > 0 && limits->idle_ms > 0 &&
				   limits->total_seconds > 0 && limits->entries > 0 &&
				   limits->depth > 0);
}

static void code_order(struct wire_codec *codec, struct visit_order *order)
{
	wire_string(codec, &order->asset, WIRE_WORD_MAX, WIRE_REQUIRED);
	code_address(codec, &order->address);
	order->login = wire_choice(codec, order->login, VISIT_LOGIN_CREDENTIAL + 1);
	wire_string(codec, &order->user, WIRE_WORD_MAX, WIRE_OPTIONAL);
	wire_demand(codec, !order->user || order->login == VISIT_LOGIN_CREDENTIAL);
	wire_string(codec, &order->pins, WIRE_PINS_MAX, WIRE_OPTIONAL);
	order->learn_pin = wire_flag(codec, order->learn_pin);
	order->active = wire_flag(codec, order->active);
	order->legacy = wire_flag(codec, order->legacy);
	order->list_only = wire_flag(codec, order->list_only);
	code_identity(codec, &order->identity);
	code_limits(codec, &order->limits);
}

static void code_selector(struct wire_codec *codec, struct visit_selector *selector)
{
	wire_string(codec, &selector->pattern, VISIT_PATH_MAX, WIRE_REQUIRED);
	selector->kind = wire_choice(codec, selector->kind, VISIT_KIND_COUNT);
	selector->leave_out = wire_flag(codec, selector->leave_out);
}

static void code_ready(struct wire_codec *codec, struct wire_ready *ready)
{
	enum { LANDLOCK_ABI_MAX = 1000 };
	uint32_t abi = (uint32_t)ready->landlock_abi;

	ready->threads = wire_u32(codec, ready->threads);
	abi = wire_u32(codec, abi);
	wire_demand(codec, abi <= LANDLOCK_ABI_MAX);
	ready->landlock_abi = codec->fault == 0 ? (int32_t)abi : 0;
	ready->seccomp = wire_flag(codec, ready->seccomp);
}

static void code_observation(struct wire_codec *codec, struct visit_observation *observation)
{
	static const struct digest_pair none;

	code_path(codec, &observation->path);
	observation->kind = wire_choice(codec, observation->kind, VISIT_KIND_COUNT);
	observation->outcome = wire_choice(codec, observation->outcome, VISIT_OUTCOME_COUNT);
	observation->size = wire_u64(codec, observation->size);
	wire_bytes(codec, observation->digest.md5, sizeof observation->digest.md5);
	wire_bytes(codec, observation->digest.sha256, sizeof observation->digest.sha256);
	observation->length_verified = wire_flag(codec, observation->length_verified);
	wire_demand(codec, observation->outcome == VISIT_OK ||
				   memcmp(&observation->digest, &none, sizeof none) == 0);
}

static void code_done(struct wire_codec *codec, struct visit_report *report)
{
	report->outcome = wire_choice(codec, report->outcome, VISIT_OUTCOME_COUNT);
	wire_array(codec, report->detail, sizeof report->detail);
	report->grade.encrypted = wire_flag(codec, report->grade.encrypted);
	report->grade.authenticated = wire_flag(codec, report->grade.authenticated);
	report->grade.identified = wire_flag(codec, report->grade.identified);
	report->grade.weak = wire_flag(codec, report->grade.weak);
	wire_array(codec, report->seen_pin, sizeof report->seen_pin);
	wire_array(codec, report->seen_key, sizeof report->seen_key);
	wire_array(codec, report->seen_serial, sizeof report->seen_serial);
	wire_array(codec, report->seen_address, sizeof report->seen_address);
	report->left_out = wire_u64(codec, report->left_out);
	report->not_covered = wire_u64(codec, report->not_covered);
	report->bytes = wire_u64(codec, report->bytes);
	if (codec->fault != 0)
		return;
	wire_demand(codec, is_for_display(report->detail));
	wire_demand(codec, is_made_of(report->seen_pin, ":/+=")); /* base64 and its prefixes */
	wire_demand(codec, is_for_display(report->seen_key));
	wire_demand(codec, is_made_of(report->seen_serial, "._-"));
	wire_demand(codec, is_made_of(report->seen_address, ".:%-_")); /* with a zone: fe80::1%eth0 */
}

static bool is_about_a_visit(enum wire_type type)
{
	return type != WIRE_READY && type != WIRE_ALIVE;
}

static void code_body(struct wire_codec *codec, struct wire_message *message)
{
	switch (message->type) {
	case WIRE_ORDER:
		code_order(codec, &message->order);
		break;
	case WIRE_SELECTOR:
		code_selector(codec, &message->selector);
		break;
	case WIRE_NAME:
		message->name.only = wire_flag(codec, message->name.only);
		code_path(codec, &message->name.path);
		break;
	case WIRE_READY:
		code_ready(codec, &message->ready);
		break;
	case WIRE_PROGRESS:
		message->progress.bytes = wire_u64(codec, message->progress.bytes);
		message->progress.files = wire_u32(codec, message->progress.files);
		break;
	case WIRE_OBSERVATION:
		code_observation(codec, &message->observation);
		break;
	case WIRE_DONE:
		code_done(codec, &message->done);
		break;
	case WIRE_GO:
	case WIRE_CANCEL:
	case WIRE_ALIVE:
		break;
	case WIRE_TYPE_END:
		wire_demand(codec, false);
	}
}

/* A whole packet; length is its own when reading. */
static void code_message(struct wire_codec *codec, struct wire_message *message, size_t length)
{
	wire_demand(codec, wire_u32(codec, (uint32_t)length) == length);
	wire_demand(codec, wire_u16(codec, WIRE_VERSION) == WIRE_VERSION);
	uint16_t type = wire_u16(codec, (uint16_t)message->type);
	wire_demand(codec, type >= WIRE_ORDER && type < WIRE_TYPE_END);
	if (codec->fault != 0)
		return;
	message->type = type;
	message->visit = wire_u64(codec, message->visit);
	wire_demand(codec, (message->visit != 0) == is_about_a_visit(message->type));
	code_body(codec, message);
}

void wire_message_clear(struct wire_message *message)
{
	switch (message->type) {
	case WIRE_ORDER:
		visit_order_clear(&message->order);
		break;
	case WIRE_SELECTOR:
		free(message->selector.pattern);
		break;
	case WIRE_NAME:
		free(message->name.path);
		break;
	case WIRE_OBSERVATION:
		visit_observation_clear(&message->observation);
		break;
	case WIRE_DONE:
		visit_report_clear(&message->done);
		break;
	default:
		break;
	}
	memset(message, 0, sizeof *message);
}

int wire_write(struct text *packet, const struct wire_message *message)
{
	struct wire_message lent = *message; /* its strings are only read */
	struct wire_codec codec = {.out = packet};
	size_t start = packet->length;

	code_message(&codec, &lent, 0);
	size_t length = packet->length - start;
	if (codec.fault == 0 && packet->failed)
		codec.fault = -ENOMEM;
	if (codec.fault == 0 && length > WIRE_MESSAGE_MAX)
		codec.fault = -EMSGSIZE;
	if (codec.fault != 0) {
		text_cut(packet, start);
		return codec.fault;
	}
	for (size_t i = 0; i < sizeof(uint32_t); i++)
		packet->data[start + i] = (char)(length >> (8 * i) & 0xFF);
	return 0;
}

int wire_parse(struct wire_message *ret_message, const void *packet, size_t length)
{
	CLEANUP(wire_message_clear) struct wire_message message;
	struct wire_codec codec = {.at = packet, .end = (const uint8_t *)packet + length};

	memset(&message, 0, sizeof message);
	wire_demand(&codec, length <= WIRE_MESSAGE_MAX);
	code_message(&codec, &message, length);
	wire_demand(&codec, codec.at == codec.end);
	if (codec.fault != 0)
		return codec.fault;
	*ret_message = message;
	memset(&message, 0, sizeof message);
	return 0;
}
