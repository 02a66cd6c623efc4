"""All SQL of the service: inboxes with those who may read them, and the queue of mails."""
