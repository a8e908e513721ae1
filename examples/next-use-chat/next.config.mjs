export default {
  // Node.js loads these packages as they are.
  serverExternalPackages: ["@mini-openclaw/ai-sdk", "@mini-openclaw/gateway", "@mini-openclaw/session-store"],
};
