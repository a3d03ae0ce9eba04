#!/usr/bin/env bash
# iso8601 2.1.0, aniso8601 10.0.1, isodate 0.7.2: valid texts of ISO 8601 become something else, and nothing is said. iso8601 reads
# the ordinal date 2026-326 (22 November) as 26 March, and 10:30.5, half a minute past 10:30, as 10:00:30.5. aniso8601 reads
# 24:00, the end of a day, as its beginning. isodate's P1M has total_seconds() of 0, and P1M1D one day. python-dateutil 4.0.0 reads
# both dates right; where a library does not know a form, one expects an error, which all three raise for others.
# For users: a grant that expires at the end of a day has expired a day before, and a timeout of a month is over at once.
# The provider refuses durations with months or years, and takes no time with the hour 24 for a moment.
# Seen: 03-26, 10:00:30.500000; aniso8601 2026-11-22 00:00; isodate 0.0 and 86400.0; dateutil 2026-11-22, 2026-11-23 00:00
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check iso8601==2.1.0 aniso8601==10.0.1 isodate==0.7.2 python-dateutil==4.0.0
cd "$tmp"
venv/bin/python - <<'PY'
import importlib.metadata

import aniso8601
import dateutil.parser
import isodate
import iso8601

end = "2026-11-22T24:00:00"
found = {
    "ordinal": (iso8601.parse_date("2026-326").strftime("%m-%d"), dateutil.parser.isoparse("2026-326").strftime("%m-%d")),
    "half a minute": (str(iso8601.parse_date("2026-11-22T10:30.5").time()), str(aniso8601.parse_datetime("2026-11-22T10:30.5").time())),
    "end of the day": (str(aniso8601.parse_datetime(end)), str(dateutil.parser.isoparse(end))),
    "month": (isodate.parse_duration("P1M").total_seconds(), isodate.parse_duration("P1M1D").total_seconds()),
}
print(*(f"{name} {importlib.metadata.version(name)}" for name in ("iso8601", "aniso8601", "isodate", "python-dateutil")), found)
assert found["ordinal"] == ("03-26", "11-22"), "changed: iso8601 knows ordinal dates, or refuses them"
assert found["half a minute"] == ("10:00:30.500000", "10:30:30"), "changed: iso8601 knows fractions of a minute, or refuses them"
assert found["end of the day"] == ("2026-11-22 00:00:00", "2026-11-23 00:00:00"), "changed: aniso8601 reads the end of the day"
assert found["month"] == (0.0, 86400.0), "changed: isodate gives a month a length, or refuses to"
PY
