// The arrows of ARCHITECTURE.md as rules: they only point down, between packages and between the
// rooms of a package.
const rooms = require("./rooms.cjs");

const layer = (name, from, allowed) => ({
  name,
  severity: "error",
  from: { path: `^packages/${from}/(src|page)` },
  to: { path: "^packages/", pathNot: [from, ...allowed].map((one) => `^packages/${one}/`) },
});

/** One rule for each room: it imports its own files and the rooms below it. */
const roomRules = Object.entries(rooms).flatMap(([folder, names]) =>
  names.map((name, index) => ({
    name: `${folder.split("/")[1]}-${name}-imports-only-rooms-below`,
    severity: "error",
    from: { path: `^${folder}/${name}/` },
    to: { path: `^${folder}/`, pathNot: names.slice(index).map((one) => `^${folder}/${one}/`) },
  })),
);

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: "no-circular", severity: "error", from: {}, to: { circular: true } },
    layer("protocol-is-the-ground", "protocol", []),
    layer("store-knows-only-the-protocol", "session-store", ["protocol"]),
    layer("postgres-knows-the-store-and-the-protocol", "postgres", ["session-store", "protocol"]),
    layer("runtime-knows-only-the-protocol", "agent-runtime", ["protocol"]),
    layer("gateway-knows-store-and-agent-as-ports", "gateway", ["protocol"]),
    layer("openclaw-dialect-knows-the-gateway", "openclaw-dialect", ["gateway", "protocol"]),
    layer("client-knows-only-the-protocol", "client", ["protocol"]),
    layer("ai-sdk-knows-only-the-gateway", "ai-sdk", ["gateway", "protocol"]),
    layer("web-chat-knows-only-the-client", "web-chat", ["client", "protocol"]),
    ...roomRules,
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
          "/src/(index|kit|react|schema|shared|testing|anthropic|openai|opentelemetry|mcp|metrics)[.]ts$",
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
