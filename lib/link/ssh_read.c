#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#include "link/ssh.h"

/* 16 requests of 32 KB were measured to fill a line of 50 ms and 10 MB/s; more costs memory. */
enum {
	BLOCK = 32 * 1024,
	BLOCK_LEAST = 1024,
	DEPTH = 16,
	UNDER_WAY = DEPTH * BLOCK,
};

/* One request for a part of the file, in the order of the file. */
struct part {
	uint32_t id;
	uint64_t offset;
	uint32_t length;
	uint32_t got;
	uint32_t early; /* of these, how many came before its turn, and wait */
	bool finished;	/* with all of it, or with the end of the file, or with an error */
	bool at_end;
};

struct reading_file {
	struct link_ssh *ssh;
	const char *path;
	struct link_sftp_handle handle;
	struct link_sftp_attributes before; /* nothing is set when LSTAT is not to be had */
	struct link_sftp_attributes after;
	struct link_intake intake;
	struct part parts[DEPTH]; /* a ring, the first at head */
	uint8_t *early;		  /* a block for each part, once anything comes early */
	unsigned head;
	unsigned count;
	unsigned depth;
	uint32_t block;
	uint64_t next_offset;
	uint64_t size; /* as announced, or UINT64_MAX */
	bool end_seen; /* ask for no part behind those under way */
	bool stopping; /* ask for nothing, but take what is under way */
	bool ended;    /* all before head is delivered, and it was the end */
	bool torn;     /* bytes came after the end */
	uint32_t status; /* what ended it, when not the end of the file */
};

/* ---- asking ---- */

/* Under a rate cap no more is under way than a quarter of a second may bring. */
static void set_pace(struct reading_file *reading)
{
	uint64_t rate = reading->ssh->link->environment.order->limits.rate;
	uint64_t under_way = rate > 0 && rate / 4 < UNDER_WAY ? rate / 4 : UNDER_WAY;

	reading->block = under_way < BLOCK ? (uint32_t)under_way : BLOCK;
	if (reading->block < BLOCK_LEAST)
		reading->block = BLOCK_LEAST;
	reading->depth = (unsigned)(under_way / reading->block);
	if (reading->depth == 0)
		reading->depth = 1;
}

static void ask(struct reading_file *reading, struct part *part)
{
	part->id = link_ssh_next_id(reading->ssh);
	link_sftp_add_read(&reading->ssh->outgoing, part->id, &reading->handle,
			   part->offset + part->got, part->length - part->got);
}

/* Up to the announced size, and then for one byte more, to see that it is the end. */
static void ask_more(struct reading_file *reading)
{
	while (!reading->stopping && !reading->end_seen && reading->count < reading->depth &&
	       reading->next_offset <= reading->size) {
		struct part *part = &reading->parts[(reading->head + reading->count++) % DEPTH];
		uint64_t left = reading->next_offset < reading->size
					? reading->size - reading->next_offset
					: 1;
		*part = (struct part){
			.offset = reading->next_offset,
			.length = left < reading->block ? (uint32_t)left : reading->block,
		};
		reading->next_offset += part->length;
		ask(reading, part);
	}
}

/* ---- answers ---- */

static struct part *part_of(struct reading_file *reading, uint32_t id)
{
	for (unsigned i = 0; i < reading->count; i++) {
		struct part *part = &reading->parts[(reading->head + i) % DEPTH];
		if (part->id == id && !part->finished)
			return part;
	}
	return NULL;
}

static void deliver(struct reading_file *reading, const void *bytes, size_t length)
{
	reading->torn = reading->torn || reading->ended;
	if (reading->torn || reading->intake.stopped != VISIT_OK)
		return;
	if (!link_intake_add(&reading->intake, bytes, length))
		reading->stopping = true;
	reading->ssh->heard_at = link_now(); /* sleeping for the rate is not its silence */
}

static uint8_t *early_place(const struct reading_file *reading, const struct part *part)
{
	return reading->early + (size_t)(part - reading->parts) * BLOCK;
}

/* Servers answer in order as a rule, and need not. */
static bool keep_early(struct reading_file *reading, struct part *part, const void *bytes,
		       size_t length)
{
	if (!reading->early)
		reading->early = malloc(UNDER_WAY);
	if (!reading->early)
		return false;
	memcpy(early_place(reading, part) + part->got, bytes, length);
	part->early += (uint32_t)length;
	return true;
}

static struct link_result take_data(struct reading_file *reading, struct part *part,
				    const struct link_sftp_bytes *data)
{
	bool first = part == &reading->parts[reading->head];

	if (data->length == 0 || data->length > part->length - part->got)
		return link_ssh_nonsense(reading->ssh, "more or less than it was asked for");
	if (first)
		deliver(reading, data->data, data->length);
	else if (!keep_early(reading, part, data->data, data->length))
		return link_failed_memory();
	part->got += (uint32_t)data->length;
	if (part->got == part->length || reading->stopping) {
		part->finished = true;
		return link_ok();
	}
	/* A short answer: the rest again, and less at once from now on. */
	if (data->length < reading->block)
		reading->block = data->length < BLOCK_LEAST ? BLOCK_LEAST : (uint32_t)data->length;
	ask(reading, part);
	return link_ok();
}

static void take_status(struct reading_file *reading, struct part *part, uint32_t status)
{
	part->finished = true;
	part->at_end = true;
	reading->end_seen = true;
	if (status == LINK_SFTP_EOF)
		return;
	reading->stopping = true;
	if (reading->status == LINK_SFTP_OK)
		reading->status = status;
}

/* The head moves on over what is finished; what came early has its turn then. */
static void settle(struct reading_file *reading)
{
	while (reading->count > 0 && reading->parts[reading->head].finished) {
		reading->ended = reading->ended || reading->parts[reading->head].at_end;
		reading->head = (reading->head + 1) % DEPTH;
		reading->count--;
		struct part *part = &reading->parts[reading->head];
		if (reading->count == 0 || part->early == 0)
			continue;
		deliver(reading, early_place(reading, part), part->early);
		part->early = 0;
	}
}

static struct link_result take_answers(struct reading_file *reading)
{
	for (ask_more(reading); reading->count > 0; ask_more(reading)) {
		struct link_sftp_answer answer;
		struct link_result result = link_ssh_receive(reading->ssh, &answer);
		if (result.outcome != VISIT_OK)
			return result;
		struct part *part = part_of(reading, answer.id);
		if (!part || (answer.type != LINK_SFTP_DATA && answer.type != LINK_SFTP_STATUS))
			return link_ssh_nonsense(reading->ssh, "an answer to nothing that was asked");
		if (answer.type == LINK_SFTP_STATUS)
			take_status(reading, part, answer.status);
		else
			result = take_data(reading, part, &answer.data);
		if (result.outcome != VISIT_OK)
			return result;
		settle(reading);
	}
	return link_ok();
}

/* ---- before and after ---- */

/* Opening something else than a file can block the device, or set it to work. */
static struct link_result refuse_others(const struct reading_file *reading)
{
	static const char *const names[] = {
		[LISTING_FOLDER] = "a folder",
		[LISTING_LINK] = "a link, which is not followed",
		[LISTING_OTHER] = "a device, socket or pipe",
	};
	const struct link_sftp_attributes *before = &reading->before;
	uint64_t most = reading->ssh->link->environment.order->limits.file_bytes;

	if (before->type != LISTING_FILE)
		return link_failed(VISIT_FILE_NOT_FOUND, "%s is %s", reading->path,
				   names[before->type]);
	if (before->has_size && before->size > most)
		return link_failed(VISIT_TOO_LARGE, "%llu bytes", (unsigned long long)before->size);
	return link_ok();
}

static struct link_result look_before(struct reading_file *reading, const char *whole)
{
	struct link_ssh *ssh = reading->ssh;
	struct link_sftp_answer answer;
	uint32_t id = link_ssh_next_id(ssh);

	link_sftp_add_path(&ssh->outgoing, LINK_SFTP_LSTAT, id, whole);
	struct link_result result = link_ssh_receive_for(ssh, id, LINK_SFTP_ATTRS, &answer);
	if (result.outcome != VISIT_OK)
		return result;
	if (answer.type == LINK_SFTP_ATTRS)
		reading->before = answer.attributes;
	else if (answer.status != LINK_SFTP_UNSUPPORTED)
		return link_ssh_failed_status(answer.status, reading->path);
	return refuse_others(reading);
}

static struct link_result open_file(struct reading_file *reading, const char *whole)
{
	struct link_ssh *ssh = reading->ssh;
	struct link_sftp_answer answer;
	uint32_t id = link_ssh_next_id(ssh);

	link_sftp_add_open(&ssh->outgoing, id, whole);
	struct link_result result = link_ssh_receive_for(ssh, id, LINK_SFTP_HANDLE, &answer);
	if (result.outcome != VISIT_OK)
		return result;
	if (answer.type == LINK_SFTP_STATUS)
		return link_ssh_failed_status(answer.status, reading->path);
	reading->handle = answer.handle;
	return result;
}

/* FSTAT and CLOSE at one go; some servers have no FSTAT. */
static struct link_result look_after(struct reading_file *reading)
{
	struct link_ssh *ssh = reading->ssh;
	uint32_t stat_id = link_ssh_next_id(ssh);
	uint32_t close_id = link_ssh_next_id(ssh);

	link_sftp_add_handle(&ssh->outgoing, LINK_SFTP_FSTAT, stat_id, &reading->handle);
	link_sftp_add_handle(&ssh->outgoing, LINK_SFTP_CLOSE, close_id, &reading->handle);
	for (uint32_t answered = 0, i = 0; i < 2; i++) {
		struct link_sftp_answer answer;
		struct link_result result = link_ssh_receive(ssh, &answer);
		if (result.outcome != VISIT_OK)
			return result;
		if ((answer.id != stat_id && answer.id != close_id) || answer.id == answered)
			return link_ssh_nonsense(ssh, "an answer to nothing that was asked");
		if (answer.id == stat_id && answer.type == LINK_SFTP_ATTRS)
			reading->after = answer.attributes;
		else if (answer.type != LINK_SFTP_STATUS)
			return link_ssh_nonsense(ssh, "an SFTP answer of the wrong kind");
		answered = answer.id;
	}
	return link_ok();
}

static bool has_changed(const struct link_sftp_attributes *before,
			const struct link_sftp_attributes *after)
{
	return (before->has_size && after->has_size && before->size != after->size) ||
	       (before->has_modified && after->has_modified && before->modified != after->modified);
}

static struct link_result judge(const struct reading_file *reading, int64_t expected,
				struct link_read *ret_read)
{
	const struct link_intake *intake = &reading->intake;
	const struct link_sftp_attributes *told =
		reading->before.has_size ? &reading->before : &reading->after;

	if (intake->stopped != VISIT_OK)
		return link_stopped(intake->stopped);
	if (reading->status != LINK_SFTP_OK && intake->size == 0)
		return link_ssh_failed_status(reading->status, reading->path);
	if (reading->status != LINK_SFTP_OK)
		return link_failed(VISIT_TRUNCATED, "the device stopped after %llu bytes: %s",
				   (unsigned long long)intake->size,
				   link_sftp_status_text(reading->status));
	if (reading->torn || has_changed(&reading->before, &reading->after))
		return link_failed(VISIT_CHANGED_WHILE_READ, "%s", reading->path);
	return link_intake_end(intake, told->has_size ? (int64_t)told->size : -1, expected, ret_read);
}

struct link_result link_ssh_read(struct link *link, const char *path, int64_t expected,
				 link_on_bytes *on_bytes, void *userdata, struct link_read *ret_read)
{
	struct link_ssh *ssh = link->state;
	struct reading_file reading = {.ssh = ssh, .path = path, .size = UINT64_MAX};
	CLEANUP(cleanup_free) char *whole = link_ssh_path(ssh, path);

	if (!whole)
		return link_failed_memory();
	ssh->heard_at = link_now();
	struct link_result result = look_before(&reading, whole);
	if (result.outcome == VISIT_OK)
		result = open_file(&reading, whole);
	if (result.outcome != VISIT_OK)
		return result;
	if (reading.before.has_size)
		reading.size = reading.before.size;
	set_pace(&reading);
	link_intake_start(&reading.intake, link, on_bytes, userdata);
	result = take_answers(&reading);
	free(reading.early);
	if (result.outcome == VISIT_OK)
		result = look_after(&reading);
	return result.outcome == VISIT_OK ? judge(&reading, expected, ret_read) : result;
}
