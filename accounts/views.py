"""Log in and out, the current user, and teams."""

from collections.abc import Callable
from typing import cast

from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from knox.views import LoginView as KnoxLoginView
from knox.views import LogoutAllView as KnoxLogoutAllView
from knox.views import LogoutView as KnoxLogoutView
from rest_framework.decorators import action
from rest_framework.generics import RetrieveAPIView
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import actions
from accounts.authentication import TokenAuthentication
from accounts.models import Role, Team, User
from accounts.serializers import LoginSerializer, MemberSerializer, SessionSerializer, TeamSerializer, UserSerializer
from core.bodies import refuse_body
from core.form_pages import FormPage
from core.views import EditableViewSet

DOCTORS = frozenset({Role.DOCTOR})


class LoginView(FormPage, KnoxLoginView):
    """Exchanges username and password for a token that lasts ten hours."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_scope = "login"
    serializer_class = LoginSerializer

    @extend_schema(operation_id="login", summary="Log in", request=LoginSerializer, responses=SessionSerializer)
    def post(self, request: Request, format: str | None = None) -> Response:
        serializer = LoginSerializer(data=request.data, context=self.get_context())
        serializer.is_valid(raise_exception=True)
        request.user = user = serializer.validated_data["user"]
        actions.delete_expired_tokens(by=user)
        return super().post(request, format)


class LogoutView(FormPage, KnoxLogoutView):
    """Ends the token that the request carries."""

    authentication_classes = (TokenAuthentication,)

    @extend_schema(operation_id="logout", summary="Log out", request=None, responses={204: None})
    def post(self, request: Request, format: str | None = None) -> Response:
        refuse_body(request)
        return super().post(request, format)


class LogoutAllView(FormPage, KnoxLogoutAllView):
    """Ends every token of the current user."""

    authentication_classes = (TokenAuthentication,)

    @extend_schema(operation_id="logout_all", summary="Log out everywhere", request=None, responses={204: None})
    def post(self, request: Request, format: str | None = None) -> Response:
        refuse_body(request)
        return super().post(request, format)


@extend_schema_view(get=extend_schema(summary="Read the current user"))
class MeView(RetrieveAPIView):
    """The current user and their roles."""

    permission_classes = (IsAuthenticated,)
    serializer_class = UserSerializer

    def get_object(self) -> User:
        return cast(User, self.request.user)


class TeamViewSet(EditableViewSet):
    """Groups of doctors who share studies."""

    queryset = Team.objects.all()
    serializer_class = TeamSerializer
    roles = dict.fromkeys(
        (
            "list", "retrieve", "create", "update", "partial_update",
            "destroy", "restore", "let_in", "step_out",
        ),
        DOCTORS,
    ) | {"history": frozenset({Role.DOCTOR, Role.AUDITOR})}  # fmt: skip
    archive_action = actions.archive_team
    restore_action = actions.restore_team

    def get_queryset(self) -> QuerySet[Team]:
        return super().get_queryset().select_related("lead").prefetch_related("members")

    @extend_schema(
        request=MemberSerializer,
        summary="Let a doctor into a team",
        description="Lets a doctor into the team. Only its lead may do this.",
    )
    @action(detail=True, methods=["post"], url_path="let-in", serializer_class=MemberSerializer)
    @transaction.atomic
    def let_in(self, request: Request, pk: str) -> Response:
        return self.change_members(actions.let_in)

    @extend_schema(
        request=MemberSerializer,
        summary="Take a doctor out of a team",
        description="Takes a doctor out of the team: yourself, or anyone if you are its lead.",
    )
    @action(detail=True, methods=["post"], url_path="step-out", serializer_class=MemberSerializer)
    @transaction.atomic
    def step_out(self, request: Request, pk: str) -> Response:
        return self.change_members(actions.step_out)

    def change_members(self, act: Callable[..., Team]) -> Response:
        team = self.get_object()
        body = self.get_serializer(data=self.request.data)
        body.is_valid(raise_exception=True)
        act(by=self.by, team=team, user=body.validated_data["username"])
        team = Team.objects.get(pk=team.pk)
        return Response(TeamSerializer(team, context=self.get_serializer_context()).data)
