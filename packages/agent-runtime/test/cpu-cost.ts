/** Returns the least CPU time of three calls, in milliseconds. Other processes do not count. */
export async function cpuCost(work: () => unknown): Promise<number> {
  const costs: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    const before = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(before);
    costs.push((user + system) / 1000);
  }
  return Math.min(...costs);
}
