#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/time.h"

#include "link/ssh.h"

/* A folder on its way in. */
struct reading_folder {
	struct link_ssh *ssh;
	const char *folder;
	struct link_sftp_handle handle;
	struct listing listing;
	uint32_t seen; /* names, with those that are passed over */
};

static void write_modified(char ret_text[static 32], const struct link_sftp_attributes *attributes)
{
	char text[TIME_TEXT_SIZE];

	ret_text[0] = '\0';
	if (!attributes->has_modified)
		return;
	time_write(text, attributes->modified * TIME_SECOND);
	memcpy(ret_text, text, 31);
	ret_text[31] = '\0';
}

/* ---- one folder ---- */

static struct link_result take_names(struct reading_folder *reading, struct link_sftp_names *names)
{
	const struct visit_limits *limits = &reading->ssh->link->environment.order->limits;
	struct link_sftp_attributes attributes;
	struct link_sftp_bytes name;
	char modified[32];
	int more;

	while ((more = link_sftp_next_name(names, &name, &attributes)) > 0) {
		if (++reading->seen > limits->entries + 2) /* "." and ".." */
			return link_failed(VISIT_TOO_MANY_FILES, "more than %u in one folder",
					   limits->entries);
		write_modified(modified, &attributes);
		bool has_size = attributes.has_size && attributes.type == LISTING_FILE;
		int rc = listing_add(&reading->listing, (const char *)name.data, name.length,
				     attributes.type, has_size, has_size ? attributes.size : 0,
				     modified);
		if (rc == -EINVAL)
			return link_failed(VISIT_LISTING_NOT_UNDERSTOOD, "a name that is not safe: %.*s",
					   (int)name.length, (const char *)name.data);
		if (rc == -E2BIG)
			return link_failed(VISIT_TOO_MANY_FILES, "too many in one folder");
		if (rc < 0)
			return link_failed_memory();
	}
	if (more < 0)
		return link_ssh_nonsense(reading->ssh, "names that make no sense");
	return link_ok();
}

/* SSH_FXP_READDIR until the end, §6.7. */
static struct link_result take_folder(struct reading_folder *reading)
{
	struct link_ssh *ssh = reading->ssh;

	for (;;) {
		struct link_sftp_answer answer;
		uint32_t id = link_ssh_next_id(ssh);
		uint32_t before = reading->seen;
		link_sftp_add_handle(&ssh->outgoing, LINK_SFTP_READDIR, id, &reading->handle);
		struct link_result result = link_ssh_receive_for(ssh, id, LINK_SFTP_NAME, &answer);
		if (result.outcome != VISIT_OK)
			return result;
		if (answer.type == LINK_SFTP_STATUS)
			return answer.status == LINK_SFTP_EOF
				       ? link_ok()
				       : link_ssh_failed_status(answer.status, reading->folder);
		result = take_names(reading, &answer.names);
		if (result.outcome != VISIT_OK)
			return result;
		if (reading->seen == before)
			return link_ssh_nonsense(ssh, "a listing that goes on with nothing");
	}
}

static struct link_result close_handle(struct link_ssh *ssh, const struct link_sftp_handle *handle)
{
	struct link_sftp_answer answer;
	uint32_t id = link_ssh_next_id(ssh);

	link_sftp_add_handle(&ssh->outgoing, LINK_SFTP_CLOSE, id, handle);
	return link_ssh_receive_for(ssh, id, LINK_SFTP_STATUS, &answer);
}

static struct link_result refuse_doubles(const struct listing *listing)
{
	struct error e;

	if (listing_check_unique(listing, &e) == 0)
		return link_ok();
	return link_failed(VISIT_LISTING_NOT_UNDERSTOOD, "%s", e.text);
}

struct link_result link_ssh_list(struct link *link, const char *folder, struct listing *ret_listing)
{
	struct link_ssh *ssh = link->state;
	struct reading_folder reading = {.ssh = ssh, .folder = folder};
	struct link_sftp_answer answer;
	CLEANUP(cleanup_free) char *path = link_ssh_path(ssh, folder);
	uint32_t id = link_ssh_next_id(ssh);

	if (!path)
		return link_failed_memory();
	ssh->heard_at = link_now();
	link_sftp_add_path(&ssh->outgoing, LINK_SFTP_OPENDIR, id, path);
	struct link_result result = link_ssh_receive_for(ssh, id, LINK_SFTP_HANDLE, &answer);
	if (result.outcome != VISIT_OK)
		return result;
	if (answer.type == LINK_SFTP_STATUS)
		return link_ssh_failed_status(answer.status, folder);
	reading.handle = answer.handle;
	result = take_folder(&reading);
	if (result.outcome == VISIT_OK)
		result = close_handle(ssh, &reading.handle);
	else if (ssh->usable)
		(void)close_handle(ssh, &reading.handle); /* the first error is the one to tell */
	if (result.outcome == VISIT_OK)
		result = refuse_doubles(&reading.listing);
	if (result.outcome != VISIT_OK)
		listing_clear(&reading.listing);
	else
		*ret_listing = reading.listing;
	return result;
}

/* ---- one file ---- */

struct link_result link_ssh_stat(struct link *link, const char *path,
				 struct listing_entry *ret_entry)
{
	struct link_ssh *ssh = link->state;
	struct link_sftp_answer answer;
	CLEANUP(cleanup_free) char *whole = link_ssh_path(ssh, path);
	const char *slash = strrchr(path, '/');
	uint32_t id = link_ssh_next_id(ssh);

	if (!whole)
		return link_failed_memory();
	ssh->heard_at = link_now();
	link_sftp_add_path(&ssh->outgoing, LINK_SFTP_LSTAT, id, whole);
	struct link_result result = link_ssh_receive_for(ssh, id, LINK_SFTP_ATTRS, &answer);
	if (result.outcome != VISIT_OK)
		return result;
	if (answer.type == LINK_SFTP_STATUS)
		return link_ssh_failed_status(answer.status, path);
	ret_entry->name = strdup(slash ? slash + 1 : path);
	if (!ret_entry->name)
		return link_failed_memory();
	ret_entry->type = answer.attributes.type;
	ret_entry->has_size = answer.attributes.has_size && ret_entry->type == LISTING_FILE;
	ret_entry->size = ret_entry->has_size ? answer.attributes.size : 0;
	write_modified(ret_entry->modified, &answer.attributes);
	return result;
}
