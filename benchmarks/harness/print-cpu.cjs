// Preloaded: prints the milliseconds of CPU that the process has used, at its end.
const { writeSync } = require("node:fs");

process.on("exit", () => {
  const { user, system } = process.cpuUsage();
  writeSync(2, `CPU ${(user + system) / 1000}\n`);
});
