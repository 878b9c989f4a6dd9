/* server_request.c: a request in its runner: decoded, done, answered. Invariant: a request has a
 * reply, whatever happened: its result, or why there is none. */
#include "server_model.h"

#include <stdio.h>
#include <stdlib.h>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

void pei_request_free(pei_request *request)
{
    if (request == NULL) return;
    free(request->frame);
    free(request->reply);
    free(request);
}

pe_status pei_out_of_memory(pe_diag *diag)
{
    return pe_fail(diag, PE_E_MEMORY, "",
                   "the host is out of memory: use fewer trials or outputs, "
                   "or close other workbooks");
}

static pe_wire_code code_of(pe_status status)
{
    static const pe_wire_code codes[] = {
        [PE_OK] = PE_WIRE_OK,
        [PE_E_MEMORY] = PE_WIRE_E_MEMORY,
        [PE_E_LIMIT] = PE_WIRE_E_LIMIT,
        [PE_E_IO] = PE_WIRE_E_IO,
        [PE_E_FORMAT] = PE_WIRE_E_FORMAT,
        [PE_E_ENCRYPTED] = PE_WIRE_E_ENCRYPTED,
        [PE_E_SYNTAX] = PE_WIRE_E_SYNTAX,
        [PE_E_ARGUMENT] = PE_WIRE_E_ARGUMENT,
        [PE_E_NOT_FOUND] = PE_WIRE_E_NOT_FOUND,
        [PE_E_UNSUPPORTED] = PE_WIRE_E_UNSUPPORTED,
        [PE_E_CYCLE] = PE_WIRE_E_CYCLE,
        [PE_E_CANCELLED] = PE_WIRE_E_CANCELLED,
        [PE_E_INTERNAL] = PE_WIRE_E_INTERNAL,
    };
    return (unsigned)status < PE_COUNT(codes) ? codes[status] : PE_WIRE_E_INTERNAL;
}

pe_status pei_reply(pei_task *task, pe_wire_record record, const void *result)
{
    pe_wire_diag why = {.code = PE_WIRE_OK};
    pe_wire_code code = pe_wire_put_reply(&task->out, task->request->id, record, result, &why);
    if (code == PE_WIRE_OK) return PE_OK;
    return pe_fail(task->diag,
                   code == PE_WIRE_E_MEMORY  ? PE_E_MEMORY
                   : code == PE_WIRE_E_LIMIT ? PE_E_LIMIT
                                             : PE_E_INTERNAL,
                   why.where, "%s", why.what);
}

void pei_give_back(void)
{
#if defined(__GLIBC__)
    malloc_trim(0);
#endif
}

/* ---- dispatch
 * ----------------------------------------------------------------------------------------- */

static pe_status dispatch(pei_task *task, const void *params)
{
    switch (task->request->method) {
#define METHOD_CASE(name)                                                                          \
    case PE_WIRE_METHOD_##name:                                                                    \
        return pei_do_##name(task, params);
        PEI_METHODS(METHOD_CASE)
#undef METHOD_CASE
    default:
        return pe_fail(task->diag, PE_E_INTERNAL, "", "the loop answers this method");
    }
}

static void decode_failed(pei_request *request, const pe_wire_diag *why, pe_diag *diag)
{
    request->code = why->code;
    pe_fail(diag, PE_E_ARGUMENT, why->where, "%s", why->what);
}

/* Fills request->code and diag. */
static void do_method(pei_task *task, pe_diag *diag)
{
    pei_request *request = task->request;
    const pe_wire_method *method = pe_wire_method_get((pe_wire_method_id)request->method);
    pe_wire_diag why = {.code = PE_WIRE_OK};
    pe_wire_head head = {.id = 0};
    double start = pe_clock_seconds();
    void *params = calloc(1, pe_wire_record_bytes(method->params));
    if (params == NULL) {
        request->code = code_of(pei_out_of_memory(diag));
        return;
    }
    if (pe_wire_head_read(request->frame, request->frame_length, &head, &why) != PE_WIRE_OK) {
        request->broken = why.code == PE_WIRE_E_PROTOCOL;
        decode_failed(request, &why, diag);
    } else if (pe_wire_decode_bytes(method->params, head.body, head.body_length, task->zone, params,
                                    &why) != PE_WIRE_OK) {
        decode_failed(request, &why, diag);
    } else {
        task->params = head.body;
        task->params_length = head.body_length;
        task->decode_s = pe_clock_seconds() - start;
        pe_status status = dispatch(task, params);
        if (status != PE_OK && diag->what[0] == '\0')
            pe_fail(diag, status, "", "%s", pe_status_text(status));
        request->code = code_of(status);
    }
    free(params);
}

static void answer_failure(pei_request *request, const pe_diag *diag)
{
    pe_wire_diag failure = {.code = PE_WIRE_OK};
    pe_wire_fail(&failure, request->code, diag->where, "%s", diag->what);
    request->reply = pei_failure_frame(request->id, &failure, &request->reply_length);
}

static void count_model(pei_request *request)
{
    const pei_model *model = request->session->model;
    request->model_bytes = pei_model_bytes(model);
    for (size_t i = 0; i < PE_COUNT(model->books); i++) request->books += model->books[i] != NULL;
    for (size_t i = 0; i < PE_COUNT(model->runs); i++) request->runs += model->runs[i] != NULL;
}

void pei_request_do(pei_request *request)
{
    pe_diag diag = {.status = PE_OK};
    pei_model *model = request->session->model;
    if (request->method == PEI_DISPOSE) {
        pei_model_free(model);
        pei_give_back();
        return;
    }
    pei_task task = {.model = model, .request = request, .diag = &diag};
    pe_wire_out_init(&task.out);
    task.zone = msgpack_zone_new(8192);
    task.arena = pe_arena_new(SIZE_MAX / 2);
    if (task.zone == NULL || task.arena == NULL)
        request->code = code_of(pei_out_of_memory(&diag));
    else
        do_method(&task, &diag);
    if (request->code == PE_WIRE_OK) {
        request->reply = task.out.bytes;
        request->reply_length = task.out.length;
    } else {
        pe_wire_out_free(&task.out);
        answer_failure(request, &diag);
    }
    if (task.zone != NULL) msgpack_zone_free(task.zone);
    pe_arena_free(task.arena);
    if (!request->light) count_model(request);
}

/* ---- values
 * ------------------------------------------------------------------------------------------ */

pe_value pei_value_in(const pe_wire_value *value, pe_arena *arena)
{
    switch ((pe_wire_kind)value->kind) {
    case PE_WIRE_NUMBER:
        return pe_number(value->number);
    case PE_WIRE_TEXT:
        return pe_arena_text_value(arena, value->text, value->length);
    case PE_WIRE_BOOLEAN:
        return pe_boolean(value->code != 0);
    case PE_WIRE_ERROR:
        return pe_error(value->code < PE_ERROR_COUNT ? (pe_error_code)value->code
                                                     : PE_ERROR_UNKNOWN);
    case PE_WIRE_OMITTED:
        return pe_omitted();
    default:
        return pe_blank();
    }
}

pe_wire_value pei_value_out(pe_value value)
{
    switch (pe_kind_of(value)) {
    case PE_KIND_NUMBER:
        return (pe_wire_value){.kind = PE_WIRE_NUMBER, .number = pe_as_number(value)};
    case PE_KIND_ERROR:
        return (pe_wire_value){.kind = PE_WIRE_ERROR, .code = (uint8_t)pe_as_error(value)};
    case PE_KIND_BOOLEAN:
        return (pe_wire_value){.kind = PE_WIRE_BOOLEAN, .code = pe_as_boolean(value)};
    case PE_KIND_TEXT:
        return (pe_wire_value){.kind = PE_WIRE_TEXT,
                               .length = pe_as_text(value)->length,
                               .text = pe_as_text(value)->bytes};
    default:
        return (pe_wire_value){.kind = PE_WIRE_BLANK};
    }
}
