"""The smallest valid row of every model, the same every time."""

import hashlib
from io import BytesIO
from pathlib import Path
from tempfile import NamedTemporaryFile

import factory
from django.contrib.auth.models import Group
from PIL import Image as Picture

from accounts.models import Role, Team, User
from disease.models import Code, CodeKind, CodeMapping, CodeSystem, Disease
from events.models import Event
from imagery import files
from imagery.models import Deidentification, Image, MediaType, Patient, Release, Series, Study
from label.models import Annotation, Label, State

PASSWORD = "a long password"


def png(number: int = 0, columns: int = 40, rows: int = 30) -> bytes:
    """A small grey PNG, another for each number."""
    stream = BytesIO()
    picture = Picture.new("L", (columns, rows))
    picture.putpixel((0, 0), number % 256)
    picture.putpixel((1, 0), number // 256)
    picture.save(stream, "PNG")
    return stream.getvalue()


def store(storage, content: bytes, name: str = "") -> str:
    """Put bytes into a storage as uploads get there, and return their name."""
    name = name or files.new_name()
    with NamedTemporaryFile(dir=storage.incoming()) as file:
        file.write(content)
        file.flush()
        storage.adopt(Path(file.name), name)
    return name


def content(storage, name: str) -> bytes:
    with storage.local(name) as file:
        return file.read()


class UserFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"user{n}")

    @classmethod
    def _create(cls, model_class, *args, roles=(), **kwargs):
        user = model_class.objects.create_user(*args, password=PASSWORD, **kwargs)
        user.groups.set(Group.objects.filter(name__in=roles))
        return user


class DoctorFactory(UserFactory):
    roles = (Role.DOCTOR,)


class TeamFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Team
        skip_postgeneration_save = True

    name = factory.Sequence(lambda n: f"Team {n}")
    lead = factory.SubFactory(DoctorFactory)

    @factory.post_generation
    def members(self, create, extracted):
        self.members.set([self.lead, *(extracted or ())])


class CodeSystemFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = CodeSystem

    key = "icd-10-cm"
    release = factory.Sequence(lambda n: f"{n}")
    title = "ICD-10-CM"


class CodeFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Code

    system = factory.SubFactory(CodeSystemFactory)
    code = factory.Sequence(lambda n: f"A{n:02}")
    title = factory.Sequence(lambda n: f"Condition {n}")
    kind = CodeKind.CODE
    assignable = True


class CodeMappingFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = CodeMapping

    source = factory.SubFactory(CodeFactory)
    target = factory.SubFactory(CodeFactory)
    approximate = True
    no_map = False
    combination = False


class DiseaseFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Disease

    name = factory.Sequence(lambda n: f"Disease {n}")


class PatientFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Patient

    owner = factory.SubFactory(DoctorFactory)


class StudyFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Study

    owner = factory.SubFactory(DoctorFactory)


class SeriesFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Series

    study = factory.SubFactory(StudyFactory)
    owner = factory.SelfAttribute("study.owner")
    modality = "CR"
    body_part = "CHEST"


class ImageFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Image
        exclude = ("content",)

    content = factory.Sequence(png)
    study = factory.SubFactory(StudyFactory)
    series = factory.SubFactory(SeriesFactory, study=factory.SelfAttribute("..study"))
    owner = factory.SelfAttribute("study.owner")
    modality = factory.SelfAttribute("series.modality")
    body_part = factory.SelfAttribute("series.body_part")
    media_type = MediaType.PNG
    rows = 30
    columns = 40
    size = factory.LazyAttribute(lambda image: len(image.content))
    sha256 = factory.LazyAttribute(lambda image: hashlib.sha256(image.content).hexdigest())
    original = factory.LazyAttribute(lambda image: store(files.originals(), image.content))
    research = factory.LazyAttribute(lambda image: store(files.research_copies(), image.content))
    research_sha256 = factory.SelfAttribute("sha256")
    release_state = Release.RELEASED


class DeidentificationFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Deidentification

    image = factory.SubFactory(ImageFactory)
    manifest = factory.LazyFunction(
        lambda: {
            "profile": "Pixels alone",
            "options": {},
            "engine": "made",
            "version": "1",
            "key_id": "00000000",
            "media_type": "image/png",
            "counts": {},
            "removed": [],
            "sha256": "",
            "pixels_digest": "",
            "boxes": [],
        }
    )


class LabelFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Label

    name = factory.Sequence(lambda n: f"Label {n}")


class AnnotationFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Annotation

    image = factory.SubFactory(ImageFactory)
    label = factory.SubFactory(LabelFactory)
    owner = factory.SelfAttribute("image.owner")
    annotator = factory.SelfAttribute("image.owner")
    state = State.PRESENT


class EventFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Event

    duration = 0.01
    method = "GET"
    path = "/api/v1/images/"
    route = "api/v1/images/"
    status = 200
