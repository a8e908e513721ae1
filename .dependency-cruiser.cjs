// The arrows of ARCHITECTURE.md as rules: they only point down.
const layer = (name, from, allowed) => ({
  name,
  severity: "error",
  from: { path: `^packages/${from}/(src|page)` },
  to: { path: "^packages/", pathNot: [from, ...allowed].map((one) => `^packages/${one}/`) },
});

/** The rooms of the page, from top to bottom. A room imports only from the rooms below it. */
const pageRooms = [
  "sessions",
  "frame",
  "composer",
  "conversation",
  "markdown",
  "syntax",
  "language",
  "rows",
  "dom",
];

/** The rule of one room: no import from a room above it, or from the files that wire the page. */
const pageRoom = (room, index) => ({
  name: `page-${room}-imports-only-what-is-below`,
  severity: "error",
  from: { path: `^packages/web-chat/page/${room}/` },
  to: {
    path: "^packages/web-chat/page/",
    pathNot: pageRooms.slice(index).map((below) => `^packages/web-chat/page/${below}/`),
  },
});

/** The rooms of the gateway, from top to bottom. */
const gatewayRooms = [
  "server",
  "http",
  "connection",
  "commands",
  "watch",
  "sessions",
  "run",
  "auth",
  "observe",
  "testing",
  "socket",
  "shared",
];

/** The rule of one room of the gateway: no import from a room above it, or from the entry points. */
const gatewayRoom = (room, index) => ({
  name: `gateway-${room}-imports-only-what-is-below`,
  severity: "error",
  from: { path: `^packages/gateway/src/${room}/` },
  to: {
    path: "^packages/gateway/src/",
    pathNot: gatewayRooms.slice(index).map((below) => `^packages/gateway/src/${below}/`),
  },
});

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: "no-circular", severity: "error", from: {}, to: { circular: true } },
    layer("protocol-is-the-ground", "protocol", []),
    layer("store-knows-only-the-protocol", "session-store", ["protocol"]),
    layer("runtime-knows-only-the-protocol", "agent-runtime", ["protocol"]),
    layer("gateway-knows-store-and-agent-as-ports", "gateway", ["protocol"]),
    layer("client-knows-only-the-protocol", "client", ["protocol"]),
    layer("web-chat-knows-only-the-client", "web-chat", ["client", "protocol"]),
    ...pageRooms.map(pageRoom),
    ...gatewayRooms.map(gatewayRoom),
    {
      name: "packages-know-no-app",
      severity: "error",
      from: { path: "^packages/" },
      to: { path: "^(examples|tests)/" },
    },
    {
      name: "only-public-entries",
      comment: "A package is imported by its name, never by a path into its source.",
      severity: "error",
      from: { path: "^(packages/[^/]+|examples/[^/]+|tests/[^/]+)/" },
      to: {
        path: "^packages/([^/]+)/src/",
        pathNot: [
          "^$1/",
          "/src/(index|schema|shared|testing|anthropic|openai|opentelemetry|metrics)[.]ts$",
          "/src/[^/]+/index[.]ts$",
        ],
      },
    },
    {
      name: "one-file-knows-ws",
      severity: "error",
      from: { path: "^packages/[^/]+/src", pathNot: "^packages/gateway/src/socket/ws-server[.]ts$" },
      to: { path: "node_modules/ws/" },
    },
    {
      name: "source-never-imports-tests",
      severity: "error",
      from: { path: "^packages/[^/]+/src" },
      to: { path: "/test/" },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    exclude: "(^|/)dist/",
    tsConfig: { fileName: "tsconfig.base.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["@mini-openclaw/source", "import", "default"],
    },
  },
};
