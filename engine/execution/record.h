/* record: an execution as Redis keeps it: one JSON object under one key, readable with GET, written whole.
 *
 *   {"format":1,"execution_id":"...","status":"COMPLETED","run":1,"workflow_id":"...","workflow_version":1,
 *    "control_version":0,"trigger_id":null,"recipient":"...",
 *    "origin":{"topic":"...","partition":0,"offset":7},"key":"...","traceparent":null,"tracestate":null,
 *    "payload":{...},"metadata":{...},"current_step":3,
 *    "started_at":"2026-11-24T11:53:05.123Z","completed_at":"...",
 *    "steps":[{"step_id":"...","step_type":"EMAIL","status":"COMPLETED","attempt":1,"reason":null,
 *              "result":{"provider":"...","message":{...}},"error":null,
 *              "started_at":"...","completed_at":"..."}]}
 *
 * A key that is no UTF-8 is kept as "key_base64". The result has "message_id" behind "provider" where the
 * provider gave one. What most executions lack is absent rather than null: of the execution "due_at",
 * "postponed" (true), "expires_at" and "reason" (behind "completed_at"); of a step "run" (in which it ended,
 * where that is not 1), "message" (from its first attempt until it ends; then the result has it), "provider"
 * (who is asked; then the result has it) and
 *
 *   "failures":[{"attempt":1,"provider":"...","code":"...","at":"...","retriable":true,"unknown":true,
 *                "retry_after_ms":2000}]
 *
 * the latest LIMIT_FAILURES_KEPT, without what is false or 0.
 *
 * To change the format: raise RECORD_FORMAT, read the old one too, and keep a file of the old one in the
 * tests. A new member that may be absent needs neither. */
#ifndef ENGINE_EXECUTION_RECORD_H
#define ENGINE_EXECUTION_RECORD_H

#include "engine/execution/execution.h"

enum { RECORD_FORMAT = 1 };

/* Appends the record; the buffer says whether it failed. */
void record_write(buffer *b, const execution *x);

/* Reads a record back into *x, without what only a running execution has (execution_resume). Strings borrow
 * from `text`; the rest lives in the arena. The text is as untrusted as anything from a network. ERROR_RECORD
 * where it is no record of a known format, or one that no execution leaves (execution_fault); ERROR_LIMIT and
 * ERROR_OUT_OF_MEMORY as json_read. */
MUST_CHECK bool record_read(execution *x, arena *a, const char *text, size_t size, error *e);

#endif
