import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { attachedAccess, ownAccess } from "../src/auth/access.ts";
import { compileHosts, compileOrigins } from "../src/auth/name-rules.ts";
import { readTokens, TokenGuard } from "../src/auth/token.ts";
import { decodeAnswer, encodeAnswer } from "../src/cluster/requests.ts";
import { excerptOf } from "../src/commands/search-excerpt.ts";
import { readJsonBody } from "../src/http/read-body.ts";
import { matchRoute } from "../src/http/routes.ts";
import { decodeSessionId, queryFields, requestIdOf } from "../src/http/to-command.ts";
import { cleanFields } from "../src/observe/clean-fields.ts";
import { removeBasePath } from "../src/server/base-path.ts";
import { readPath } from "../src/shared/paths.ts";
import { hostsOf, offersWebSocket } from "../src/shared/request.ts";

/** One of each class of characters, and beginnings that nothing completes. */
const pieces = [
  ...[" ", "\t", "\n", "\0", "a", "1", "é", "中", "😀", "\ud83d", "\u00a0", "\u2028", "\u202e"],
  ...["/", "\\", ".", ":", ",", ";", "=", "-", "_", "%", "%2", "%20", "%ff", "&", "+", "?", "#", "@", "*"],
  ...['"', "'", "{", "[", "]", "(", "<", "a/", "a.", ":1", "1:", "a=", "a=b;", "a,", "/sessions", "//a"],
  ...["http://", "bearer ", "bearer.", "mini_openclaw_", "token", "; charset", "; charset=", "sessions/"],
];

type Request = Parameters<TokenGuard["judge"]>[0];

/** Returns a request with one long part. Node limits a head to 16 KB, and an app may allow more. */
function requestOf({ url = "/", headers = {} }: { url?: string; headers?: Record<string, string> }): Request {
  const rawHeaders = Object.entries(headers).flat();
  const socket = { remoteAddress: "127.0.0.1" };
  return Object.assign(Readable.from([]), { method: "GET", url, headers, rawHeaders, socket }) as never;
}

const onFailure = (error: unknown) => {
  throw error;
};
const token = "t".repeat(32);
const guard = new TokenGuard([token]);
const own = ownAccess({ host: "0.0.0.0", port: 8_080 }, { allowedHosts: ["*.example.com"] }, { onFailure });
const attached = attachedAccess(
  { allowedOrigins: ["https://*.example.com"] },
  { onExposed: () => {}, onFailure },
);

/** Each gets any text, and may refuse it. */
const parsers: Record<string, (text: string) => unknown> = {
  "the path of a request": (text) => matchRoute(requestOf({ url: `/a${text}b` }), "/claw"),
  "the id in a path": (text) => matchRoute(requestOf({ url: `/sessions/${text}/messages` }), "/"),
  "an absolute target": (text) => hostsOf(requestOf({ url: `http://${text}` })),
  "a base path": (text) => removeBasePath(requestOf({ url: `/claw${text}` }), "/claw"),
  "an option `path`": (text) => readPath("attach", { path: `/${text}b` }),
  "a query": (text) => queryFields(text),
  "a value of a query": (text) => queryFields(`limit=${text}`),
  "a percent-encoded id": (text) => decodeSessionId(text),
  "an idempotency key": (text) => requestIdOf(requestOf({ headers: { "idempotency-key": `"${text}` } }), {}),
  "a content type": (text) =>
    readJsonBody(requestOf({ headers: { "content-type": `application/json${text}` } }), 100),
  "a host": (text) => own(requestOf({ headers: { host: text } })),
  "a host's label": (text) => own(requestOf({ headers: { host: `${text}.example.com` } })),
  "a host beside an app": (text) => attached(requestOf({ headers: { host: `[${text}]:1` } })),
  "an origin": (text) => attached(requestOf({ headers: { host: "localhost", origin: text } })),
  "an origin's name": (text) =>
    attached(requestOf({ headers: { host: "localhost", origin: `https://${text}:443` } })),
  "a rule for hosts": (text) => compileHosts([`*.${text}`]),
  "a rule for origins": (text) => compileOrigins([`https://${text}`]),
  "the option `token`": (text) => readTokens(text),
  "an authorization": (text) => guard.judge(requestOf({ headers: { authorization: `Bearer ${text}` } })),
  "a cookie": (text) => guard.judge(requestOf({ headers: { cookie: text } })),
  "offered protocols": (text) =>
    guard.judge(requestOf({ headers: { "sec-websocket-protocol": `${text}, bearer.${text}` } })),
  "an upgrade": (text) => offersWebSocket(requestOf({ headers: { upgrade: text } })),
  "a text that is logged": (text) => cleanFields({ text, [text]: text, error: new Error(text) }, [token]),
  "a message that is found": (text) => excerptOf(text, "not there"),
  "a text that is searched for": (text) => excerptOf(`a${text}b`, text),
  "an answer of another node": (text) => decodeAnswer(encodeAnswer({ text })),
};

const SHORT = 10_000;
const LONG = 100_000;
// Ten times the input costs ten times as much in linear time, and a hundred times in quadratic
// time. Small times are below the resolution of the clock, so they count as 2 ms.
const MOST_GROWTH = 40;
const FLOOR_US = 2_000;

/** Returns the least CPU of some runs, so that a pause of the machine does not count. */
async function cpuOf(work: () => unknown): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 3; run += 1) {
    const before = process.cpuUsage();
    try {
      await work();
    } catch {
      // A refusal costs time too.
    }
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, user + system);
  }
  return least;
}

test.each(Object.entries(parsers))("%s costs linear time with a run of any characters", async (_, parse) => {
  const slow: string[] = [];
  for (const piece of pieces) {
    const run = piece.repeat(LONG / piece.length);
    const short = await cpuOf(() => parse(run.slice(0, SHORT)));
    const long = await cpuOf(() => parse(run));
    if (long > Math.max(short, FLOOR_US) * MOST_GROWTH) slow.push(piece);
  }
  expect(slow).toEqual([]);
});
