"""Reads a JSON array of OpenMetrics texts, writes one of what the reference parser finds in each, or of its error."""

import json
import sys
import types

# Only the client's own metrics use this module, and it is a package of its own.
sys.modules["decorator"] = types.SimpleNamespace(decorate=None)

from prometheus_client.openmetrics.parser import text_string_to_metric_families  # noqa: E402
from prometheus_client.samples import Timestamp  # noqa: E402


def number(value):
    """JSON has no NaN and no infinities."""
    return repr(float(value))


def time(value):
    return f"{value.sec}.{value.nsec:09d}" if isinstance(value, Timestamp) else repr(value)


def exemplar(found):
    if found is None:
        return None
    timestamp = None if found.timestamp is None else time(found.timestamp)
    return {"labels": found.labels, "value": number(found.value), "timestamp": timestamp}


def sample(found):
    return {
        "name": found.name,
        "labels": found.labels,
        "value": number(found.value),
        "exemplar": exemplar(found.exemplar),
    }


def family(found):
    return {
        "name": found.name,
        "type": found.type,
        "help": found.documentation,
        "unit": found.unit,
        "samples": [sample(one) for one in found.samples],
    }


def read(text):
    try:
        return {"families": [family(found) for found in text_string_to_metric_families(text)]}
    except Exception as error:  # whatever it trips over is the answer
        return {"error": f"{type(error).__name__}: {error}"}


json.dump([read(text) for text in json.load(sys.stdin)], sys.stdout)
