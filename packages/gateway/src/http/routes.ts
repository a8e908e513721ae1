/** What can be asked for over HTTP. */
export type RouteName =
  | "create"
  | "list"
  | "message"
  | "history"
  | "events"
  | "export"
  | "abort"
  | "retry"
  | "approve";

/** A path that the gateway answers, and what each of its methods asks for. */
interface Resource {
  pattern: RegExp;
  methods: Readonly<Record<string, RouteName>>;
}

const resources: readonly Resource[] = [
  { pattern: /^\/sessions$/, methods: { GET: "list", POST: "create" } },
  { pattern: /^\/sessions\/([^/]+)\/messages$/, methods: { GET: "history", POST: "message" } },
  { pattern: /^\/sessions\/([^/]+)\/events$/, methods: { GET: "events" } },
  { pattern: /^\/sessions\/([^/]+)\/export$/, methods: { GET: "export" } },
  { pattern: /^\/sessions\/([^/]+)\/abort$/, methods: { POST: "abort" } },
  { pattern: /^\/sessions\/([^/]+)\/retry$/, methods: { POST: "retry" } },
  { pattern: /^\/sessions\/([^/]+)\/approve$/, methods: { POST: "approve" } },
];

/** A request to a path of the gateway's. */
export interface Match {
  /** `undefined`: the path does not take this method. */
  route: RouteName | undefined;
  /** The methods that it takes. */
  allow: readonly string[];
  /** As it stands in the path; empty where there is none. */
  sessionId: string;
  query: URLSearchParams;
}

/** What a request asks for; `undefined` when its path is somebody else's. `base` is the path under which the gateway stands. */
export function matchRoute(method: string, url: string, base: string): Match | undefined {
  const [path = "", query] = url.split("?", 2);
  const prefix = base.replace(/\/+$/, "");
  if (!path.startsWith(prefix)) return undefined;
  const rest = path.slice(prefix.length);
  for (const { pattern, methods } of resources) {
    const found = pattern.exec(rest);
    if (!found) continue;
    const route = Object.hasOwn(methods, method) ? methods[method] : undefined;
    const sessionId = found[1] ?? "";
    return { route, allow: Object.keys(methods), sessionId, query: new URLSearchParams(query) };
  }
  return undefined;
}
