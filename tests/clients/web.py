"""WebTest. It stands on WebOb, which still imports the old `cgi`; that one warning is not ours to mend."""

from __future__ import annotations

import warnings

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", message="'cgi' is deprecated", category=DeprecationWarning)
    from webtest import TestApp, TestResponse

__all__ = ["TestApp", "TestResponse"]
