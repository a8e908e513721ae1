import type { IncomingMessage } from "node:http";
import { normalizePath } from "../shared/paths.ts";
import { pathOf, queryOf } from "../shared/request.ts";

/** A request of the protocol over HTTP. */
export type RouteName =
  | "create"
  | "list"
  | "message"
  | "history"
  | "events"
  | "export"
  | "blob"
  | "abort"
  | "retry"
  | "edit"
  | "approve"
  | "search"
  | "rename"
  | "fork"
  | "archive"
  | "unarchive"
  | "delete"
  | "undelete";

/**
 * A path that the gateway answers, and the route of each of its methods. Node sends no body to
 * HEAD.
 */
interface Resource {
  pattern: RegExp;
  methods: Readonly<Record<string, RouteName>>;
}

const resources: readonly Resource[] = [
  { pattern: /^\/sessions$/, methods: { GET: "list", HEAD: "list", POST: "create" } },
  {
    pattern: /^\/sessions\/([^/]+)\/messages$/,
    methods: { GET: "history", HEAD: "history", POST: "message" },
  },
  { pattern: /^\/sessions\/search$/, methods: { GET: "search", HEAD: "search" } },
  { pattern: /^\/sessions\/([^/]+)$/, methods: { DELETE: "delete" } },
  { pattern: /^\/sessions\/([^/]+)\/events$/, methods: { GET: "events" } },
  { pattern: /^\/sessions\/([^/]+)\/export$/, methods: { GET: "export", HEAD: "export" } },
  { pattern: /^\/sessions\/([^/]+)\/blobs\/([^/]+)$/, methods: { GET: "blob", HEAD: "blob" } },
  { pattern: /^\/sessions\/([^/]+)\/abort$/, methods: { POST: "abort" } },
  { pattern: /^\/sessions\/([^/]+)\/retry$/, methods: { POST: "retry" } },
  { pattern: /^\/sessions\/([^/]+)\/edit$/, methods: { POST: "edit" } },
  { pattern: /^\/sessions\/([^/]+)\/approve$/, methods: { POST: "approve" } },
  { pattern: /^\/sessions\/([^/]+)\/undelete$/, methods: { POST: "undelete" } },
  { pattern: /^\/sessions\/([^/]+)\/unarchive$/, methods: { POST: "unarchive" } },
  { pattern: /^\/sessions\/([^/]+)\/archive$/, methods: { POST: "archive" } },
  { pattern: /^\/sessions\/([^/]+)\/fork$/, methods: { POST: "fork" } },
  { pattern: /^\/sessions\/([^/]+)\/rename$/, methods: { POST: "rename" } },
];

/** A request to a path of the gateway's. */
export interface Match {
  /** `undefined`: the path does not take this method. */
  route: RouteName | undefined;
  /** The methods that it takes. */
  allow: readonly string[];
  /** As it stands in the path; empty where there is none. */
  sessionId: string;
  /** The id of a blob as it stands in the path; empty where there is none. */
  blob: string;
  /** As it stands in the target, without its question mark. */
  query: string;
}

/**
 * Returns the route of a request, or `undefined` for a path that is not the gateway's. `base` is
 * its path among an app's.
 */
export function matchRoute(request: IncomingMessage, base: string): Match | undefined {
  const path = normalizePath(pathOf(request));
  const prefix = base === "/" ? "" : base;
  if (!path.startsWith(prefix)) return undefined;
  const rest = path.slice(prefix.length);
  for (const { pattern, methods } of resources) {
    const found = pattern.exec(rest);
    if (!found) continue;
    const { method = "" } = request;
    const route = Object.hasOwn(methods, method) ? methods[method] : undefined;
    const allow = Object.keys(methods);
    return { route, allow, sessionId: found[1] ?? "", blob: found[2] ?? "", query: queryOf(request) };
  }
  return undefined;
}
