import core.models
import django.db.models.deletion
import django.utils.timezone
import imagery.models.patients
import imagery.models.studies
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_users_and_teams'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ReplacedCopy',
            fields=[
                ('id', models.UUIDField(default=core.models.new_id, editable=False, help_text='UUID (version 7).', primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, help_text='When the row was made (UTC).')),
                ('updated_at', models.DateTimeField(auto_now=True, help_text='When the row was last changed (UTC).')),
                ('archived_at', models.DateTimeField(blank=True, editable=False, help_text='When the row was taken out of use (UTC); empty while it is in use.', null=True)),
                ('version', models.PositiveIntegerField(default=1, editable=False, help_text='Counts the states of this row from 1; the ETag of its detail answer.')),
                ('name', models.CharField(help_text='Name of the file in `files.research_copies`.', max_length=200, unique=True)),
            ],
            options={
                'ordering': ['id'],
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Image',
            fields=[
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, help_text='When the row was made (UTC).')),
                ('updated_at', models.DateTimeField(auto_now=True, help_text='When the row was last changed (UTC).')),
                ('archived_at', models.DateTimeField(blank=True, editable=False, help_text='When the row was taken out of use (UTC); empty while it is in use.', null=True)),
                ('version', models.PositiveIntegerField(default=1, editable=False, help_text='Counts the states of this row from 1; the ETag of its detail answer.')),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, help_text='Random UUID (version 4).', primary_key=True, serialize=False)),
                ('modality', models.CharField(help_text='The modality of its series.', max_length=16)),
                ('body_part', models.CharField(blank=True, help_text='The body part of its series.', max_length=64)),
                ('uid', models.CharField(blank=True, help_text='SOP Instance UID, DICOM (0008,0018); empty for a plain picture.', max_length=64)),
                ('media_type', models.CharField(choices=[('application/dicom', 'Dicom'), ('image/png', 'Png'), ('image/jpeg', 'Jpeg')], help_text='What the bytes are, recognised by content.', max_length=32)),
                ('rows', models.PositiveIntegerField(help_text='Height in pixels as displayed, DICOM (0028,0010).')),
                ('columns', models.PositiveIntegerField(help_text='Width in pixels as displayed, DICOM (0028,0011).')),
                ('frames', models.PositiveIntegerField(default=1, help_text='How many frames, DICOM (0028,0008); counted from 0 in requests.')),
                ('size', models.PositiveBigIntegerField(help_text='Length of the original in bytes.')),
                ('sha256', models.CharField(help_text='SHA-256 of the original, in hexadecimal.', max_length=64)),
                ('original', models.CharField(help_text='Name of the bytes as uploaded, in `files.originals`.', max_length=200)),
                ('research', models.CharField(blank=True, help_text='Name of the de-identified copy, in `files.research_copies`; empty when there is none.', max_length=200)),
                ('research_sha256', models.CharField(blank=True, help_text='SHA-256 of the de-identified copy, in hexadecimal.', max_length=64)),
                ('release_state', models.CharField(choices=[('quarantined', 'Quarantined'), ('released', 'Released'), ('refused', 'Refused'), ('no_picture', 'No Picture')], default='quarantined', help_text='quarantined (its owner must look first), released to research, refused (it cannot have a research copy), or no_picture (the original is kept, but its pixels cannot be shown).', max_length=16)),
                ('release_reason', models.TextField(blank=True, help_text='Why it is not released, in sentences.')),
                ('held_back', models.BooleanField(default=False, help_text='Whether research had it until its study changed its patient: it may come back by itself.')),
                ('owner', models.ForeignKey(db_index=False, help_text='The owner of the study.', on_delete=django.db.models.deletion.PROTECT, related_name='images', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['created_at', 'id'],
            },
            bases=(imagery.models.studies.Described, models.Model),
        ),
        migrations.CreateModel(
            name='Deidentification',
            fields=[
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, help_text='When the row was made (UTC).')),
                ('updated_at', models.DateTimeField(auto_now=True, help_text='When the row was last changed (UTC).')),
                ('archived_at', models.DateTimeField(blank=True, editable=False, help_text='When the row was taken out of use (UTC); empty while it is in use.', null=True)),
                ('version', models.PositiveIntegerField(default=1, editable=False, help_text='Counts the states of this row from 1; the ETag of its detail answer.')),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, help_text='Random UUID (version 4).', primary_key=True, serialize=False)),
                ('manifest', models.JSONField(help_text='Profile, engine, key id, counts by action, removed tags, SHA-256 of file and pixels.')),
                ('image', models.OneToOneField(help_text='The image of the copy.', on_delete=django.db.models.deletion.PROTECT, related_name='deidentification', to='imagery.image')),
            ],
            options={
                'ordering': ['id'],
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Patient',
            fields=[
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, help_text='When the row was made (UTC).')),
                ('updated_at', models.DateTimeField(auto_now=True, help_text='When the row was last changed (UTC).')),
                ('archived_at', models.DateTimeField(blank=True, editable=False, help_text='When the row was taken out of use (UTC); empty while it is in use.', null=True)),
                ('version', models.PositiveIntegerField(default=1, editable=False, help_text='Counts the states of this row from 1; the ETag of its detail answer.')),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, help_text='Random UUID (version 4).', primary_key=True, serialize=False)),
                ('pseudonym', models.CharField(default=imagery.models.patients.new_pseudonym, editable=False, help_text='The random public name in research.', max_length=40, unique=True)),
                ('sex', models.CharField(blank=True, choices=[('M', 'Male'), ('F', 'Female'), ('O', 'Other')], help_text='DICOM (0010,0040): M, F, O or empty for unknown.', max_length=1)),
                ('withdrawn_at', models.DateTimeField(blank=True, editable=False, help_text='When consent to research was withdrawn (UTC); empty while it stands.', null=True)),
                ('owner', models.ForeignKey(db_index=False, help_text='The doctor of this patient.', on_delete=django.db.models.deletion.PROTECT, related_name='patients', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['created_at', 'id'],
            },
        ),
        migrations.AddField(
            model_name='image',
            name='research_patient',
            field=models.ForeignKey(blank=True, help_text='The patient whose pseudonym and date shift the copy has; empty if none was known.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='imagery.patient'),
        ),
        migrations.CreateModel(
            name='Identity',
            fields=[
                ('id', models.UUIDField(default=core.models.new_id, editable=False, help_text='UUID (version 7).', primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, help_text='When the row was made (UTC).')),
                ('updated_at', models.DateTimeField(auto_now=True, help_text='When the row was last changed (UTC).')),
                ('archived_at', models.DateTimeField(blank=True, editable=False, help_text='When the row was taken out of use (UTC); empty while it is in use.', null=True)),
                ('version', models.PositiveIntegerField(default=1, editable=False, help_text='Counts the states of this row from 1; the ETag of its detail answer.')),
                ('sealed', models.TextField(help_text='All of it as JSON, encrypted under one of HARRISON_IDENTITY_KEYS.')),
                ('record_index', models.CharField(blank=True, help_text='Keyed digest of owner, issuer and record number; empty without a number and for a placeholder.', max_length=64)),
                ('ordinal', models.PositiveIntegerField(default=1, help_text='1 for the first patient of a record number, 2 for another person of the same number.')),
                ('number_index', models.CharField(blank=True, db_index=True, help_text='Keyed digest of owner and record number; empty without a number.', max_length=64)),
                ('patient', models.OneToOneField(help_text='The patient.', on_delete=django.db.models.deletion.PROTECT, related_name='identity', to='imagery.patient')),
            ],
            options={
                'verbose_name_plural': 'identities',
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='Series',
            fields=[
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, help_text='When the row was made (UTC).')),
                ('updated_at', models.DateTimeField(auto_now=True, help_text='When the row was last changed (UTC).')),
                ('archived_at', models.DateTimeField(blank=True, editable=False, help_text='When the row was taken out of use (UTC); empty while it is in use.', null=True)),
                ('version', models.PositiveIntegerField(default=1, editable=False, help_text='Counts the states of this row from 1; the ETag of its detail answer.')),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, help_text='Random UUID (version 4).', primary_key=True, serialize=False)),
                ('uid', models.CharField(blank=True, help_text='Series Instance UID, DICOM (0020,000E); empty for plain pictures.', max_length=64)),
                ('modality', models.CharField(help_text='DICOM (0008,0060), e.g. CR, DX, CT, MR, US; OT when unknown.', max_length=16)),
                ('body_part', models.CharField(blank=True, help_text='Body Part Examined, DICOM (0018,0015), e.g. CHEST.', max_length=64)),
                ('owner', models.ForeignKey(db_index=False, help_text='The owner of the study.', on_delete=django.db.models.deletion.PROTECT, related_name='series', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name_plural': 'series',
                'ordering': ['created_at', 'id'],
            },
            bases=(imagery.models.studies.Described, models.Model),
        ),
        migrations.AddField(
            model_name='image',
            name='series',
            field=models.ForeignKey(db_index=False, help_text='The series it is part of.', on_delete=django.db.models.deletion.PROTECT, related_name='images', to='imagery.series'),
        ),
        migrations.CreateModel(
            name='Study',
            fields=[
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, help_text='When the row was made (UTC).')),
                ('updated_at', models.DateTimeField(auto_now=True, help_text='When the row was last changed (UTC).')),
                ('archived_at', models.DateTimeField(blank=True, editable=False, help_text='When the row was taken out of use (UTC); empty while it is in use.', null=True)),
                ('version', models.PositiveIntegerField(default=1, editable=False, help_text='Counts the states of this row from 1; the ETag of its detail answer.')),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, help_text='Random UUID (version 4).', primary_key=True, serialize=False)),
                ('uid', models.CharField(blank=True, help_text='Study Instance UID, DICOM (0020,000D); empty for a study of plain pictures.', max_length=64)),
                ('date', models.DateField(blank=True, help_text='Study Date, DICOM (0008,0020).', null=True)),
                ('age', models.PositiveSmallIntegerField(blank=True, help_text='Age of the patient at the study in whole years; 90 means 90 or more; empty when unknown.', null=True)),
                ('description', models.CharField(blank=True, help_text='Study Description, DICOM (0008,1030). Free text.', max_length=1000)),
                ('owner', models.ForeignKey(db_index=False, help_text='The doctor who uploaded the study.', on_delete=django.db.models.deletion.PROTECT, related_name='studies', to=settings.AUTH_USER_MODEL)),
                ('patient', models.ForeignKey(blank=True, db_index=False, help_text='The patient, if known.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='studies', to='imagery.patient')),
                ('shared_with', models.ManyToManyField(blank=True, help_text='The teams whose members see the study and may annotate it.', related_name='studies', to='accounts.team')),
            ],
            options={
                'verbose_name_plural': 'studies',
                'ordering': ['created_at', 'id'],
            },
        ),
        migrations.AddField(
            model_name='series',
            name='study',
            field=models.ForeignKey(db_index=False, help_text='The study it is part of.', on_delete=django.db.models.deletion.PROTECT, related_name='series', to='imagery.study'),
        ),
        migrations.AddField(
            model_name='image',
            name='study',
            field=models.ForeignKey(db_index=False, help_text='The study of its series.', on_delete=django.db.models.deletion.PROTECT, related_name='images', to='imagery.study'),
        ),
        migrations.CreateModel(
            name='Usage',
            fields=[
                ('id', models.UUIDField(default=core.models.new_id, editable=False, help_text='UUID (version 7).', primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, help_text='When the row was made (UTC).')),
                ('updated_at', models.DateTimeField(auto_now=True, help_text='When the row was last changed (UTC).')),
                ('archived_at', models.DateTimeField(blank=True, editable=False, help_text='When the row was taken out of use (UTC); empty while it is in use.', null=True)),
                ('version', models.PositiveIntegerField(default=1, editable=False, help_text='Counts the states of this row from 1; the ETag of its detail answer.')),
                ('images', models.PositiveBigIntegerField(default=0, help_text='How many images they have uploaded.')),
                ('size', models.PositiveBigIntegerField(default=0, help_text='Length of their originals in bytes.')),
                ('owner', models.OneToOneField(help_text='The doctor who uploads.', on_delete=django.db.models.deletion.PROTECT, related_name='usage', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['id'],
                'abstract': False,
            },
        ),
        migrations.AddIndex(
            model_name='patient',
            index=models.Index(fields=['owner', '-created_at', '-id'], name='patient_by_owner'),
        ),
        migrations.AddIndex(
            model_name='patient',
            index=models.Index(fields=['-created_at', '-id'], name='patient_by_time'),
        ),
        migrations.AddIndex(
            model_name='patient',
            index=models.Index(condition=models.Q(('archived_at__isnull', False)), fields=['id'], name='patient_archived'),
        ),
        migrations.AddConstraint(
            model_name='identity',
            constraint=models.UniqueConstraint(condition=models.Q(('record_index', ''), _negated=True), fields=('record_index', 'ordinal'), name='patients_of_a_record_number_are_counted', violation_error_message='Another patient of this record number was added just now. Try again.'),
        ),
        migrations.AddIndex(
            model_name='study',
            index=models.Index(fields=['owner', '-created_at', '-id'], name='study_by_owner'),
        ),
        migrations.AddIndex(
            model_name='study',
            index=models.Index(fields=['-created_at', '-id'], name='study_by_time'),
        ),
        migrations.AddIndex(
            model_name='study',
            index=models.Index(fields=['patient'], name='study_by_patient'),
        ),
        migrations.AddIndex(
            model_name='study',
            index=models.Index(fields=['owner', 'date'], name='study_by_date'),
        ),
        migrations.AddIndex(
            model_name='study',
            index=models.Index(condition=models.Q(('uid', ''), _negated=True), fields=['uid'], name='study_by_uid'),
        ),
        migrations.AddIndex(
            model_name='study',
            index=models.Index(condition=models.Q(('archived_at__isnull', False)), fields=['id'], name='study_archived'),
        ),
        migrations.AddConstraint(
            model_name='study',
            constraint=models.UniqueConstraint(condition=models.Q(models.Q(('uid', ''), _negated=True), ('archived_at__isnull', True)), fields=('uid', 'owner'), name='study_uid_is_unique_per_owner', violation_error_message='You have a study in use of this UID already.'),
        ),
        migrations.AddIndex(
            model_name='series',
            index=models.Index(fields=['owner', '-created_at', '-id'], name='series_by_owner'),
        ),
        migrations.AddIndex(
            model_name='series',
            index=models.Index(fields=['-created_at', '-id'], name='series_by_time'),
        ),
        migrations.AddIndex(
            model_name='series',
            index=models.Index(fields=['study'], name='series_by_study'),
        ),
        migrations.AddIndex(
            model_name='series',
            index=models.Index(fields=['modality', 'id'], name='series_by_modality'),
        ),
        migrations.AddIndex(
            model_name='series',
            index=models.Index(fields=['body_part', 'id'], name='series_by_body_part'),
        ),
        migrations.AddIndex(
            model_name='series',
            index=models.Index(condition=models.Q(('archived_at__isnull', False)), fields=['id'], name='series_archived'),
        ),
        migrations.AddConstraint(
            model_name='series',
            constraint=models.UniqueConstraint(condition=models.Q(('uid', ''), _negated=True), fields=('uid', 'study'), name='series_uid_is_unique_in_its_study', violation_error_message='This study has a series of this UID already.'),
        ),
        migrations.AddIndex(
            model_name='image',
            index=models.Index(fields=['owner', '-created_at', '-id'], name='image_by_owner'),
        ),
        migrations.AddIndex(
            model_name='image',
            index=models.Index(fields=['release_state', 'owner', '-created_at', '-id'], name='image_by_release_state'),
        ),
        migrations.AddIndex(
            model_name='image',
            index=models.Index(fields=['-created_at', '-id'], name='image_by_time'),
        ),
        migrations.AddIndex(
            model_name='image',
            index=models.Index(fields=['study'], name='image_by_study'),
        ),
        migrations.AddIndex(
            model_name='image',
            index=models.Index(fields=['series'], name='image_by_series'),
        ),
        migrations.AddIndex(
            model_name='image',
            index=models.Index(fields=['size'], name='image_by_size'),
        ),
        migrations.AddIndex(
            model_name='image',
            index=models.Index(condition=models.Q(('uid', ''), _negated=True), fields=['uid'], name='image_by_uid'),
        ),
        migrations.AddIndex(
            model_name='image',
            index=models.Index(fields=['modality', 'id'], name='image_by_modality'),
        ),
        migrations.AddIndex(
            model_name='image',
            index=models.Index(fields=['body_part', 'id'], name='image_by_body_part'),
        ),
        migrations.AddIndex(
            model_name='image',
            index=models.Index(fields=['media_type', 'id'], name='image_by_media_type'),
        ),
        migrations.AddIndex(
            model_name='image',
            index=models.Index(condition=models.Q(('archived_at__isnull', False)), fields=['id'], name='image_archived'),
        ),
        migrations.AddIndex(
            model_name='image',
            index=models.Index(fields=['original'], name='image_by_original'),
        ),
        migrations.AddIndex(
            model_name='image',
            index=models.Index(fields=['research'], name='image_by_research'),
        ),
        migrations.AddConstraint(
            model_name='image',
            constraint=models.UniqueConstraint(fields=('sha256', 'owner'), name='image_bytes_are_unique_per_owner', violation_error_message='You have uploaded these bytes already.'),
        ),
        migrations.AddConstraint(
            model_name='image',
            constraint=models.UniqueConstraint(condition=models.Q(models.Q(('uid', ''), _negated=True), ('archived_at__isnull', True)), fields=('uid', 'owner'), name='image_uid_is_unique_per_owner', violation_error_message='You have another image in use of this SOP Instance UID.'),
        ),
        migrations.AddConstraint(
            model_name='image',
            constraint=models.CheckConstraint(condition=models.Q(('release_state__in', ['quarantined', 'released', 'refused', 'no_picture'])), name='image_release_state_is_known', violation_error_message='The release state is quarantined, released, refused or no_picture.'),
        ),
        migrations.AddConstraint(
            model_name='image',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('release_state', 'released'), _negated=True), models.Q(('research', ''), _negated=True), _connector='OR'), name='released_image_has_a_research_copy', violation_error_message='Only an image with a research copy is released.'),
        ),
        migrations.AddConstraint(
            model_name='image',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('release_state', 'no_picture'), _negated=True), ('research', ''), _connector='OR'), name='image_without_picture_has_no_research_copy', violation_error_message='An image without a picture has no research copy.'),
        ),
    ]
