/* client.h: what every add-in uses to talk to the host: find or start it, connect, send, receive,
 * with a deadline on everything. Knows frames and the bulk form of sheets; everything else passes
 * as MessagePack (PROTOCOL.md). No globals, no threads of its own, no event loop: each call returns
 * within its timeout. A client is used by one thread at a time, except pe_client_notify, which any
 * thread may call at any time (to cancel). */
#ifndef PE_CLIENT_H
#define PE_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#define PE_CLIENT_API __declspec(dllexport)
#else
#define PE_CLIENT_API __attribute__((visibility("default")))
#endif

typedef struct pe_client pe_client;

/* For a person: what, where, what to do. code: "host_missing", "host_start", "connect", "timeout",
 * "lost" (the host died or closed the connection), "argument", "protocol", "limit", "memory", or
 * what the host answered to hello ("version", "busy"). */
typedef struct pe_client_error {
    char code[32];
    char where[256];
    char what[768];
} pe_client_error;

typedef struct pe_client_options {
    const char *name;     /* of the add-in, for the host's log: "LibreOffice 7.4.7" */
    const char *program;  /* the host; NULL: beside this library, then PATH, then /usr/bin and the
                             like */
    const char *endpoint; /* a host's socket (.sock) or endpoint file (.json), the one beside the
                             other; NULL: the user's own, see PROTOCOL.md */
    int start;            /* 1: start the host where none answers (not with endpoint) */
    uint32_t timeout_ms;  /* for all of it; 0: 10,000 */
} pe_client_options;

/* Connects, starts the host if need be, shakes hands. 0, or -1 with error filled. */
PE_CLIENT_API int pe_client_open(const pe_client_options *options, pe_client **client,
                                 pe_client_error *error);
PE_CLIENT_API void pe_client_close(pe_client *client); /* NULL is allowed */

/* Sends a request; params: one MessagePack map, NULL: none. Returns its id (> 0) or -1. */
PE_CLIENT_API int64_t pe_client_send(pe_client *client, const char *method, const void *params,
                                     size_t length, uint32_t timeout_ms, pe_client_error *error);
/* The id of the last request of this client, pe_client_sheet's included: it numbers them one by
 * one. */
PE_CLIENT_API uint32_t pe_client_last_id(const pe_client *client);
/* Sends a notification ("cancel", "stop"). Any thread, also while another waits in
 * pe_client_next. */
PE_CLIENT_API int pe_client_notify(pe_client *client, const char *method, const void *params,
                                   size_t length, uint32_t timeout_ms, pe_client_error *error);

enum { PE_CLIENT_REPLY = 1, PE_CLIENT_FAILURE = 2, PE_CLIENT_NOTIFICATION = 3 };
typedef struct pe_client_message {
    int kind;
    uint32_t id;        /* REPLY, FAILURE: of the request */
    const char *method; /* NOTIFICATION */
    const void *body;   /* MessagePack: result, error map, or params; valid until the next call */
    size_t length;
} pe_client_message;
/* Waits for the next message. 1: one came, 0: timeout, -1: error. */
PE_CLIENT_API int pe_client_next(pe_client *client, uint32_t timeout_ms, pe_client_message *message,
                                 pe_client_error *error);

/* A rectangle of cells as a spreadsheet's bulk calls give it, sent as one or more workbook.sheet
 * requests (frames stay within the limit). Returns how many requests were sent, whose replies come
 * through pe_client_next, or -1.
 *   formulas: rows * columns texts in row order, each ending in NUL: what the application calls the
 *             cell's formula ("=A1*2"; a constant's own text otherwise; "" for blank)
 *   kinds:    per cell 0 blank, 1 number, 2 text, 3 boolean (numbers holds 0 or 1), 4 error
 *             (numbers holds the protocol's error code)
 *   texts:    the text values of cells of kind 2, in order, each ending in NUL
 * A cell is a formula where its formula begins with '=' and differs from its text value. */
typedef struct pe_client_cells {
    uint32_t book, sheet, row, column, rows, columns;
    const char *formulas;
    size_t formulas_bytes;
    const uint8_t *kinds;
    const double *numbers;
    const char *texts;
    size_t texts_bytes;
} pe_client_cells;
PE_CLIENT_API int pe_client_sheet(pe_client *client, const pe_client_cells *cells,
                                  uint32_t timeout_ms, pe_client_error *error);

#endif
