/* server_internal.h: the server's parts, shared by the files of this module.
 *
 * Who owns what: the loop thread owns sessions, their queues and buffers. A session's model (its
 * books and runs) belongs to the runner that does the session's ordered request, else to the loop;
 * there is one such request at a time, so that nothing in a model needs a lock. What overtakes
 * (call, describe ...) touches no model. Runners reach the loop through pei_work's list of what is
 * done and uv_async_send; the loop reaches a running job through its pe_control alone. */
#ifndef PE_SERVER_INTERNAL_H
#define PE_SERVER_INTERNAL_H

#include <uv.h>

#include "job.h"
#include "protocol.h"
#include "server.h"

#define PEI_PATH_BYTES 512
#define PEI_RUNNERS 3    /* for ordered requests */
#define PEI_SIMULATORS 2 /* so many of them simulate; the others are there for what is short */
#define PEI_TICK_MS 100  /* of progress, and of looking at memory, while something runs */
#define PEI_READ_BYTES 65536u

typedef struct pei_session pei_session;
typedef struct pei_request pei_request;
typedef struct pei_model pei_model;                                     /* server_model.h */
pei_model *pei_model_new(const pe_server *server, pe_control *control); /* NULL: out of memory */
void pei_model_free(pei_model *model);                                  /* NULL is allowed */

/* ---- log, endpoint
 * ------------------------------------------------------------------------------------ */

typedef struct pei_log {
    const char *path;
    int fd; /* -1: not open */
    long bytes;
} pei_log;
void pei_log_open(pei_log *log, const char *path);
void pei_log_close(pei_log *log);
/* session 0: of none. Loop thread only. */
void pei_log_line(pei_log *log, uint64_t session, const char *format, ...) PE_PRINTF(3, 4);

typedef struct pei_endpoint {
    char socket[128]; /* a socket's address has 108 bytes; Windows: the pipe's name */
    char info[PEI_PATH_BYTES], folder[PEI_PATH_BYTES];
    char token[PE_TOKEN_DIGITS + 1];
    int lock; /* -1: not held */
    bool published;
} pei_endpoint;
/* Folder, lock, token. PE_E_UNSUPPORTED: another host holds the lock. */
pe_status pei_endpoint_take(pei_endpoint *endpoint, const char *path, const char *info,
                            pe_diag *diag);
void pei_endpoint_leave(pei_endpoint *endpoint);
pe_status pei_endpoint_token(char token[PE_TOKEN_DIGITS + 1], pe_diag *diag); /* random digits */
/* The endpoint file's text; returns its length. */
int pei_endpoint_print(const pei_endpoint *endpoint, char text[PE_ENDPOINT_FILE_BYTES]);

/* Where clients connect: server_unix.c, server_windows.c. */
typedef struct pei_listener pei_listener;
/* Makes the socket or pipe of the endpoint, writes the endpoint file, and calls pei_session_accept
 * in the loop for each who connects. Freed by pe_server_free, also after a failure. */
pe_status pei_listen(pe_server *server, pe_diag *diag);
/* The connection that waits, into an initialised pipe. false: another user's, or it is gone. */
bool pei_listener_accept(pe_server *server, uv_pipe_t *pipe);
void pei_listener_stop(pei_listener *listener); /* before the loop's handles are closed */
void pei_listener_free(pei_listener *listener); /* after the loop. NULL is allowed */
int pei_log_file(const char *path);             /* to append, the user's alone; -1: none */
void pei_block_broken_pipe(void); /* a client that is gone is an error of uv_write, no signal */

/* ---- requests
 * ----------------------------------------------------------------------------------------- */

/* One request of a client, from its frame to its reply. */
struct pei_request {
    pei_request *next;
    pei_session *session;
    uint32_t id;
    int method;     /* pe_wire_method_id; PEI_DISPOSE: frees the session's model, no reply */
    bool light;     /* overtakes: does not touch the model */
    uint8_t *frame; /* the message; owned */
    size_t frame_length;
    double queued;
    _Atomic double started;  /* by its runner; 0: it waits */
    _Atomic uint64_t claims; /* by its runner: bytes that the session comes to hold, once known */
    /* The loop's. */
    bool answered; /* cancelled, or its session is gone: what the runner makes is dropped */
    /* The runner's result. */
    uint8_t *reply; /* a whole frame; NULL: none could be made */
    size_t reply_length;
    pe_wire_code code;
    bool broken;          /* the frame is not MessagePack: the connection is closed */
    uint64_t model_bytes; /* of the session's model afterwards */
    uint32_t books, runs;
};
#define PEI_DISPOSE (-1)

void pei_request_free(pei_request *request); /* NULL is allowed */
/* Does the request in a runner: decodes, computes, encodes the reply. */
void pei_request_do(pei_request *request);
/* A host stays for long: memory that no session needs goes back to the system. */
void pei_give_back(void);
/* Frames, to be freed; NULL: out of memory. */
uint8_t *pei_failure_frame(uint32_t id, const pe_wire_diag *failure, size_t *length);
uint8_t *pei_reply_frame(uint32_t id, pe_wire_record record, const void *result, size_t *length,
                         pe_wire_diag *failure);
uint8_t *pei_note_frame(const char *name, pe_wire_record record, const void *params,
                        size_t *length);

/* ---- work
 * --------------------------------------------------------------------------------------------- */

/* One runner; a crew of them lives until the next. */
typedef struct pei_runner {
    struct pei_work *work;
    struct pei_crew *crew, *before; /* before: whose end this one waits for; NULL: none */
    int queue;
    uv_thread_t thread;
} pei_runner;

typedef struct pei_crew {
    pei_runner runners[PEI_RUNNERS + 1];
    unsigned count; /* threads that are not joined */
    bool stop;
} pei_crew;

/* The runners and their two queues. A session has at most one request in each, so that first come,
 * first served is fair. */
typedef struct pei_work {
    pe_server *server;
    uv_mutex_t mutex;
    uv_cond_t wake[2]; /* ordered, light */
    pei_request *first[2], *last[2];
    pei_request *done; /* for the loop, newest first */
    unsigned simulating;
    pei_crew crews[2], *crew; /* crew: that works */
} pei_work;
pe_status pei_work_start(pei_work *work, pe_server *server, pe_diag *diag);
void pei_work_stop(pei_work *work); /* waits for what runs */
/* Other threads in place of the runners, while nothing runs or waits: what a thread has freed stays
 * in malloc's cache of that thread, a page each at worst, until the thread ends. Where none can be
 * started, those that are there stay. */
void pei_work_renew(pei_work *work);
void pei_work_add(pei_work *work, pei_request *request, bool light);
/* Takes a request out of its queue; false: a runner has it. */
bool pei_work_remove(pei_work *work, pei_request *request, bool light);
pei_request *pei_work_done(pei_work *work); /* the list, oldest first */

/* ---- sessions
 * ----------------------------------------------------------------------------------------- */

typedef struct pei_progress {
    uv_mutex_t mutex;
    const char *stage; /* NULL: none yet */
    bool fresh;        /* not sent yet */
    uint64_t done, total;
    double stage_started;
} pei_progress;

typedef struct pei_queue {
    pei_request *first, *last;
} pei_queue;

struct pei_session {
    pe_server *server;
    pei_session *previous, *next;
    uv_pipe_t pipe;
    uint64_t number;
    char client[64];
    double connected;
    bool greeted, reading;
    bool ending; /* nothing more is read; closed when all is written */
    bool closed, handle_gone;
    /* What comes in. */
    uint8_t head[4];
    size_t head_used;
    uint8_t *frame;
    size_t frame_length, frame_used, frame_capacity;
    double heard;
    /* What goes out. */
    size_t unsent; /* of frames that are not wholly written */
    uint64_t queued_bytes, written_bytes;
    double unsent_moved; /* when the client last took something */
    /* Requests: [0] ordered, [1] light. */
    pei_queue waiting[2];
    pei_request *running[2];
    uint32_t request_count;
    size_t request_bytes;
    pe_control control; /* of the ordered request */
    pei_progress progress;
    pei_model *model;
    uint64_t model_bytes; /* as the last ordered request left it */
    uint32_t books, runs;
};

void pei_session_accept(pe_server *server);
void pei_session_tick(pei_session *session, double now);
/* Says why (goodbye), writes what there is, closes. */
void pei_session_end(pei_session *session, const char *reason);
void pei_session_close(pei_session *session);
/* Takes bytes, a whole frame, whatever happens. */
void pei_session_send(pei_session *session, uint8_t *bytes, size_t length);
void pei_session_done(pei_request *request); /* from the loop: a runner has finished it */
/* Starts what may start. */
void pei_session_pump(pei_session *session);
void pei_session_progress(pei_session *session, double now);

/* server_message.c: what the loop itself answers. A whole frame; owned by the session afterwards.
 */
void pei_message_take(pei_session *session, uint8_t *frame, size_t length);
void pei_session_fail(pei_session *session, uint32_t id, pe_wire_code code, const char *where,
                      const char *what);
void pei_request_log(const pei_request *request);

/* ---- the server
 * --------------------------------------------------------------------------------------- */

struct pe_server {
    pe_server_options options;
    pei_endpoint endpoint;
    pei_log log;
    uv_loop_t loop;
    bool loop_made;
    pei_listener *listener;
    uv_pipe_t spare;
    bool spare_busy;
    uv_async_t wake;
    uv_timer_t timer;
    uv_signal_t signals[3];
    pei_work work;
    pei_session *sessions;
    uint32_t session_count;
    uint64_t session_last;
    double started, idle_since;
    uint64_t bytes_max;
    bool session_ended; /* and what it held has not gone back to the system yet */
    atomic_bool stop_asked;
    bool stopping; /* no new requests; ends with its last session */
    bool closing;
    uint8_t read_buffer[PEI_READ_BYTES];
};

/* No new requests; running jobs end by themselves (cancel: at once), then the server. */
void pei_server_wind_down(pe_server *server, bool cancel, const char *reason);
void pei_server_look(pe_server *server);  /* ends where it is time to */
void pei_server_hurry(pe_server *server); /* ticks for what runs now */
unsigned pei_server_threads(const pe_server *server);

#endif
