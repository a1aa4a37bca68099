"""Keeping calendars and contacts in step with a server over CalDAV and CardDAV."""
