"""The admin's titles and its login page."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError

from vid_trans_api.admin import logins


class LoginForm(AdminAuthenticationForm):
    @property
    def has_no_users(self) -> bool:
        """Whether nobody can log in yet. Only the development server says so."""
        return settings.DEBUG and not get_user_model().objects.exists()

    def clean(self) -> dict[str, Any]:
        name = self.cleaned_data.get("username", "")
        if self.request and logins.is_throttled(self.request, name):
            logins.log_refusal(self.request, name)
            raise ValidationError(
                f"Too many log-ins have failed. Try again in {logins.WINDOW // 60} minutes."
            )
        return super().clean()


logins.subscribe()

admin.site.site_header = admin.site.site_title = "Video translation"
admin.site.index_title = "Data"
admin.site.enable_nav_sidebar = False  # the list of jobs needs the width
admin.site.login_form = LoginForm
admin.site.login_template = "vid_trans_api/login.html"
