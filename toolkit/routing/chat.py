"""One question to a chat model by the OpenAI protocol, and how often it may have been billed."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field, ValidationError

if TYPE_CHECKING:
    from openai import APIStatusError, OpenAI

MAX_RETRIES = 2
MAX_OUTPUT = 200  # tokens of an answer
MAX_SHOWN = 120  # characters of a server's message that are repeated
MAX_COUNT = 10**9  # tokens; a larger count is an error
NO_KEY = "none"  # what a server that wants no key is sent: the protocol's clients refuse to send nothing
SETUP_STATUS = frozenset({401, 403, 404})  # the next request would fare no better


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of a question.

    Attributes
    ----------
    content : str or None
        What the model said; None where nothing came that can be read.
    tokens : tuple of int or None
        Tokens read and written as the server counted them for the try that succeeded; None where it did not say.
    n_billable : int
        Tries that may have been billed: all that the server did not answer with an error.
    problem : str
        Why there is no content.
    is_setup : bool
        Whether the problem is one of address, model or key.
    """

    content: str | None
    tokens: tuple[int, int] | None
    n_billable: int
    problem: str = ""
    is_setup: bool = False


class ChatModel:
    """A model behind an endpoint; connects when it is first asked.

    Parameters
    ----------
    model : str
        As the server calls it.
    base_url : str or None
        The SDK's default where it is None.
    key : str or None
        Never shown; None for a server that wants none.
    timeout_s : float
        For one try.
    """

    def __init__(self, model: str, base_url: str | None, key: str | None, timeout_s: float) -> None:
        self._model = model
        self._base_url = base_url
        self._key = key
        self._timeout_s = timeout_s
        self._client: OpenAI | None = None
        self._tries = _Tries()

    def ask(self, system: str, user: str) -> Reply:
        """Send one question, at most three times; return what came back, or why nothing did."""
        import openai

        self._tries.n_billable = 0
        client = self._client = self._client or self._connected()
        try:
            raw = client.chat.completions.with_raw_response.create(
                model=self._model,
                messages=[{"role": "system", "content": system}, {"role": "user", "content": user}],
                temperature=0,
                **self._output_limit(),
            )
        except openai.APIStatusError as error:
            return self._refused(error)
        except openai.APIError as error:  # no connection, no answer in time
            return Reply(None, None, self._tries.n_billable, type(error).__name__)
        try:
            said = _Completion.model_validate_json(raw.http_response.content)
        except ValidationError:
            return Reply(None, None, self._tries.n_billable, "its answer is no chat completion")
        return Reply(said.choices[0].message.content or "", _tokens(said.usage), self._tries.n_billable)

    def _connected(self) -> OpenAI:
        from openai import DefaultHttpxClient, OpenAI

        began: list[Callable[..., Any]] = [self._tries.began]
        ended: list[Callable[..., Any]] = [self._tries.ended]
        http = DefaultHttpxClient(event_hooks={"request": began, "response": ended})
        weakref.finalize(self, http.close)
        return OpenAI(
            api_key=self._key or NO_KEY,
            base_url=self._base_url,
            timeout=self._timeout_s,
            max_retries=MAX_RETRIES,
            http_client=http,
        )

    def _output_limit(self) -> dict[str, Any]:
        """Return the limit by the name that is understood: OpenAI gave up the one that other servers kept."""
        return {"max_completion_tokens" if self._base_url is None else "max_tokens": MAX_OUTPUT}

    def _refused(self, error: APIStatusError) -> Reply:
        status = error.status_code
        if status in SETUP_STATUS:  # the server's words on a wrong key may repeat a part of it
            return Reply(None, None, self._tries.n_billable, f"HTTP {status}", is_setup=True)
        said = " ".join(error.message.split())
        shown = said.replace(self._key, "***") if self._key else said
        return Reply(None, None, self._tries.n_billable, f"HTTP {status}, {shown[:MAX_SHOWN]}")


class _Tries:
    """Counts the tries that may be billed, retries of the SDK among them; apart from the client, which refers to it."""

    def __init__(self) -> None:
        self.n_billable = 0

    def began(self, _: Any) -> None:
        """Count a request that is about to be sent."""
        self.n_billable += 1

    def ended(self, response: Any) -> None:
        """Take back one that was refused or sent elsewhere."""
        if not response.is_success:
            self.n_billable -= 1


class _Message(BaseModel):
    content: str | None = None


class _Choice(BaseModel):
    message: _Message


class _Completion(BaseModel):
    choices: list[_Choice] = Field(min_length=1)
    usage: Any = None


class _Usage(BaseModel):
    prompt_tokens: int = Field(ge=0, le=MAX_COUNT)
    completion_tokens: int = Field(ge=0, le=MAX_COUNT)


def _tokens(usage: Any) -> tuple[int, int] | None:
    """Return what was counted; a count that makes no sense must not cost the answer."""
    try:
        counted = _Usage.model_validate(usage)
    except ValidationError:
        return None
    return counted.prompt_tokens, counted.completion_tokens
