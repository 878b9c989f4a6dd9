/* client_internal.h: shared by the files of client only: the connection, and what each system does
 * in its own way (client_unix.c, client_windows.c). */
#ifndef PE_CLIENT_INTERNAL_H
#define PE_CLIENT_INTERNAL_H

#include <stdatomic.h>
#include <stdbool.h>

#include "client.h"
#include "protocol.h"

/* ---- the system's part ---- */

typedef struct pei_link pei_link; /* one connection, opaque */

/* Milliseconds of a clock that never goes back. */
int64_t pei_clock_ms(void);
void pei_sleep_ms(unsigned ms);

/* Where the user's host is: the one place that reads the environment, with pei_find_program. */
int pei_locate(pe_endpoint *endpoint, pe_client_error *error);
/* The endpoint file's bytes, if it and its folder belong to this user alone. 1: read, 0: there is
 * none, -1: error. */
int pei_read_file(const pe_endpoint *endpoint, char *text, size_t size, size_t *length,
                  pe_client_error *error);
/* 1: connected, 0: nobody is there, -1: error (another user's host among them). */
int pei_link_open(const char *address, int64_t deadline, pei_link **link, pe_client_error *error);
void pei_link_close(pei_link *link); /* NULL is allowed */
void pei_link_break(pei_link *link); /* no more bytes either way; may run beside an exchange */

typedef struct pei_exchange {
    const uint8_t *out; /* to send */
    size_t out_length, sent;
    uint8_t *in; /* NULL: only send */
    size_t in_size, received;
} pei_exchange;
/* Waits until some bytes went either way: 1; or the deadline passed: 0; or the other side closed or
 * died: -1. */
int pei_link_exchange(pei_link *link, pei_exchange *exchange, int64_t deadline);

/* The host program: the one given, else beside this library, in PATH, in the usual folders. */
int pei_find_program(const char *given, char *path, size_t size, pe_client_error *error);
typedef struct pei_process {
    intptr_t id; /* 0: none */
} pei_process;
/* Starts `program serve`, detached from this process' terminal, session and files. */
int pei_start(const char *program, pei_process *process, pe_client_error *error);
/* Whether the process that was started has ended, and how. Frees what the system keeps of it. */
bool pei_has_ended(pei_process *process, int *exit_code);
void pei_let_go(pei_process *process); /* it goes on by itself */

/* ---- the connection ---- */

typedef struct pei_frame {
    struct pei_frame *next;
    size_t length;
    uint8_t bytes[];
} pei_frame;

struct pe_client {
    pei_link *link;
    atomic_flag sending; /* held while a frame is being sent */
    atomic_bool broken;  /* half a frame went out, or the other side is gone */
    uint32_t last_id;
    uint32_t waiting; /* requests without a response yet */
    pe_frame_reader reader;
    pei_frame *first, *last; /* frames that came and were not asked for yet */
    size_t held_bytes;       /* of those */
    pei_frame *shown;        /* the one that the last message points into */
    pe_wire_out out;
    pe_wire_out values, formulas; /* of pe_client_sheet */
    pei_process process;
    char method[64];
    char endpoint[256];
};

int pei_fail(pe_client_error *error, const char *code, const char *where, const char *format, ...)
    PE_WIRE_PRINTF(4, 5);                                            /* -1 */
int pei_fail_diag(pe_client_error *error, const pe_wire_diag *diag); /* -1 */
int pei_no_memory(pe_client_error *error);                           /* -1 */
/* Sends client->out, one whole frame of a request, receiving meanwhile. */
int pei_send_request(pe_client *client, int64_t deadline, pe_client_error *error);
uint32_t pei_next_id(pe_client *client);

#endif
