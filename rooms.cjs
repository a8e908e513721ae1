// The rooms of each package, from top to bottom. A room may import the rooms below it, and files
// of its own. `.` is the top folder: its entry files may import every room, and no room imports them.
// .dependency-cruiser.cjs turns each room into a rule, and scripts/module-map.mjs draws them.

/** @type {Record<string, string[]>} */
const rooms = {
  "packages/protocol/src": ["schema", "view", "run", "ports", "wire", "session", "shared"],
  "packages/gateway/src": [
    ...["server", "http", "connection", "commands", "cluster", "watch", "sessions", "run", "auth", "observe"],
    ...["testing", "agents", "socket", "shared"],
  ],
  "packages/session-store/src": [
    ...["cli", "store", "listing", "writer", "transcript", "recent", "format", "files"],
    ...["model", "testing"],
  ],
  "packages/postgres/src": ["copy", "cluster", "store", "writer", "node", "schema", "connection"],
  "packages/agent-runtime/src": [
    ...["agent", "opentelemetry", "observe", "run", "context", "tools", "commands"],
    ...["mcp", "tool-calls", "workspace", "files", "testing", "providers", "budget", "shared"],
  ],
  "packages/client/src": ["react", "client", "session", "connection", "lib"],
  "packages/ai-sdk/src": ["socket", "http", "agents", "chats", "chunks", "messages", "shared"],
  "packages/openclaw-dialect/src": ["connection", "methods", "feeds", "rows", "wire"],
  "packages/web-chat/page": [
    ...["shell", "sessions", "frame", "composer", "conversation", "markdown", "language", "dom", "diagram"],
  ],
};

module.exports = rooms;
