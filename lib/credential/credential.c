#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "credential/internal.h"

enum { PATH_TEXT_MAX = 512 };

/* The bytes of a file that nobody else may see: overwritten before they are freed. */
struct bytes {
	char *data;
	size_t length;
	size_t size;
};

static void bytes_clear(struct bytes *bytes)
{
	if (bytes->data)
		explicit_bzero(bytes->data, bytes->size);
	free(bytes->data);
}

/* One of the two folders, open. */
struct folder {
	int fd;
	const char *path;
	bool trusted; /* systemd's: links and modes are its own business */
	struct credential_owners owners;
};

static int refuse_open(int number, const char *path, struct error *e)
{
	if (number == ELOOP)
		return error_set(e, ERROR_PERMISSION, "%s: is a symbolic link: put the file itself there", path);
	if (number == EACCES || number == EPERM)
		return error_set(e, ERROR_PERMISSION, "%s: may not be read by this user", path);
	return error_set(e, ERROR_CONFIG, "%s: cannot be opened: %s", path, strerror(number));
}

int credential_check_owner(const struct stat *status, const struct credential_owners *owners,
			   mode_t forbidden, const char *path, struct error *e)
{
	bool own = status->st_uid == owners->caller || status->st_uid == 0 ||
		   (owners->caller == 0 && status->st_uid == owners->folder);

	if (!own)
		return error_set(e, ERROR_PERMISSION, "%s: belongs to another user: chown it to the user that reads it", path);
	if (status->st_mode & forbidden)
		return error_set(e, ERROR_PERMISSION, "%s: is open to other users: chmod %s %s", path,
				 S_ISDIR(status->st_mode) ? "go-w" : "600", path);
	return 0;
}

static int read_all(int fd, const char *path, struct bytes *bytes, struct error *e)
{
	bytes->size = CREDENTIAL_BYTES_MAX + 1;
	bytes->data = malloc(bytes->size);
	if (!bytes->data)
		return error_memory(e);
	while (bytes->length < bytes->size) {
		ssize_t n = read(fd, bytes->data + bytes->length, bytes->size - bytes->length);
		if (n == 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return refuse_open(errno, path, e);
		bytes->length += n > 0 ? (size_t)n : 0;
	}
	return error_set(e, ERROR_CONFIG, "%s: is larger than %d bytes", path, CREDENTIAL_BYTES_MAX);
}

/* Read a regular file of a folder. Returns 1, 0 when there is none of this name, or -1. */
static int read_file(const struct folder *folder, const char *name, const char *path, struct bytes *bytes,
		     struct error *e)
{
	int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | (folder->trusted ? 0 : O_NOFOLLOW);
	CLEANUP(cleanup_close) int fd = openat(folder->fd, name, flags);
	struct stat status;

	if (fd < 0)
		return errno == ENOENT ? 0 : refuse_open(errno, path, e);
	if (fstat(fd, &status) < 0)
		return refuse_open(errno, path, e);
	if (!S_ISREG(status.st_mode))
		return error_set(e, ERROR_CONFIG, "%s: is not a plain file", path);
	if (!folder->trusted && credential_check_owner(&status, &folder->owners, S_IRWXG | S_IRWXO, path, e) < 0)
		return -1;
	return read_all(fd, path, bytes, e) < 0 ? -1 : 1;
}

/* The private key beside a credential, if there is one. */
static int read_key(const struct folder *folder, const char *name, struct visit_secret *secret, struct error *e)
{
	char file[CREDENTIAL_NAME_MAX + 5];
	char path[PATH_TEXT_MAX];
	CLEANUP(bytes_clear) struct bytes bytes = {0};

	(void)snprintf(file, sizeof file, "%s.key", name); /* the name's length was checked */
	(void)snprintf(path, sizeof path, "%s/%s", folder->path, file); /* for messages: may be cut */
	int r = read_file(folder, file, path, &bytes, e);
	if (r <= 0)
		return r;
	secret->private_key = strndup(bytes.data, bytes.length);
	if (!secret->private_key)
		return error_memory(e);
	if (strlen(secret->private_key) != bytes.length || !strstr(secret->private_key, "-----BEGIN ") ||
	    !strstr(secret->private_key, "PRIVATE KEY-----"))
		return error_set(e, ERROR_CONFIG, "%s: is not a private key as ssh-keygen writes it", path);
	return 0;
}

/* Returns 1, 0 when the folder has no such credential, or -1. */
static int load_from(const struct folder *folder, const char *name, char **ret_user,
		     struct visit_secret *ret_secret, struct error *e)
{
	char path[PATH_TEXT_MAX];
	CLEANUP(bytes_clear) struct bytes bytes = {0};
	CLEANUP(cleanup_free) char *user = NULL;
	CLEANUP(visit_secret_clear) struct visit_secret secret = {0};

	(void)snprintf(path, sizeof path, "%s/%s", folder->path, name); /* for messages: may be cut */
	int r = read_file(folder, name, path, &bytes, e);
	if (r <= 0)
		return r;
	if (credential_parse(path, bytes.data, bytes.length, &user, &secret, e) < 0 ||
	    read_key(folder, name, &secret, e) < 0)
		return -1;
	if (!secret.password && !secret.private_key)
		return error_set(e, ERROR_CONFIG, "%s: has no \"password = …\", and there is no %s.key beside it",
				 path, name);
	if (secret.passphrase && !secret.private_key)
		return error_set(e, ERROR_CONFIG, "%s: has a passphrase, but there is no %s.key beside it", path, name);
	*ret_user = TAKE(user);
	*ret_secret = secret;
	secret = (struct visit_secret){0};
	return 1;
}

/* Returns 1, 0 when there is no such folder, or -1. */
static int open_folder(struct folder *folder, const char *path, bool trusted, struct error *e)
{
	struct stat status;

	*folder = (struct folder){.fd = -1, .path = path, .trusted = trusted};
	if (!path)
		return 0;
	folder->fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (folder->fd < 0)
		return errno == ENOENT ? 0 : refuse_open(errno, path, e);
	if (fstat(folder->fd, &status) < 0)
		return refuse_open(errno, path, e);
	folder->owners = (struct credential_owners){.caller = geteuid(), .folder = status.st_uid};
	if (!trusted && credential_check_owner(&status, &folder->owners, S_IWGRP | S_IWOTH, path, e) < 0)
		return -1;
	return 1;
}

static void folder_close(struct folder *folder)
{
	cleanup_close(&folder->fd);
}

static bool name_is_fine(const char *name)
{
	size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

	return length > 0 && length <= CREDENTIAL_NAME_MAX && name[length] == '\0' && name[0] != '.' &&
	       name[0] != '-';
}

int credential_load(const struct credential_folders *folders, const char *name, char **ret_user,
		    struct visit_secret *ret_secret, struct error *e)
{
	const char *const paths[] = {folders->given, folders->configured};

	if (!name_is_fine(name))
		return error_set(e, ERROR_CONFIG,
				 "a credential's name is at most %d letters, digits, \".\", \"_\" and \"-\"",
				 CREDENTIAL_NAME_MAX);
	for (size_t i = 0; i < 2; i++) {
		CLEANUP(folder_close) struct folder folder;
		int r = open_folder(&folder, paths[i], i == 0, e);
		if (r > 0)
			r = load_from(&folder, name, ret_user, ret_secret, e);
		if (r != 0)
			return r < 0 ? -1 : 0;
	}
	return error_set(e, ERROR_CONFIG, "there is no credential \"%s\" in %s%s%s", name,
			 folders->given ? folders->given : "", folders->given && folders->configured ? " or " : "",
			 folders->configured ? folders->configured : "");
}
