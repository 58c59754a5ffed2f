"""The admin's titles and its login page."""

from django.conf import settings
from django.contrib import admin
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth import get_user_model


class LoginForm(AdminAuthenticationForm):
    @property
    def has_no_users(self) -> bool:
        """Whether nobody can log in yet. Only the development server says so."""
        return settings.DEBUG and not get_user_model().objects.exists()


admin.site.site_header = admin.site.site_title = "Video translation"
admin.site.index_title = "Data"
admin.site.enable_nav_sidebar = False  # the list of jobs needs the width
admin.site.login_form = LoginForm
admin.site.login_template = "vid_trans_api/login.html"
