import core.models
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('reversion', '0002_add_index_on_version_for_content_type_and_db'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Event',
            fields=[
                ('id', models.UUIDField(default=core.models.new_id, editable=False, help_text='UUIDv7; the request id that the answer carried in X-Request-ID.', primary_key=True, serialize=False)),
                ('occurred_at', models.DateTimeField(default=django.utils.timezone.now, help_text='When the request came in (UTC).')),
                ('duration', models.FloatField(help_text='From request to answer, in seconds, by a clock that does not jump.')),
                ('roles', models.JSONField(default=list, help_text='The roles that the user had then.')),
                ('method', models.CharField(help_text='The HTTP method.', max_length=16)),
                ('path', models.CharField(help_text='The path without its query, cut at 500 characters.', max_length=500)),
                ('route', models.CharField(blank=True, help_text='The pattern that the path met; empty when it met none.', max_length=200)),
                ('object_id', models.UUIDField(help_text='The object that was asked for, or was made.', null=True)),
                ('query', models.JSONField(default=dict, help_text='Each query parameter with its value or a masked one.')),
                ('headers', models.JSONField(default=dict, help_text='Each header with its value or a masked one.')),
                ('status', models.PositiveSmallIntegerField(help_text='The HTTP status of the answer.')),
                ('client_address', models.GenericIPAddressField(help_text='Where the request came from.', null=True)),
                ('verb', models.CharField(blank=True, help_text='The verb of the change, such as uploaded.', max_length=40)),
                ('login_fingerprint', models.CharField(blank=True, help_text='Of a failed login: the keyed fingerprint of the username that was tried.', max_length=16)),
                ('revision', models.ForeignKey(db_index=False, help_text='The change that the request made.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='events', to='reversion.revision')),
                ('user', models.ForeignKey(db_index=False, help_text='The user, empty if the request carried no valid token.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='events', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='EventPatient',
            fields=[
                ('id', models.UUIDField(default=core.models.new_id, editable=False, help_text='UUID (version 7).', primary_key=True, serialize=False)),
                ('patient_id', models.UUIDField(help_text='The id of the patient.')),
                ('event', models.ForeignKey(help_text='The request and its answer.', on_delete=django.db.models.deletion.PROTECT, related_name='patients', to='events.event')),
            ],
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(fields=['user', 'id'], name='event_by_user'),
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(fields=['status', 'id'], name='event_by_status'),
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(fields=['method', 'id'], name='event_by_method'),
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(condition=models.Q(('object_id__isnull', False)), fields=['object_id', 'id'], name='event_by_object'),
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(condition=models.Q(('revision__isnull', False)), fields=['revision'], name='event_by_revision'),
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(fields=['route', 'id'], name='event_by_route'),
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(condition=models.Q(('status__gte', 400)), fields=['id'], name='event_refused'),
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(condition=models.Q(('verb', ''), _negated=True), fields=['verb', 'id'], name='event_by_verb'),
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(condition=models.Q(('login_fingerprint', ''), _negated=True), fields=['login_fingerprint', 'id'], name='event_by_failed_login'),
        ),
        migrations.AddConstraint(
            model_name='eventpatient',
            constraint=models.UniqueConstraint(fields=('patient_id', 'event'), name='event_names_a_patient_once', violation_error_message='The event names this patient already.'),
        ),
    ]
