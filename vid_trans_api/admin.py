"""Django's admin: jobs to look at, and a few things to do with them."""

from django.contrib import admin

from vid_trans_api.models import Job


@admin.register(Job)
class JobAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not generic at run time
    list_display = ("short_id",)
