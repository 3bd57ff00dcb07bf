"""The API contract of users and teams."""

from django.contrib.auth import authenticate
from rest_framework import serializers

from accounts import actions
from accounts.models import Role, Team, User
from core.bodies import BodySerializer
from core.fields import Link, ValidatedData


class UserSerializer(serializers.Serializer):
    id = serializers.UUIDField(read_only=True, help_text="Its id, a UUID.")
    username = serializers.CharField(read_only=True, help_text="The name to log in with.")
    roles = serializers.SerializerMethodField(help_text="doctor, researcher, auditor: what this user may do.")

    def get_roles(self, user: User) -> list[str]:
        return sorted(user.roles)


class LoginSerializer(BodySerializer):
    username = serializers.CharField(max_length=150, help_text="The name to log in with.")
    password = serializers.CharField(
        max_length=1024,
        trim_whitespace=False,
        style={"input_type": "password"},
        write_only=True,
        help_text="The password.",
    )

    def validate(self, attrs: dict[str, object]) -> dict[str, object]:
        user = authenticate(self.context["request"]._request, **attrs)  # django-axes marks the plain request
        if user is None:
            raise serializers.ValidationError("The username and the password do not match.")
        return {"user": user}


class SessionSerializer(serializers.Serializer):
    """The answer to a login."""

    token = serializers.CharField(
        help_text="Send it as `Authorization: Token …`. Harrison shows it once and stores a digest."
    )
    expiry = serializers.DateTimeField(help_text="When the token ends (UTC).")
    user = UserSerializer()


class MemberSerializer(BodySerializer):
    id = serializers.UUIDField(read_only=True, help_text="Id of the user.")
    username = serializers.CharField(help_text="A doctor's username.")

    def validate_username(self, username: str) -> User:
        user = User.objects.filter(username=username, is_active=True, groups__name=Role.DOCTOR).first()
        if user is None:
            raise serializers.ValidationError("There is no active doctor of this username.")
        return user


class TeamNameSerializer(BodySerializer):
    id = serializers.UUIDField(read_only=True, help_text="Its id, a UUID.")
    url = Link("team-detail", help_text="Its address.")
    name = serializers.CharField(max_length=120, help_text="What the team is called.")


class TeamSerializer(TeamNameSerializer):
    lead = MemberSerializer(read_only=True, help_text="The doctor who created the team and lets others in.")
    members = MemberSerializer(many=True, read_only=True, help_text="The doctors in the team.")
    created_at = serializers.DateTimeField(read_only=True, help_text="When it was made (UTC).")
    archived_at = serializers.DateTimeField(read_only=True, allow_null=True, help_text="When it was archived (UTC).")

    def create(self, validated_data: ValidatedData) -> Team:
        return actions.create_team(**validated_data)

    def update(self, team: Team, validated_data: ValidatedData) -> Team:
        return actions.change_team(team=team, **validated_data)
