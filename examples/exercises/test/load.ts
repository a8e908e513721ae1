import process from "node:process";

/**
 * Loads the learner's file of an exercise if `EXERCISE` is set, as `npm run exercise` does. Else it
 * loads the solution, which the project's own tests check.
 */
export async function load<Module>(name: string): Promise<Module> {
  const folder = process.env["EXERCISE"] ? "tasks" : "solutions";
  return (await import(`../${folder}/${name}.ts`)) as Module;
}
