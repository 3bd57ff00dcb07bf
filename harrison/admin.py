"""The admin as a whole: its start page, and a password of one's own."""

from typing import Any, cast

from django.contrib.admin import AdminSite
from django.contrib.admin.forms import AdminAuthenticationForm, AdminPasswordChangeForm
from django.contrib.auth.views import PasswordChangeView
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from accounts.actions import set_password
from accounts.models import User
from core.admin import FormLookup
from harrison import figures


class OwnPasswordForm(AdminPasswordChangeForm):
    """A change of one's password is recorded like any other, without the password."""

    def save(self, commit: bool = True) -> Any:
        return set_password(by=self.user, user=self.user, password=self.cleaned_data["new_password1"])


class StaffLoginForm(AdminAuthenticationForm):
    """The login of the admin. It tells people who are not staff why they cannot enter."""

    def confirm_login_allowed(self, user: Any) -> None:
        if user.is_active and not user.is_staff:
            reason = "Your account is not a staff account. Ask a superuser to tick “Staff status”, or use the API."
            raise ValidationError(reason, code="not_staff")
        super().confirm_login_allowed(user)


class Site(AdminSite):
    login_form = StaffLoginForm
    site_header = site_title = "Harrison"
    index_title = "Administration"
    site_url = "/api/v1/"
    final_catch_all_view = False  # it would redirect forms that are sent to an address without its slash

    def index(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> TemplateResponse:
        plots = figures.plots_for(cast(User, request.user), timezone.now())
        return super().index(request, {"plots": plots, **(extra_context or {})})

    def autocomplete_view(self, request: HttpRequest) -> Any:
        return FormLookup.as_view(admin_site=self)(request)

    def password_change(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> Any:
        request.current_app = self.name
        view = PasswordChangeView.as_view(
            form_class=OwnPasswordForm,
            success_url=reverse("admin:password_change_done"),
            extra_context={**self.each_context(request), **(extra_context or {})},
        )
        return view(request)
