"""Every setting, validated at start. docs/configuration.md is generated from this file (`make docs`)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from wta.errors import SettingsError
from wta.keys import ApiKeys
from wta.messages.languages import Language, Languages
from wta.redis_url import check_redis_url
from wta.webhooks import check_secret, endpoints

PROJECT_ROOT = Path(__file__).resolve().parent.parent
_INSTALLED = PROJECT_ROOT.name in {"site-packages", "dist-packages"}
DATA_ROOT = Path.home() / ".local" / "share" / "whispertextanalyzer" if _INSTALLED else PROJECT_ROOT
"""Where models, log and state are by default: in the checkout, or, of an installed package, in the user's folder."""
SECRETS_DIR = Path("/run/secrets")


def _named(name: str) -> AliasChoices:
    """A setting that is known without the prefix too."""
    return AliasChoices(f"WTA_{name}", name)


class Settings(BaseSettings):
    """Read from the environment (`WTA_…`), then from `.env`, then from SECRETS_DIR; immutable.

    The comments between the fields are the headings of docs/configuration.md.
    """

    model_config = SettingsConfigDict(
        env_prefix="WTA_", env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True, populate_by_name=True
    )

    # Where things are
    redis_url: str = Field(
        "redis://127.0.0.1:6379/0",
        description="Redis of the ledger, the queues and the channels; `rediss://` verifies its certificate.",
    )
    live_redis_url: str | None = Field(
        None,
        description="Redis of the queues and of live text, which may forget everything; empty: WTA_REDIS_URL"
        " (docs/scaling.md).",
    )
    host: str = Field("127.0.0.1", description="Address the web service listens on.")
    port: int = Field(8000, ge=1, le=65535, description="Port of the web service.")
    models_dir: Path = Field(DATA_ROOT / "models", description="Folder of downloaded model weights.")
    state_dir: Path = Field(DATA_ROOT / ".run", description="Folder of the local Redis, its log and the heartbeats.")

    # Models
    whisper_model: str = Field(
        "auto",
        validation_alias=_named("WHISPER_MODEL"),
        description="Whisper model: a name, a path, or `auto`: the largest that is fast enough here (docs/models.md).",
    )
    stt_engine: Literal["whisper", "whisper-full", "faster-whisper", "measured"] = Field(
        "whisper",
        description="Speech engine; `whisper-full` always uses the whole 30 s window; `measured`, for tests of load,"
        " sleeps as long as the real one works, and invents its words.",
    )
    language: Language = Field(None, description="Language of all speech (en, English); empty: the model decides.")
    languages: Annotated[Languages, NoDecode] = Field(
        None,
        description="Languages that may be spoken (en,ko), where WTA_LANGUAGE is empty: the model decides among these;"
        " empty: among all it knows.",
    )
    stt_task: Literal["transcribe", "translate"] = Field(
        "transcribe",
        description="`translate`: write in English what is said in another language (multilingual models).",
    )
    word_timestamps: bool = Field(
        False, description="Give the time of each word in `final`; the text then takes longer."
    )
    sentiment_model: str = Field(
        "embedded",
        validation_alias=_named("SENTIMENT_MODEL"),
        description="Sentiment model: `embedded` (comes with the project), a hub id, or a path.",
    )
    sentiment_revision: str | None = Field(None, description="Revision of a hub model; empty: the pinned one, or main.")
    sentiment_language: Literal["en", "any"] = Field(
        "en", description="`en`: no label for other languages, with the reason; `any`: the model knows them all."
    )
    threads: int = Field(
        0,
        ge=0,
        le=64,
        description="Threads of a speech worker; 0: one per idle core, within the container's CPU quota.",
    )
    download_timeout_s: float = Field(5.0, gt=0, description="How long a model download may wait for an answer.")

    # Cutting speech into utterances
    vad_threshold: float = Field(0.5, gt=0, lt=1, description="Speech probability at which speech starts.")
    endpoint_ms: int = Field(400, ge=300, le=2000, description="Silence that ends an utterance.")
    endpoint_by: Literal["words", "silence"] = Field(
        "words",
        description="`words`: live speech ends after 0.9 times WTA_ENDPOINT_MS where its words look like a whole"
        " sentence, after 2.05 times where not (docs/endpoints.md); `silence`: the silence alone decides.",
    )
    preroll_ms: int = Field(200, ge=0, le=1000, description="Audio kept from before speech was noticed.")
    max_utterance_s: float = Field(20.0, ge=2, le=28, description="Longest utterance; cut at its quietest spot.")
    partial_interval_ms: int = Field(600, ge=200, le=5000, description="Time between two partials of an utterance.")
    eager_final: bool = Field(True, description="Begin the final text in the early silence, before the endpoint.")

    # Connections
    max_unacked_s: float = Field(
        30.0, ge=25, le=120, description="Audio that a client may send ahead of the acknowledgements."
    )
    max_frame_bytes: int = Field(65_536, ge=1024, description="Largest WebSocket frame.")
    max_upload_bytes: int = Field(26_214_400, ge=1024, description="Largest file of /v1/audio/transcriptions (25 MiB).")
    max_file_bytes: int = Field(
        2_147_483_648, ge=1024, description="Largest file that the page takes (2 GiB: 2 hours of WAV and more)."
    )
    max_files: int = Field(4, ge=1, description="Files, over all routes, that one web process works on at a time.")
    upload_dir: Path | None = Field(
        None, description="Folder, on a disk, of files that are being worked on; empty: `uploads` in WTA_STATE_DIR."
    )
    idle_timeout_s: float = Field(60.0, gt=0, description="A connection without any message is closed after this time.")
    send_timeout_s: float = Field(10.0, gt=0, description="How long a client may fail to take a message.")
    start_timeout_s: float = Field(10.0, gt=0, description="How long a new connection may take to send `start`.")
    web_processes: int = Field(
        1, ge=1, le=64, description="Processes of the web service on one port: one per core for more speakers."
    )
    max_sessions: int = Field(200, ge=1, description="Most connections of one web process.")
    max_sessions_per_ip: int = Field(
        0,
        ge=0,
        description="Most connections of one address (IPv6: of a /64 network) in all web processes; 0: any number.",
    )
    max_new_sessions_per_minute: int = Field(
        600,
        ge=0,
        description="Most sessions that one address (IPv6: a /64 network), or one API key, may open in a minute; 0: any"
        " number.",
    )
    max_session_s: float = Field(
        14_400.0, gt=0, description="Longest session; what was said by then is still answered."
    )
    forwarded_allow_ips: str = Field(
        "127.0.0.1,::1",
        description="Proxies that are believed in X-Forwarded-For, -Host and -Proto: addresses, networks, with commas"
        " between.",
    )
    drain_s: float = Field(
        0.0,
        ge=0,
        le=3600,
        description="How long the web service, told to end, still serves those who are connected while `/readyz`"
        " answers 503; then they are sent elsewhere.",
    )
    resume_grace_s: float = Field(10.0, ge=0, description="How long a broken connection may resume in mid-sentence.")
    allowed_origins: str = Field("", description="Other origins whose pages may connect, separated by commas.")
    frame_ancestors: str = Field(
        "",
        pattern=r"^[A-Za-z0-9_:/.*\- ]*$",
        description="Origins whose pages may show this page in a frame, separated by spaces (docs/deploy.md).",
    )
    allowed_hosts: str = Field(
        "",
        description="Names of this server, with commas between, beside its addresses, names without a dot and of"
        " private networks; `*.example.org`: all below it; `*`: any.",
    )
    max_queue_s: float = Field(
        60.0, gt=0, description="Delay in seconds beyond which new sessions are refused (docs/scaling.md)."
    )
    max_memory_fraction: float = Field(
        0.7, gt=0, le=1, description="Share of Redis's `maxmemory` beyond which new sessions are refused."
    )

    # Who may speak
    api_keys: str = Field(
        "", description="API keys, `name:sha256` with commas between (`python -m wta keys new`); empty: none needed."
    )
    admin_keys: str = Field(
        "", description="Keys of the dashboard, as above (`python -m wta keys new NAME --admin`); empty: no dashboard."
    )
    reader_keys: str = Field(
        "",
        description="Keys, as above, of programs that may read all results (`/api/results/events`); empty: none.",
    )
    token_ttl_s: int = Field(60, ge=5, le=3600, description="How long a token of `POST /api/token` waits to be used.")

    # Webhooks
    webhook_urls: str = Field(
        "", description="Addresses that every result is sent to, with commas between (docs/webhooks.md)."
    )
    webhook_secret: SecretStr | None = Field(
        None, description="Secret that signs the deliveries (`python -m wta keys webhook`)."
    )
    webhook_http_hosts: str = Field("", description="Hosts, besides this machine, that may get results without TLS.")
    webhook_timeout_s: float = Field(10.0, gt=0, le=60, description="How long an address may take to answer.")
    webhook_retry_s: float = Field(
        5.0, gt=0, description="Time to the second attempt; each later wait is three times longer."
    )
    webhook_max_attempts: int = Field(10, ge=1, le=30, description="Attempts before a delivery is given up.")

    # Ledger
    lease_s: float = Field(10.0, ge=1, description="A worker's hold on an utterance; renewed while it works.")
    deadline_s: float = Field(120.0, ge=5, description="Longest work on one utterance; then the worker restarts.")
    max_attempts: int = Field(
        3, ge=1, le=10, description="Attempts before an utterance is given up and shown as failed."
    )
    requeue_s: float = Field(10.0, ge=1, description="Without effect since 0.10: a lost message costs a second.")
    retention_s: int = Field(86_400, ge=60, description="How long texts and results stay in Redis.")
    unfinished_retention_s: int = Field(
        604_800,
        ge=3600,
        description="How long unfinished utterances stay in Redis, and results that listener or webhooks lack.",
    )
    keep_audio_s: int = Field(0, ge=0, description="How long audio stays in Redis once it is text; 0: it goes at once.")
    results_maxlen: int = Field(100_000, ge=1000, description="Results kept in the stream for a listener that is away.")

    # Log and metrics
    result_log: Path = Field(DATA_ROOT / "result_listener.log", description="The file of results.")
    stats_every_results: int = Field(20, ge=1, description="A statistics line is written after this many results.")
    stats_every_s: float = Field(
        60.0, gt=0, description="A statistics line is written after this time, when there are new results."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="Level of the services' logs.")
    log_format: Literal["text", "json"] = Field("text", description="`json`: one object a line, for log collectors.")
    log_text: bool = Field(True, description="Whether result_listener.log holds the spoken text.")
    metrics_port: int = Field(
        0,
        ge=0,
        le=65535,
        description="Port for Prometheus in every service; several web processes have the ports from it on; 0: none,"
        " only the web has /metrics, for this machine alone.",
    )
    metrics_host: str = Field("127.0.0.1", description="Address that WTA_METRICS_PORT is opened on.")

    @field_validator("redis_url", "live_redis_url")
    @classmethod
    def _check_redis_url(cls, value: str | None) -> str | None:
        if value is not None:
            check_redis_url(value)
        return value

    @field_validator("api_keys", "admin_keys", "reader_keys")
    @classmethod
    def _check_keys(cls, value: str) -> str:
        ApiKeys(value)
        return value

    @field_validator("webhook_secret")
    @classmethod
    def _check_secret(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            check_secret(value.get_secret_value())
        return value

    @model_validator(mode="after")
    def _check_webhooks(self) -> Self:
        try:
            found = endpoints(self.webhook_urls, self.webhook_http_hosts)
        except ValueError as error:
            raise ValueError(f"WTA_WEBHOOK_URLS {error}") from error
        if found and self.webhook_secret is None:
            raise ValueError("WTA_WEBHOOK_URLS needs WTA_WEBHOOK_SECRET: see `python -m wta keys webhook`")
        return self


def load_settings() -> Settings:
    """Read and check every setting. Raises SettingsError with one line for each wrong one."""
    try:
        # Files named like the variables, in lower case: the secrets of Docker and Kubernetes.
        return Settings(_secrets_dir=SECRETS_DIR if SECRETS_DIR.is_dir() else None)
    except ValidationError as error:
        lines = [f"  {'.'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors()]
        raise SettingsError("Some settings cannot work:\n" + "\n".join(lines)) from error


def load_settings_or_exit() -> Settings:
    """`load_settings` for an entry point: what is wrong goes to stderr in words, not as a traceback."""
    try:
        return load_settings()
    except SettingsError as error:
        raise SystemExit(str(error)) from error
