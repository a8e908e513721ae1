// Preloaded into every measured process: answers its parent's questions about its CPU and memory.
import process from "node:process";

// 10 ms: a thousandth of the CPU, and no allocation of megabytes passes unseen.
const PEAK_EVERY_MS = 10;
let peak = 0;
const look = () => {
  peak = Math.max(peak, process.memoryUsage.rss());
};

process.on("message", (question) => {
  if (question !== "usage" && question !== "collected usage") return;
  if (question === "collected usage") globalThis.gc?.();
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed, external } = process.memoryUsage();
  look();
  process.send?.({ cpuMicros: user + system, rss, heap: heapUsed + external, peakRss: peak });
  // From here on, until the next question.
  peak = rss;
});
// Only the benchmark of memory asks for it: a timer would wake an idle process.
if (process.env["BENCHMARK_PEAK"]) setInterval(look, PEAK_EVERY_MS).unref();
