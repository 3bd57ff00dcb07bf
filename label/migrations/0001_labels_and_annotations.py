import core.models
import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('disease', '0001_codes_and_diseases'),
        ('imagery', '0001_patients_studies_series_images'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Label',
            fields=[
                ('id', models.UUIDField(default=core.models.new_id, editable=False, help_text='UUID (version 7).', primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, help_text='When the row was made (UTC).')),
                ('updated_at', models.DateTimeField(auto_now=True, help_text='When the row was last changed (UTC).')),
                ('archived_at', models.DateTimeField(blank=True, editable=False, help_text='When the row was taken out of use (UTC); empty while it is in use.', null=True)),
                ('version', models.PositiveIntegerField(default=1, editable=False, help_text='Counts the states of this row from 1; the ETag of its detail answer.')),
                ('folded_name', models.TextField(editable=False, help_text='The name without case and in one Unicode form.')),
                ('name', models.CharField(help_text='The term, e.g. Consolidation.', max_length=200)),
                ('definition', models.TextField(blank=True, help_text='When to use it, in words that two readers understand alike.', max_length=4000)),
                ('search_text', models.TextField(editable=False, help_text='Name and definition, folded, for search.')),
                ('diseases', models.ManyToManyField(blank=True, help_text='Diseases that it means.', related_name='labels', to='disease.disease')),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='Annotation',
            fields=[
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, help_text='When the row was made (UTC).')),
                ('updated_at', models.DateTimeField(auto_now=True, help_text='When the row was last changed (UTC).')),
                ('archived_at', models.DateTimeField(blank=True, editable=False, help_text='When the row was taken out of use (UTC); empty while it is in use.', null=True)),
                ('version', models.PositiveIntegerField(default=1, editable=False, help_text='Counts the states of this row from 1; the ETag of its detail answer.')),
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, help_text='Random UUID (version 4).', primary_key=True, serialize=False)),
                ('state', models.CharField(choices=[('present', 'Present'), ('absent', 'Absent'), ('uncertain', 'Uncertain'), ('not_assessable', 'Not Assessable')], help_text='present, absent, uncertain or not_assessable.', max_length=16)),
                ('geometry', models.JSONField(blank=True, help_text='Where, in pixels of a frame (origin top left); empty for the whole image.', null=True)),
                ('place', models.CharField(blank=True, editable=False, help_text='Digest of the geometry, the same for the same shape; empty for the whole image.', max_length=64)),
                ('confidence', models.FloatField(blank=True, help_text='How sure the reader is, from 0 to 1; empty if not stated.', null=True)),
                ('comment', models.TextField(blank=True, help_text='Free text of the reader; not shown to research.', max_length=4000)),
                ('annotator', models.ForeignKey(db_index=False, help_text='The doctor who annotated the image.', on_delete=django.db.models.deletion.PROTECT, related_name='annotations', to=settings.AUTH_USER_MODEL)),
                ('image', models.ForeignKey(db_index=False, help_text='The annotated image.', on_delete=django.db.models.deletion.PROTECT, related_name='annotations', to='imagery.image')),
                ('owner', models.ForeignKey(db_index=False, help_text='The owner of the image.', on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('label', models.ForeignKey(db_index=False, help_text='The term.', on_delete=django.db.models.deletion.PROTECT, related_name='annotations', to='label.label')),
            ],
            options={
                'ordering': ['created_at', 'id'],
            },
        ),
        migrations.AddIndex(
            model_name='label',
            index=models.Index(condition=models.Q(('archived_at__isnull', False)), fields=['-id'], name='label_archived'),
        ),
        migrations.AddIndex(
            model_name='label',
            index=models.Index(fields=['name', 'id'], name='label_by_name'),
        ),
        migrations.AddIndex(
            model_name='label',
            index=models.Index(fields=['updated_at', 'id'], name='label_by_change'),
        ),
        migrations.AddConstraint(
            model_name='label',
            constraint=models.UniqueConstraint(condition=models.Q(('archived_at__isnull', True)), fields=('folded_name',), name='label_name_is_unique_in_use', violation_error_message='A label of this name already exists.'),
        ),
        migrations.AddIndex(
            model_name='annotation',
            index=models.Index(fields=['owner', '-created_at', '-id'], name='annotation_by_owner'),
        ),
        migrations.AddIndex(
            model_name='annotation',
            index=models.Index(fields=['annotator', '-created_at', '-id'], name='annotation_by_annotator'),
        ),
        migrations.AddIndex(
            model_name='annotation',
            index=models.Index(fields=['-created_at', '-id'], name='annotation_by_time'),
        ),
        migrations.AddIndex(
            model_name='annotation',
            index=models.Index(fields=['image'], name='annotation_by_image'),
        ),
        migrations.AddIndex(
            model_name='annotation',
            index=models.Index(fields=['label', 'id'], name='annotation_by_label_alone'),
        ),
        migrations.AddIndex(
            model_name='annotation',
            index=models.Index(fields=['label', 'state', 'id'], name='annotation_by_label'),
        ),
        migrations.AddIndex(
            model_name='annotation',
            index=models.Index(fields=['state', 'id'], name='annotation_by_state'),
        ),
        migrations.AddIndex(
            model_name='annotation',
            index=models.Index(condition=models.Q(('archived_at__isnull', False)), fields=['id'], name='annotation_archived'),
        ),
        migrations.AddConstraint(
            model_name='annotation',
            constraint=models.UniqueConstraint(condition=models.Q(('archived_at__isnull', True)), fields=('image', 'label', 'annotator', 'place'), name='one_annotation_of_a_place_per_reader', violation_error_message='You already annotated this place with this label. Change your annotation.'),
        ),
        migrations.AddConstraint(
            model_name='annotation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('geometry__isnull', True), ('place', '')), models.Q(('geometry__isnull', False), models.Q(('place', ''), _negated=True)), _connector='OR'), name='annotation_has_a_place_if_it_has_a_geometry', violation_error_message='The place of an annotation is that of its geometry.'),
        ),
        migrations.AddConstraint(
            model_name='annotation',
            constraint=models.CheckConstraint(condition=models.Q(('confidence__isnull', True), ('confidence__range', (0, 1)), _connector='OR'), name='annotation_confidence_is_a_fraction', violation_error_message='Confidence lies between 0 and 1.'),
        ),
        migrations.AddConstraint(
            model_name='annotation',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['present', 'absent', 'uncertain', 'not_assessable'])), name='annotation_state_is_known', violation_error_message='The state is present, absent, uncertain or not_assessable.'),
        ),
    ]
