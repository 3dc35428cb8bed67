"""The vendor's own Python client, unmodified but for where it points: by its domain over TLS, or by its base URL."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from media_platform.exception.forbidden_exception import ForbiddenException
from media_platform.exception.media_platform_exception import MediaPlatformException
from media_platform.exception.not_found_exception import NotFoundException
from media_platform.exception.server_error_exception import ServerErrorException
from media_platform.exception.unauthorized_exception import UnauthorizedException
from media_platform.job.convert_font_job import ConvertFontJob, ConvertFontSpecification
from media_platform.job.create_archive_job import CreateArchiveJob
from media_platform.job.extract_archive.extract_archive_job import ExtractArchiveJob
from media_platform.job.extract_archive.extraction_report import ExtractionReport
from media_platform.job.extract_poster_job import ExtractPosterJob, ExtractPosterSpecification
from media_platform.job.extract_storyboard_job import ExtractStoryboardJob, ExtractStoryboardSpecification
from media_platform.job.import_file_job import ImportFileJob
from media_platform.job.index_image_job import IndexImageJob, IndexImageSpecification
from media_platform.job.job import Job
from media_platform.job.replace_extra_metadata_job import (
    ReplaceAudioExtraMetadataSpecification,
    ReplaceExtraMetadataJob,
)
from media_platform.job.scan_file_job import ScanFileJob
from media_platform.job.subset_font_job import SubsetFontJob, SubsetFontSpecification
from media_platform.job.transcode.video_qualities import VideoQualityRange
from media_platform.job.transcode_job import TranscodeJob, TranscodeSpecification
from media_platform.media_platform_client import MediaPlatformClient
from media_platform.metadata.audio.lyrics import Lyrics
from media_platform.service.audio_service.audio_extra_metadata import AudioExtraMetadata
from media_platform.service.destination import Destination
from media_platform.service.source import Source

from fakejobs import FakeJobs

TENANTS: dict[str, Any] = {
    "gallery": {
        "apps": {
            "site": {"id": "48fa9aa3e9d342a3a33e66af08cd7fe3", "sharedSecret": "the secret of the site, long enough"},
            "reader": {
                "id": "reader",
                "sharedSecret": "the secret of the reader, long enough",
                "scopes": ["urn:service:job.get"],
            },
        }
    },
    "other": {
        "apps": {
            "site": {"id": "11111111111111111111111111111111", "sharedSecret": "the secret of the other, long enough"}
        }
    },
}
LIFE = [
    {"state": "pending", "for": {"seconds": 2}},
    {"state": "working", "for": {"seconds": 10}},
    {"state": "success"},
]
GROUP = "71f0d3fde7f348ea89aa1173299146f8"
JOB = f"{GROUP}_19e137e8221b4a709220280b432f947f"
VIDEO, FONT = Source("/videos/clip.mp4"), Source("/fonts/one.ttf")
OUT = Destination(directory="/out")

Made = Callable[[MediaPlatformClient], Any]


def playing(fake: FakeJobs, *jobs: dict[str, Any], **more: Any) -> FakeJobs:
    made = [{"tenant": "gallery", "app": "site", "steps": LIFE, **job} for job in jobs]
    return fake.play({"dialect": "wix-media-platform", "tenants": TENANTS, "jobs": made, **more})


def over_tls(fake: FakeJobs, monkeypatch: pytest.MonkeyPatch, app: dict[str, Any]) -> MediaPlatformClient:
    """The client as it is: it insists on https, and trusts what an environment variable names."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", fake.ca_bundle)
    return MediaPlatformClient(fake.tls_url.removeprefix("https://"), app["id"], app["sharedSecret"])


def over_http(fake: FakeJobs, _: pytest.MonkeyPatch, app: dict[str, Any]) -> MediaPlatformClient:
    """The client with its base URL rewritten; what is derived from it is made anew for each request."""
    sdk = MediaPlatformClient("fake", app["id"], app["sharedSecret"])
    for service in vars(sdk).values():
        if hasattr(service, "_base_url"):
            service._base_url = f"{fake.url}/_api"
    return sdk


@pytest.fixture(params=[over_tls, over_http])
def connect(request: pytest.FixtureRequest, fakejobs: FakeJobs, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Make a client of a tenant's app."""
    return lambda tenant="gallery", app="site", **keys: request.param(
        fakejobs, monkeypatch, {**TENANTS[tenant]["apps"][app], **keys}
    )


Connect = Callable[..., MediaPlatformClient]


# ---------------------------------------------------------------------- a job, a group, a search


def test_a_job_is_followed_to_its_end_and_is_of_its_own_type(fakejobs: FakeJobs, connect: Connect) -> None:
    playing(fakejobs, {"id": JOB})
    sdk = connect()
    statuses = []
    while True:
        job = sdk.job_service.job_request().set_id(JOB).execute()
        statuses.append(job.status)
        if job.status in ("success", "error"):
            break
        assert job.result is None
        fakejobs.clock.sleep(4)
    assert statuses == ["pending", "working", "working", "success"]
    assert isinstance(job, ImportFileJob)
    assert (job.id, job.group_id, job.issuer) == (JOB, GROUP, f"urn:app:{TENANTS['gallery']['apps']['site']['id']}")
    assert (job.result.code, job.result.message) == (0, "OK")
    assert job.result.file_descriptor.path
    fakejobs.job(JOB).polling.no_faster_than(4).stops_at_terminal()


def test_a_group_is_a_list_of_its_jobs(fakejobs: FakeJobs, connect: Connect) -> None:
    ends = ["success", "error"]
    ids = [f"{GROUP}_{end}{'0' * (32 - len(end))}" for end in ("aa", "bb")]
    jobs = [{"id": id, "steps": [*LIFE[:2], {"state": end}]} for id, end in zip(ids, ends, strict=True)]
    playing(fakejobs, *jobs)
    fakejobs.clock.advance(minutes=1)
    found = connect().job_service.job_group_request().set_group_id(GROUP).execute()
    assert {job.id: job.status for job in found} == dict(zip(ids, ends, strict=True))


def test_a_search_is_walked_to_its_end(fakejobs: FakeJobs, connect: Connect) -> None:
    playing(fakejobs, *[{"created": {"seconds": -number}} for number in range(25)])
    sdk = connect()
    found: list[str] = []
    token = None
    while True:
        page = sdk.job_service.job_list_request().set_page_size(10).set_next_page_token(token).execute()
        found.extend(job.id for job in page.jobs)
        token = page.next_page_token
        if token is None:
            break
    assert found == [job.id for job in fakejobs.jobs]
    assert len(sdk.job_service.job_list_request().execute().jobs) == 20


def test_a_search_is_narrowed_by_all_that_the_client_can_say(fakejobs: FakeJobs, connect: Connect) -> None:
    playing(fakejobs, {"id": JOB}, {})
    fakejobs.clock.advance(minutes=1)
    search = connect().job_service.job_list_request
    issuer = f"urn:app:{TENANTS['gallery']['apps']['site']['id']}"
    assert [job.id for job in search().set_group_id(GROUP).execute().jobs] == [JOB]
    assert len(search().set_type("urn:job:import.file").set_status("success").set_issuer(issuer).execute().jobs) == 2
    assert search().set_type("urn:job:av.transcode").execute().jobs == []
    assert search().set_path("/nowhere.mp4").set_file_id("none").execute().jobs == []
    ordered = [search().set_order_by("name").set_order_direction(way).execute().jobs for way in ("acs", "des")]
    assert [job.id for job in ordered[0]] == [job.id for job in ordered[1]][::-1]


# ---------------------------------------------------------------------- what makes jobs


def transcode(sdk: MediaPlatformClient) -> Any:
    wanted = TranscodeSpecification(OUT, quality_range=VideoQualityRange("240p", "720p"))
    return sdk.transcode_service.transcode_request().add_sources(VIDEO).add_specifications(wanted).execute()


def poster(sdk: MediaPlatformClient) -> Any:
    wanted = ExtractPosterSpecification(second=1.5, destination=OUT)
    return sdk.video_service.extract_poster_request().add_sources(VIDEO).add_specifications(wanted).execute()


def storyboard(sdk: MediaPlatformClient) -> Any:
    wanted = ExtractStoryboardSpecification(OUT, columns=3, rows=4)
    return sdk.video_service.extract_storyboard_request().add_sources(VIDEO).add_specifications(wanted).execute()


def extraction(request: Any) -> Any:
    report = ExtractionReport(Destination(path="/out/report.csv"))
    return request.set_source(Source("/in.zip")).set_destination(OUT).set_report(report).execute()


def indexing(sdk: MediaPlatformClient) -> Any:
    wanted = IndexImageSpecification("collection-1")
    request = sdk.visual_search_service.index_image_request().set_source(Source(file_id="f" * 32))
    return request.set_specification(wanted).execute()


def metadata(sdk: MediaPlatformClient) -> Any:
    lyrics = Lyrics("words", "eng", "all of them")
    wanted = ReplaceAudioExtraMetadataSpecification(OUT, AudioExtraMetadata(track_name="one", lyrics=lyrics))
    request = sdk.audio_service.replace_extra_metadata_async_request().set_source(Source("/a.mp3"))
    return request.set_specification(wanted).execute()


CREATORS: dict[str, tuple[type, Made]] = {
    "import": (
        ImportFileJob,
        lambda sdk: (
            sdk.file_service.import_file_request()
            .set_source_url("https://x.example/a.png")
            .set_destination(OUT)
            .execute()
        ),
    ),
    "archive": (
        CreateArchiveJob,
        lambda sdk: (
            sdk.archive_service.create_archive_request()
            .add_sources(VIDEO)
            .set_destination(Destination(path="/out/all.zip"))
            .execute()
        ),
    ),
    "extraction": (ExtractArchiveJob, lambda sdk: extraction(sdk.archive_service.extract_archive_request())),
    "extraction, second form": (
        ExtractArchiveJob,
        lambda sdk: extraction(sdk.archive_service.extract_archive_v2_request()),
    ),
    "transcoding": (TranscodeJob, transcode),
    "poster": (ExtractPosterJob, poster),
    "storyboard": (ExtractStoryboardJob, storyboard),
    "font": (
        ConvertFontJob,
        lambda sdk: (
            sdk.text_service.convert_font_request()
            .set_source(FONT)
            .set_specification(ConvertFontSpecification(OUT, font_type="woff2"))
            .execute()
        ),
    ),
    "subset of a font": (
        SubsetFontJob,
        lambda sdk: (
            sdk.text_service.subset_font_request()
            .set_source(FONT)
            .set_specification(SubsetFontSpecification(OUT, "en"))
            .execute()
        ),
    ),
    "scan": (ScanFileJob, lambda sdk: sdk.scanner_service.scan_file_request().set_source(VIDEO).execute()),
    "index": (IndexImageJob, indexing),
    "metadata": (ReplaceExtraMetadataJob, metadata),
}


def specified(job: Any) -> Any:
    """What a job is to do, as it stands on the wire."""
    what = job.specification
    return what.serialize() if hasattr(what, "serialize") else what


@pytest.mark.parametrize("what", CREATORS)
def test_what_a_creator_makes_is_typed_and_ends_with_a_typed_result(
    fakejobs: FakeJobs, connect: Connect, what: str
) -> None:
    playing(fakejobs)
    sdk = connect()
    kind, make = CREATORS[what]
    made = make(sdk)
    jobs = getattr(made, "jobs", [made])
    assert {type(job) for job in jobs} == {kind}
    assert {job.status for job in jobs} == {"pending"}
    assert all(job.group_id == jobs[0].group_id and job.id.startswith(f"{job.group_id}_") for job in jobs)
    fakejobs.clock.advance(minutes=5)
    for job in jobs:
        done = sdk.job_service.job_request().set_id(job.id).execute()
        seen_as = Job if kind is IndexImageJob else kind  # of which the client's own reader of jobs knows nothing
        assert (type(done), done.status, done.result.code) == (seen_as, "success", 0)
        assert vars(done).get("sources") is not None
        assert specified(done) == specified(job)
    assert all(entry.response.status == 200 for entry in fakejobs.journal)


def test_a_range_of_qualities_is_a_job_for_each(fakejobs: FakeJobs, connect: Connect) -> None:
    playing(fakejobs)
    group = transcode(connect())
    assert [job.specification.quality for job in group.jobs] == ["240p", "360p", "480p", "720p"]
    assert [job.sources[0].path for job in group.jobs] == ["/videos/clip.mp4"] * 4
    assert len(fakejobs.jobs) == 4


# ---------------------------------------------------------------------- what is refused, and what is tried again


def look(sdk: MediaPlatformClient, id: str = JOB) -> Any:
    return sdk.job_service.job_request().set_id(id).execute()


def test_what_one_may_not_see_and_what_is_not_there_raise_the_same(fakejobs: FakeJobs, connect: Connect) -> None:
    playing(fakejobs, {"id": JOB})
    said = set()
    for sdk, id in ((connect(), f"{GROUP}_{'0' * 32}"), (connect("other"), JOB), (connect(), "nothing")):
        with pytest.raises(NotFoundException) as refused:
            look(sdk, id)
        said.add(str(refused.value))
    assert len(said) == 1
    assert len(fakejobs.journal) == 3, "what is not found is not asked for again"


def test_a_token_that_is_signed_wrongly_is_not_let_in(fakejobs: FakeJobs, connect: Connect) -> None:
    playing(fakejobs, {"id": JOB})
    for keys in ({"sharedSecret": "a secret that was guessed, long enough"}, {"id": "nobody"}):
        with pytest.raises(UnauthorizedException):
            look(connect(**keys))
    assert fakejobs.job(JOB).polls == 0


def test_an_app_without_the_verb_is_forbidden(fakejobs: FakeJobs, connect: Connect) -> None:
    playing(fakejobs, {"id": JOB})
    sdk = connect(app="reader")
    assert look(sdk).status == "pending"
    with pytest.raises(ForbiddenException):
        sdk.job_service.job_list_request().execute()
    assert len(fakejobs.jobs) == 1


@pytest.mark.parametrize(("status", "raised"), [(500, ServerErrorException), (503, MediaPlatformException)])
def test_what_goes_wrong_on_the_server_is_tried_three_times_more(
    fakejobs: FakeJobs, connect: Connect, status: int, raised: type[Exception]
) -> None:
    playing(fakejobs, {"id": JOB}, faults=[{"on": "look", "times": 4, "fault": {"status": status}}])
    sdk = connect()
    with pytest.raises(raised):
        look(sdk)
    assert [entry.response.status for entry in fakejobs.journal] == [status] * 4
    assert look(sdk).status == "pending"


def test_a_503_that_passes_is_never_seen(fakejobs: FakeJobs, connect: Connect) -> None:
    playing(fakejobs, {"id": JOB}, faults=[{"on": "look", "times": 3, "fault": {"status": 503}}])
    assert look(connect()).status == "pending"
    assert fakejobs.job(JOB).polls == 4


def test_a_creation_whose_reply_is_lost_is_made_twice(fakejobs: FakeJobs, connect: Connect) -> None:
    """It tries a POST again when the status tells it to, and so may make a job that nobody knows of."""
    playing(fakejobs, faults=[{"on": "create", "fault": {"connection": "close", "after": 0}}])
    with pytest.raises(Exception, match=r"(?i)connection broken|incomplete"):
        CREATORS["import"][1](connect())
    CREATORS["import"][1](connect())
    with pytest.raises(AssertionError, match="2 jobs"):
        fakejobs.exactly_one_job(operation="import-file")


def test_its_own_retries_and_a_loop_with_time_sleep_follow_a_job_of_ten_minutes_on_the_driven_clock(
    fakejobs: FakeJobs, connect: Connect
) -> None:
    life = [
        {"state": "pending", "for": {"minutes": 2}},
        {"fault": {"status": 503}, "for": {"polls": 2}},
        {"state": "working", "for": {"minutes": 8}},
        {"state": "success"},
    ]
    playing(fakejobs, {"id": JOB, "steps": life})
    fakejobs.clock.drive()
    sdk, begun = connect(), time.monotonic()
    while sdk.job_service.job_request().set_id(JOB).execute().status != "success":
        time.sleep(10)
    polling = fakejobs.job(JOB).polling
    assert 600 <= time.monotonic() - begun < 620
    assert [entry.response.status for entry in polling.polls].count(503) == 2
    polling.stops_at_terminal()
