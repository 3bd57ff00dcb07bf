import pytest

from tests.kit import factories as make


@pytest.fixture
def more(doctor, study):
    """How to make one more row of each list, for the doctor to see."""
    disease = make.DiseaseFactory()

    def coded_disease():
        make.DiseaseFactory().codes.set([make.CodeFactory(), make.CodeFactory()])

    def meaningful_label():
        make.LabelFactory().diseases.set([disease])

    return {
        "code-system-list": make.CodeSystemFactory,
        "code-list": lambda: make.CodeFactory(parent=make.CodeFactory()),
        "mapping-list": make.CodeMappingFactory,
        "disease-list": coded_disease,
        "label-list": meaningful_label,
        "patient-list": lambda: make.PatientFactory(owner=doctor),
        "study-list": lambda: make.ImageFactory(
            study=make.StudyFactory(owner=doctor, patient=make.PatientFactory(owner=doctor))
        ),
        "series-list": lambda: make.SeriesFactory(study=study),
        "image-list": lambda: make.ImageFactory(study=study),
        "annotation-list": lambda: make.AnnotationFactory(image=make.ImageFactory(study=study)),
        "team-list": lambda: make.TeamFactory(lead=doctor, members=[make.DoctorFactory()]),
        "event-list": lambda: make.EventFactory(user=doctor),
    }


@pytest.fixture
def root():
    return make.UserFactory(username="root", is_superuser=True)


@pytest.fixture
def rows(root):
    """One row of every table that people change, by the name of its routes."""
    image = make.ImageFactory(study=make.StudyFactory(owner=root))
    return {
        "annotation": make.AnnotationFactory(image=image, annotator=root),
        "disease": make.DiseaseFactory(),
        "image": image,
        "label": make.LabelFactory(),
        "patient": make.PatientFactory(owner=root),
        "study": image.study,
        "team": make.TeamFactory(lead=root),
    }
