"""What AWS says when it refuses, in words that say what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConfigParseError,
    EndpointConnectionError,
    HTTPClientError,
    InvalidRegionError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)

from emr_eks.failures import USER_MISTAKE, Failure

_THROTTLED = ("Throttling", "ThrottlingException", "TooManyRequestsException", "RequestLimitExceeded", "SlowDown")
_EXPIRED = ("ExpiredToken", "ExpiredTokenException", "RequestExpired")
_UNKNOWN_CREDENTIALS = (
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
)
_DENIED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation")


@contextmanager
def told(*, role_arn: str = "") -> Iterator[None]:
    """Turn botocore's errors into a `Failure`; *role_arn* is the role that a job is being started under."""
    try:
        yield
    except ClientError as error:
        raise _refused(error, role_arn) from None
    except BotoCoreError as error:
        raise _unasked(error) from None


def code_of(error: ClientError) -> str:
    """Return AWS's own name of *error*."""
    return str(error.response.get("Error", {}).get("Code", ""))


def _refused(error: ClientError, role_arn: str) -> Failure:
    operation, code = error.operation_name, code_of(error)
    said = f"{code}: {error.response.get('Error', {}).get('Message', '')}"
    if code in _THROTTLED:
        return Failure(f"AWS is throttling {operation}; wait a minute and try again ({said})")
    if code in _EXPIRED:
        return Failure(f"the credentials have expired; sign in again, for example with `aws sso login` ({said})")
    if code in _UNKNOWN_CREDENTIALS:
        return Failure(f"AWS does not know these credentials; check profile, region and endpoint ({said})")
    if code in _DENIED and role_arn and operation == "StartJobRun":
        return Failure(
            f"you may not start jobs under the role {role_arn}; ask the platform team for "
            f"`grant_start_job_run` on the team's virtual cluster ({said})"
        )
    if code in _DENIED:
        return Failure(f"you may not call {operation}; ask the platform team ({said})")
    return Failure(f"AWS refused {operation}: {said}")


def _unasked(error: BotoCoreError) -> Failure:
    if isinstance(error, ProfileNotFound):
        return Failure(f"{error}; `aws configure list-profiles` shows those there are", exit_code=USER_MISTAKE)
    if isinstance(error, (ConfigParseError, InvalidRegionError)):
        return Failure(f"{str(error).rstrip('.')}; correct it, or name another", exit_code=USER_MISTAKE)
    if isinstance(error, (NoCredentialsError, PartialCredentialsError)):
        return Failure(f"no credentials for AWS ({error}); sign in, or name a profile with --profile")
    if isinstance(error, (UnauthorizedSSOTokenError, TokenRetrievalError, SSOError)):
        return Failure(f"the sign-in has expired ({error}); run `aws sso login`")
    if isinstance(error, (HTTPClientError, EndpointConnectionError)):
        return Failure(f"AWS cannot be reached ({error}); check region, endpoint and network")
    return Failure(f"AWS could not be asked: {error}; check credentials, region and network")
