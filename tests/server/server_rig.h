/* server_rig.h: a real server in a thread of the test, on a socket of its own, and a client that
 * sends records and reads what comes. */
#ifndef SERVER_RIG_H
#define SERVER_RIG_H

#include <pthread.h>

#include "protocol.h"
#include "server.h"

typedef struct rig {
    char folder[64], socket[96], log[96];
    pe_server_options options;
    pe_server *server;
    pthread_t thread;
    pe_status result;
} rig;

/* options NULL: the usual ones. What is in it but paths, backend and clock is taken. */
void rig_start(rig *r, const pe_server_options *options);
void rig_stop(rig *r);       /* ends it, if it has not ended, and removes the folder */
void rig_wait(rig *r);       /* until it ends by itself */
char *rig_log(const rig *r); /* free it */

typedef struct rig_client {
    int fd;
    uint32_t id;
    pe_frame_reader reader;
    msgpack_zone *zone; /* what the last reply holds */
    uint8_t *frame;     /* its bytes */
    pe_wire_head head;
    pe_wire_failure failure; /* of the last reply that was one */
    uint32_t progress_count;
    pe_wire_progress progress; /* the last */
    double progress_at[256];   /* when they came */
    bool said_goodbye;
} rig_client;

void rig_connect(const rig *r, rig_client *c); /* no hello yet */
void rig_hello(const rig *r, rig_client *c);   /* connects and greets */
void rig_close(rig_client *c);
bool rig_send_bytes(rig_client *c, const void *bytes, size_t length); /* false: closed */
uint32_t rig_send(rig_client *c, const char *method, pe_wire_record record, const void *params);
void rig_note(rig_client *c, const char *method, uint32_t request);
/* Waits for the response to id (0: any message). "" and the result decoded into `result` (which may
 * be NULL), or the error's code; "closed": the connection ended; "late": nothing in timeout_s. */
const char *rig_wait_for(rig_client *c, uint32_t id, pe_wire_record record, void *result,
                         double timeout_s);
/* Sends and waits. */
const char *rig_call(rig_client *c, const char *method, pe_wire_record record, const void *params,
                     pe_wire_record result_record, void *result);

/* A book of one sheet, `Sheet1`, from lines "A1 10", "B2 =A1*2". Complete; its number. */
uint32_t rig_book(rig_client *c, const char *lines);
/* One cell as an update: "" or the error's code. */
const char *rig_edit(rig_client *c, uint32_t book, const char *line);
/* Simulates with a number of trials and seed 1. */
const char *rig_simulate(rig_client *c, uint32_t book, uint64_t trials,
                         pe_wire_simulate_reply *reply);

#endif
