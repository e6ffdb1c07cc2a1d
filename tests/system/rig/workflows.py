"""Workflows that tests run."""

PERSON = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1},
        "email": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
        "amount": {"type": "integer", "minimum": 0},
    },
    "required": ["name", "amount"],
}


def step(step_id, step_type, config, **more):
    return {"step_id": step_id, "step_type": step_type, "name": f"Step {step_id}", "config": config, **more}


def workflow(workflow_id, steps, **more):
    return {"workflow_id": workflow_id, "name": f"Workflow {workflow_id}", "payload_schema": PERSON, "steps": steps, **more}


def every_type(workflow_id="every_type"):
    """One step of each type; the SMS goes out for 100 and more only."""
    return workflow(workflow_id, [
        step("note", "IN_APP", {"subject": "Order of {{ payload.name }}", "body": "{{ payload.amount }} pieces",
                                "data": {"who": "{{ recipient }}"}, "redirect_url": "https://shop.example/"}),
        step("mail", "EMAIL", {"to": "{{ payload.email if payload.email is not None else '' }}",
                               "subject": "Hello {{ payload.name }}", "text": "You have {{ payload.amount }}."}),
        step("text", "SMS", {"to": "{{ recipient }}", "body": "{{ payload.name }}: {{ payload.amount }}"},
             skip_condition="payload['amount'] < 100"),
        step("push", "PUSH", {"to": "{{ recipient }}", "title": "Hello", "body": "{{ steps.note.status }}"}),
    ])


def note_and_mail(workflow_id="note_and_mail"):
    """Two steps for volume: one into the inbox, where a second run would be seen, one into the log."""
    return workflow(workflow_id, [
        step("note", "IN_APP", {"body": "Hello {{ payload.name }}"}),
        step("mail", "EMAIL", {"to": "{{ payload.email if payload.email is not None else '' }}",
                               "subject": "Hello", "text": "Hello {{ payload.name }}"}),
    ])
