/* SPDX-License-Identifier: Apache-2.0 */
#include "dbfile.h"

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MODE = 0600, PATH_ROOM = 4096 };

static int sync_folder(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = fd < 0 || fsync(fd) ? errno : 0;
	if (fd >= 0)
		close(fd);
	return rc;
}

/* An empty database under the name `path`, safe on the disk. Whoever makes it holds the lock of the
 * store.
 */
static int make_file(const char *path)
{
	MDB_env *env;
	if (unlink(path) && errno != ENOENT)
		return errno;
	int rc = mdb_env_create(&env);
	if (rc)
		return rc;
	rc = mdb_env_open(env, path, MDB_NOSUBDIR | MDB_NOLOCK, FILE_MODE);
	if (!rc)
		rc = mdb_env_sync(env, 1);
	mdb_env_close(env);
	return rc;
}

enum sl_rc sl_dbfile_make(const char *store, struct sl_err *err)
{
	char fresh[PATH_ROOM], final[PATH_ROOM], above[PATH_ROOM];
	struct stat st;
	int n = snprintf(final, sizeof(final), "%s/data.mdb", store);
	snprintf(fresh, sizeof(fresh), "%s/.data.new", store);
	snprintf(above, sizeof(above), "%s/..", store);
	if (n < 0 || (size_t)n >= sizeof(final))
		return sl_err_set(err, SL_EXIT_CANTCREAT, "store path is too long");
	if (stat(final, &st) == 0 && st.st_size > 0)
		return SL_OK;
	int rc = make_file(fresh);
	if (!rc && rename(fresh, final))
		rc = errno;
	if (!rc)
		rc = sync_folder(store);
	if (!rc)
		rc = sync_folder(above);
	if (!rc)
		return SL_OK;
	return sl_err_set(err,
		rc == EACCES || rc == EROFS || rc == EPERM ? SL_EXIT_CANTCREAT : SL_EXIT_IOERR,
		"cannot make store %s: %s", store, mdb_strerror(rc));
}

enum sl_rc sl_dbfile_reserve_lock(const char *store, unsigned readers, struct sl_err *err)
{
	const off_t room = (off_t)readers * 64 + 4096;
	char name[PATH_ROOM];
	struct stat st;
	int rc = 0;
	snprintf(name, sizeof(name), "%s/lock.mdb", store);
	int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
	if (fd < 0 || fstat(fd, &st))
		rc = errno;
	else if (st.st_blocks * 512 < room && fallocate(fd, 0, 0, room))
		rc = errno == EOPNOTSUPP || errno == ENOSYS ? 0 : errno;
	if (fd >= 0)
		close(fd);
	if (!rc)
		return SL_OK;
	return sl_err_set(err,
		rc == EACCES || rc == EROFS || rc == EPERM ? SL_EXIT_CANTCREAT : SL_EXIT_IOERR,
		"cannot make %s: %s", name, mdb_strerror(rc));
}
