"""The app's place in Django."""

from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate, pre_migrate


class VidTransApiConfig(AppConfig):
    name = "vid_trans_api"
    verbose_name = "Video translation"

    def ready(self) -> None:
        from vid_trans_api import checks  # noqa: F401, PLC0415 (registers them, once apps are)
        from vid_trans_api.heygen.events import HeygenEventWriter  # noqa: PLC0415 (the same)
        from vid_trans_api.heygen.v1.errors import write_error as write_v1_error  # noqa: PLC0415 (the same)
        from vid_trans_api.heygen.v2.errors import write_error as write_v2_error  # noqa: PLC0415 (the same)
        from vid_trans_api.heygen.v3.errors import write_error as write_v3_error  # noqa: PLC0415 (the same)
        from vid_trans_api.http.bodies import register_upload_path  # noqa: PLC0415 (the same)
        from vid_trans_api.http.errors import register_error_writer  # noqa: PLC0415 (the same)
        from vid_trans_api.http.problems import write_problem  # noqa: PLC0415 (the same)
        from vid_trans_api.models import PayloadFormat, database  # noqa: PLC0415 (the same)
        from vid_trans_api.native.events import StandardEventWriter  # noqa: PLC0415 (the same)
        from vid_trans_api.serving import long_polls, open_pages  # noqa: PLC0415 (the same)
        from vid_trans_api.webhooks.formats import register_event_writer  # noqa: PLC0415 (the same)

        connection_created.connect(database.prepare_connection)
        pre_migrate.connect(database.lift_timeouts, sender=self)
        post_migrate.connect(database.restore_timeouts, sender=self)
        register_error_writer("", write_problem, has_pages=True)
        register_error_writer("/v1/", write_v1_error)
        register_error_writer("/v2/", write_v2_error)
        register_error_writer("/v3/", write_v3_error)
        register_event_writer(PayloadFormat.STANDARD, StandardEventWriter())
        register_event_writer(PayloadFormat.HEYGEN, HeygenEventWriter())
        register_upload_path("POST", "/vid_trans_api/assets")
        register_upload_path("POST", "/v3/assets")
        register_upload_path("PUT", "/v3/video-translations/proofreads/[^/]+/srt")
        long_polls.subscribe()
        open_pages.subscribe()
