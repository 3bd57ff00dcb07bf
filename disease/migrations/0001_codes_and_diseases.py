import core.models
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='CodeSystem',
            fields=[
                ('id', models.UUIDField(default=core.models.new_id, editable=False, help_text='UUID (version 7).', primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, help_text='When the row was made (UTC).')),
                ('updated_at', models.DateTimeField(auto_now=True, help_text='When the row was last changed (UTC).')),
                ('archived_at', models.DateTimeField(blank=True, editable=False, help_text='When the row was taken out of use (UTC); empty while it is in use.', null=True)),
                ('version', models.PositiveIntegerField(default=1, editable=False, help_text='Counts the states of this row from 1; the ETag of its detail answer.')),
                ('key', models.SlugField(help_text='Short name of the classification, e.g. icd-10-cm.', max_length=40)),
                ('release', models.CharField(help_text='The edition, e.g. 2026-04 or v32.', max_length=40)),
                ('title', models.CharField(help_text='Full name, e.g. ICD-10-CM, April 2026.', max_length=200)),
                ('uri', models.URLField(blank=True, help_text="The system's FHIR URI, e.g. http://hl7.org/fhir/sid/icd-10-cm (HL7 terminology registry).")),
                ('codes_changed_at', models.DateTimeField(blank=True, editable=False, help_text='When an import last changed its codes or mappings (UTC).', null=True)),
            ],
            options={
                'ordering': ['id'],
                'constraints': [models.UniqueConstraint(fields=('key', 'release'), name='code_system_release_is_unique', violation_error_message='This release of the classification already exists.')],
            },
        ),
        migrations.CreateModel(
            name='Code',
            fields=[
                ('id', models.UUIDField(default=core.models.new_id, editable=False, help_text='UUID (version 7).', primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, help_text='When the row was made (UTC).')),
                ('updated_at', models.DateTimeField(auto_now=True, help_text='When the row was last changed (UTC).')),
                ('archived_at', models.DateTimeField(blank=True, editable=False, help_text='When the row was taken out of use (UTC); empty while it is in use.', null=True)),
                ('version', models.PositiveIntegerField(default=1, editable=False, help_text='Counts the states of this row from 1; the ETag of its detail answer.')),
                ('code', models.CharField(help_text='As printed, with its dot: J18.9 (ICD-10-CM), 486 (ICD-9-CM).', max_length=40)),
                ('title', models.CharField(help_text="The entry's title as published.", max_length=400)),
                ('kind', models.CharField(choices=[('chapter', 'Chapter'), ('block', 'Block'), ('category', 'Category'), ('subcategory', 'Subcategory'), ('code', 'Code')], help_text='chapter, block, category, subcategory or code.', max_length=12)),
                ('assignable', models.BooleanField(help_text='Whether a diagnosis may be coded with it; headings may not.')),
                ('valid_to', models.DateField(blank=True, help_text='The last day on which the code was in force; empty while it is.', null=True)),
                ('notes', models.JSONField(blank=True, default=dict, help_text='Inclusion and exclusion notes by their kind, where the source has them.')),
                ('position', models.PositiveIntegerField(default=0, help_text='Its place in its system read from the top, each entry before those below it.')),
                ('last', models.PositiveIntegerField(default=0, help_text='The place of the last entry below it, so that all below it lie between the two.')),
                ('words', models.TextField(blank=True, editable=False, help_text='The words by which search finds the code.')),
                ('parent', models.ForeignKey(blank=True, help_text='The entry it stands under.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='children', to='disease.code')),
                ('system', models.ForeignKey(help_text='The release it is an entry of.', on_delete=django.db.models.deletion.PROTECT, related_name='codes', to='disease.codesystem')),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='Disease',
            fields=[
                ('id', models.UUIDField(default=core.models.new_id, editable=False, help_text='UUID (version 7).', primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, help_text='When the row was made (UTC).')),
                ('updated_at', models.DateTimeField(auto_now=True, help_text='When the row was last changed (UTC).')),
                ('archived_at', models.DateTimeField(blank=True, editable=False, help_text='When the row was taken out of use (UTC); empty while it is in use.', null=True)),
                ('version', models.PositiveIntegerField(default=1, editable=False, help_text='Counts the states of this row from 1; the ETag of its detail answer.')),
                ('folded_name', models.TextField(editable=False, help_text='The name without case and in one Unicode form.')),
                ('name', models.CharField(help_text="The condition's name, e.g. Pneumonia.", max_length=200)),
                ('description', models.TextField(blank=True, help_text='What it is, in a sentence or two.', max_length=4000)),
                ('synonyms', models.JSONField(blank=True, default=list, help_text='Other names for it, e.g. ["lung infection"].')),
                ('names', models.TextField(blank=True, editable=False, help_text='Name and synonyms, folded, one per line, for search.')),
                ('codes', models.ManyToManyField(blank=True, help_text='Its codes, of any classification.', related_name='diseases', to='disease.code')),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='CodeMapping',
            fields=[
                ('id', models.UUIDField(default=core.models.new_id, editable=False, help_text='UUID (version 7).', primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, help_text='When the row was made (UTC).')),
                ('updated_at', models.DateTimeField(auto_now=True, help_text='When the row was last changed (UTC).')),
                ('archived_at', models.DateTimeField(blank=True, editable=False, help_text='When the row was taken out of use (UTC); empty while it is in use.', null=True)),
                ('version', models.PositiveIntegerField(default=1, editable=False, help_text='Counts the states of this row from 1; the ETag of its detail answer.')),
                ('approximate', models.BooleanField(help_text='GEM flag 1: source and target do not mean quite the same.')),
                ('no_map', models.BooleanField(help_text='GEM flag 2: the target system has nothing for the source.')),
                ('combination', models.BooleanField(help_text='GEM flag 3: the source means several targets together.')),
                ('scenario', models.PositiveSmallIntegerField(default=0, help_text='GEM flag 4: which set of a combination; 0 when it is none.')),
                ('choice_list', models.PositiveSmallIntegerField(default=0, help_text='GEM flag 5: the place in that set; one target of each place is chosen; 0 when it is none.')),
                ('source', models.ForeignKey(help_text='The code that is translated.', on_delete=django.db.models.deletion.PROTECT, related_name='mappings', to='disease.code')),
                ('target', models.ForeignKey(blank=True, help_text='What it becomes; empty when there is no map.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='mapped_from', to='disease.code')),
            ],
            options={
                'ordering': ['id'],
                'indexes': [models.Index(condition=models.Q(('archived_at__isnull', False)), fields=['-id'], name='code_mapping_archived'), models.Index(fields=['approximate', '-id'], name='code_mapping_by_exactness'), models.Index(fields=['no_map', '-id'], name='code_mapping_by_absence'), models.Index(fields=['combination', '-id'], name='code_mapping_by_combination')],
                'constraints': [models.UniqueConstraint(fields=('source', 'target', 'scenario', 'choice_list'), name='code_mapping_is_unique', violation_error_message='This mapping already exists.'), models.UniqueConstraint(condition=models.Q(('no_map', True)), fields=('source',), name='code_mapping_says_no_map_once', violation_error_message='This code is already marked as having no map.'), models.CheckConstraint(condition=models.Q(models.Q(('no_map', True), ('target__isnull', True)), models.Q(('no_map', False), ('target__isnull', False)), _connector='OR'), name='code_mapping_has_a_target_or_none', violation_error_message='A mapping has a target or says `no_map`.')],
            },
        ),
        migrations.AddIndex(
            model_name='code',
            index=models.Index(fields=['system', 'position'], name='code_by_place'),
        ),
        migrations.AddIndex(
            model_name='code',
            index=models.Index(fields=['code'], name='code_by_code'),
        ),
        migrations.AddIndex(
            model_name='code',
            index=models.Index(fields=['system', '-id'], name='code_by_system'),
        ),
        migrations.AddIndex(
            model_name='code',
            index=models.Index(fields=['kind', '-id'], name='code_by_kind'),
        ),
        migrations.AddIndex(
            model_name='code',
            index=models.Index(fields=['assignable', '-id'], name='code_by_assignability'),
        ),
        migrations.AddIndex(
            model_name='code',
            index=models.Index(fields=['kind', 'system', 'position'], name='code_by_kind_and_place'),
        ),
        migrations.AddIndex(
            model_name='code',
            index=models.Index(fields=['assignable', 'system', 'position'], name='code_by_use_and_place'),
        ),
        migrations.AddIndex(
            model_name='code',
            index=models.Index(condition=models.Q(('archived_at__isnull', False)), fields=['-id'], name='code_archived'),
        ),
        migrations.AddConstraint(
            model_name='code',
            constraint=models.UniqueConstraint(fields=('system', 'code'), name='code_is_unique_in_its_system', violation_error_message='This code already exists in its system.'),
        ),
        migrations.AddIndex(
            model_name='disease',
            index=models.Index(condition=models.Q(('archived_at__isnull', False)), fields=['-id'], name='disease_archived'),
        ),
        migrations.AddIndex(
            model_name='disease',
            index=models.Index(fields=['name', 'id'], name='disease_by_name'),
        ),
        migrations.AddIndex(
            model_name='disease',
            index=models.Index(fields=['updated_at', 'id'], name='disease_by_change'),
        ),
        migrations.AddConstraint(
            model_name='disease',
            constraint=models.UniqueConstraint(condition=models.Q(('archived_at__isnull', True)), fields=('folded_name',), name='disease_name_is_unique_in_use', violation_error_message='A disease of this name already exists.'),
        ),
    ]
