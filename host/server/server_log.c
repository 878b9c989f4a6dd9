/* server_log.c: one line per event: when, which session, what. Never formulas, names or values of a
 * workbook. The file and two older ones are kept, 1 MiB each. Only the loop thread writes. A log
 * that cannot be written stops nothing. */
#include "server_internal.h"

#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LOG_BYTES_MAX (1L << 20)
#define LOG_OLDER 2

static void rotate(const char *path)
{
    char older[PEI_PATH_BYTES], newer[PEI_PATH_BYTES];
    for (int i = LOG_OLDER; i > 0; i--) {
        int n = snprintf(older, sizeof older, "%s.%d", path, i);
        int m = i > 1 ? snprintf(newer, sizeof newer, "%s.%d", path, i - 1)
                      : snprintf(newer, sizeof newer, "%s", path);
        if (n < (int)sizeof older && m < (int)sizeof newer) pe_file_replace(newer, older);
    }
}

static bool open_log(pei_log *log)
{
    int fd = pei_log_file(log->path);
    struct stat status;
    if (fd < 0) return false;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        close(fd);
        return false;
    }
    log->fd = fd;
    log->bytes = (long)status.st_size;
    return true;
}

void pei_log_open(pei_log *log, const char *path)
{
    *log = (pei_log){.path = path, .fd = -1};
    if (path != NULL) open_log(log);
}

void pei_log_close(pei_log *log)
{
    if (log->fd >= 0) close(log->fd);
    log->fd = -1;
}

void pei_log_line(pei_log *log, uint64_t session, const char *format, ...)
{
    char line[1024];
    if (log->fd < 0) return;
    time_t now = time(NULL);
    struct tm local;
    localtime_r(&now, &local);
    size_t n = strftime(line, sizeof line, "%Y-%m-%d %H:%M:%S ", &local);
    if (session > 0)
        n += (size_t)snprintf(line + n, sizeof line - n,
                              "session %llu: ", (unsigned long long)session);
    va_list arguments;
    va_start(arguments, format);
    int m = vsnprintf(line + n, sizeof line - n - 1, format, arguments);
    va_end(arguments);
    if (m < 0) return;
    n = n + (size_t)m < sizeof line - 1 ? n + (size_t)m : sizeof line - 2;
    for (size_t i = 0; i < n; i++) /* a client's name cannot forge lines */
        if ((unsigned char)line[i] < 32 || line[i] == 127) line[i] = '?';
    line[n++] = '\n';
    if (log->bytes + (long)n > LOG_BYTES_MAX) {
        pei_log_close(log);
        rotate(log->path);
        if (!open_log(log)) return;
        if (log->bytes + (long)n > LOG_BYTES_MAX) { /* it stays where it is: no more is written */
            pei_log_close(log);
            return;
        }
    }
    if (write(log->fd, line, n) == (ssize_t)n) log->bytes += (long)n;
}
