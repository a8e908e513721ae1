import { pathToFileURL } from "node:url";
import type { Plugin } from "esbuild";

const NAMESPACE = "named-exports";

/**
 * Restores the names of dynamic imports of packages. esbuild 0.27 splits a dynamic import of a
 * CommonJS package into a chunk that exports `default` alone
 * (https://esbuild.github.io/api/#splitting), where Node has its names too.
 */
export const namedExports: Plugin = {
  name: NAMESPACE,
  setup(build) {
    build.onResolve({ filter: /^[\w@]/ }, ({ kind, path, resolveDir, pluginData }) => {
      if (kind !== "dynamic-import" || pluginData === NAMESPACE || path.startsWith("node:")) return undefined;
      return { path, namespace: NAMESPACE, pluginData: resolveDir };
    });
    build.onLoad({ filter: /./, namespace: NAMESPACE }, async ({ path, pluginData: resolveDir }) => {
      const { path: file, errors } = await build.resolve(path, {
        kind: "dynamic-import",
        resolveDir,
        pluginData: NAMESPACE,
      });
      if (errors.length > 0) return { errors };
      const names = Object.keys((await import(pathToFileURL(file).href)) as object);
      const valid = names.filter((name) => /^[\w$]+$/.test(name) && name !== "module.exports");
      return { contents: `export { ${valid.join(", ")} } from ${JSON.stringify(file)};`, resolveDir };
    });
  },
};
