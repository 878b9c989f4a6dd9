/* server.h: the host as a service: clients on this machine, of this user, connect to a socket and
 * speak the protocol (protocol/PROTOCOL.md). One loop thread reads and writes and never computes;
 * runners compute. Nothing that a client does harms another: every queue is bounded, every request
 * ends alone. */
#ifndef PE_SERVER_H
#define PE_SERVER_H

#include "base.h"
#include "engine.h"

typedef struct pe_server_options {
    const char *endpoint; /* path of the socket; its folder (mode 0700) is made where it is missing
                             and refused where others can enter it */
    const char *info;     /* path of the endpoint file; NULL: endpoint's with .json for .sock */
    const char *log;      /* path of the log; NULL: none. Rotated: 1 MiB, two older ones */
    const char *folder;   /* for temporary files of large runs */
    const pe_backend *backend;
    unsigned threads;     /* workers of one job; 0: all processors */
    double idle_s;        /* ends after so long without a session; 0: never */
    double silence_s;     /* a client that has not read, or not sent the rest of a frame, for so
                             long is dropped; 0: 30 */
    uint64_t bytes_max;   /* memory of the process above which the largest job is ended; 0: four
                             fifths of the machine's (or the container's) */
    uint32_t session_max; /* 0: the protocol's limit; tests */
    uint64_t session_bytes_max; /* of one session; 0: the protocol's limit; tests */
    bool signals;               /* SIGTERM, SIGINT and SIGHUP end the server */
    double (*now)(void);        /* local date and time as a serial of the 1900 system */
    /* Called once in the loop thread when clients can connect. May be NULL. */
    void (*ready)(void *context);
    void *context;
} pe_server_options;

typedef struct pe_server pe_server;

/* Takes the lock beside the endpoint, and listens. PE_E_UNSUPPORTED: another host of this user
 * serves this endpoint already (what says so). PE_E_IO: the folder, the socket or the endpoint file
 * cannot be made, or others can enter the folder. options are copied, what they point to must
 * outlive the server. */
pe_status pe_server_new(const pe_server_options *options, pe_server **server, pe_diag *diag);
/* Serves until idle, stopped or asked to end by a client. Sessions get a goodbye, running jobs are
 * cancelled. The endpoint is gone afterwards. */
pe_status pe_server_run(pe_server *server, pe_diag *diag);
/* Ends pe_server_run soon. Any thread. */
void pe_server_stop(pe_server *server);
void pe_server_free(pe_server *server); /* NULL is allowed */

#endif
