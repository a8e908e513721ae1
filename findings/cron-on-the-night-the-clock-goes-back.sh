#!/usr/bin/env bash
# Two cron libraries and a time zone with summer time. Expected: one expression means the same times in both.
# Seen on 2026-11-29 (Node 20.20.2): where the clock goes back, `*/30 1 * * *` runs four times that night with
# croner and twice with cron-parser, while `30 1 * * *` runs once with both. Where the clock goes forward,
# `30 2 * * *` runs at 03:00 with croner and at 03:30 with cron-parser. A schedule that is shown by one library
# and run by the other differs from what it shows.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund croner@11.0.1 cron-parser@5.10.6
cat >run.mjs <<'JS'
import { CronExpressionParser } from "cron-parser";
import { Cron } from "croner";

const zone = "America/New_York"; // UTC-4 in summer, UTC-5 in winter
const times = (dates, day) => dates.map((date) => date.toISOString().slice(0, 16)).filter((time) => time.startsWith(day)).join(", ");
for (const [expression, from, day] of [
  ["*/30 1 * * *", "2026-10-31T12:00:00Z", "2026-11-01"],
  ["30 1 * * *", "2026-10-31T12:00:00Z", "2026-11-01"],
  ["30 2 * * *", "2027-03-13T12:00:00Z", "2027-03-14"],
]) {
  const start = new Date(from);
  console.log(expression, "croner:", times(new Cron(expression, { timezone: zone, paused: true }).nextRuns(6, start), day));
  const parsed = CronExpressionParser.parse(expression, { currentDate: start, tz: zone });
  console.log(expression, "cron-parser:", times(parsed.take(6).map((date) => date.toDate()), day));
}
JS
node run.mjs | tee seen.txt
diff seen.txt - <<'SEEN'
*/30 1 * * * croner: 2026-11-01T05:00, 2026-11-01T05:30, 2026-11-01T06:00, 2026-11-01T06:30
*/30 1 * * * cron-parser: 2026-11-01T05:00, 2026-11-01T05:30
30 1 * * * croner: 2026-11-01T05:30
30 1 * * * cron-parser: 2026-11-01T05:30
30 2 * * * croner: 2027-03-14T07:00
30 2 * * * cron-parser: 2027-03-14T07:30
SEEN
echo "as on 2026-11-29"
