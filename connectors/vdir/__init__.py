"""Calendars, tasks and contacts in folders of .ics and .vcf files."""
