"""The staff pages: Django's admin."""

from vid_trans_api.admin import jobs, site, webhooks, workspaces  # noqa: F401 (registers the pages)
